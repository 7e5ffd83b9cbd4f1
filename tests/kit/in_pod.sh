#!/usr/bin/env bash
# Runs a command as in a pod of kube/: the service account, the secret and the state stand where the kubelet
# mounts them. In a mount namespace of its own, so that the machine's folders stay as they are.
#
#   unshare --mount in_pod.sh SERVICE_ACCOUNT SECRET UID IMAGE COMMAND...
#
# With STATE_FOLDER set, the state is in that folder of the machine and outlives the command.
# With the root file system of an IMAGE (a folder; may be empty), that is all that the command sees, read-only.
set -euo pipefail
account=$1 secret=$2 user=$3 image=$4
shift 4

root=
if [ -n "$image" ]; then
  root=/mnt
  mount --rbind "$image" "$root"
  # What a container runtime makes before it mounts something there.
  mkdir -p "$root"/proc "$root"/dev "$root"/run "$root"/var/run "$root"/var/lib/k8svent "$root"/tmp
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
fi

mount -t tmpfs tmpfs "$root/run"
[ -L "$root/var/run" ] || mount --bind "$root/run" "$root/var/run"
mount -t tmpfs tmpfs "$root/var/lib"
here=$root/run/secrets/kubernetes.io/serviceaccount
mkdir -p "$here" "$root/run/secrets/k8svent" "$root/var/lib/k8svent"
# Symlinks, as the kubelet makes them: a permission must hold for the path as it is written.
cp -r "$account" "$here/..data"
for file in token ca.crt namespace; do ln -s "..data/$file" "$here/$file"; done
printf '%s\n' "$secret" >"$root/run/secrets/k8svent/secret"
[ -z "${STATE_FOLDER:-}" ] || mount --bind "$STATE_FOLDER" "$root/var/lib/k8svent"
chown -R "$user:$user" "$root/run/secrets" "$root/var/lib/k8svent"

if [ -z "$image" ]; then exec setpriv "--reuid=$user" "--regid=$user" --clear-groups --no-new-privs "$@"; fi
mount -o remount,bind,ro "$root"
if touch "$root/writable" 2>/dev/null; then echo "The root file system can be written." >&2 && exit 1; fi
exec setpriv --no-new-privs chroot "--userspec=$user:$user" "$root" "$@"
