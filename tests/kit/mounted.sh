#!/usr/bin/env bash
# Runs a command as in a pod of kube/: the service account, the secret and the state stand where the kubelet
# mounts them. In a mount namespace of its own, so that the machine's folders stay as they are.
#
#   unshare --mount mounted.sh SERVICE_ACCOUNT SECRET UID COMMAND...
set -euo pipefail
account=$1 secret=$2 user=$3
shift 3
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
here=/run/secrets/kubernetes.io/serviceaccount
mkdir -p "$here" /run/secrets/k8svent /var/lib/k8svent
# Symlinks, as the kubelet makes them: a permission must hold for the path as it is written.
cp -r "$account" "$here/..data"
for file in token ca.crt namespace; do ln -s "..data/$file" "$here/$file"; done
printf '%s\n' "$secret" >/run/secrets/k8svent/secret
chown -R "$user:$user" /run/secrets /var/lib/k8svent
exec setpriv "--reuid=$user" "--regid=$user" --clear-groups "$@"
