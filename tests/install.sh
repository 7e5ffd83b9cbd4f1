#!/usr/bin/env bash
# Installs what some tests need besides Node.js, on Debian or Ubuntu: sudo tests/install.sh
#
# Go fetches the control plane (setup-envtest), and builds Helm and the program that the benchmark compares with. It
# has to be 1.21 or newer, since it then fetches the version that is asked for by itself; Debian 13 and Ubuntu 24.04 have one.
set -euo pipefail

if [ "$(id -u)" -ne 0 ]; then
  echo "Run it as root: sudo tests/install.sh" >&2
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  echo "This machine has no apt-get: use the container of .devcontainer/Dockerfile." >&2
  exit 1
fi

apt-get update -qq
apt-get install -y -qq --no-install-recommends \
  ca-certificates openssl curl python3 python3-pip xz-utils buildah docker-registry procps util-linux nginx-light haproxy caddy prometheus zsh fish chromium
# By pip: the receivers of the pages and `verify` are run by whichever python3 comes first.
python3 -m pip install --quiet --break-system-packages pyjwt==2.15.1 cryptography==48.0.0 standardwebhooks==1.1.0

go_minor() { go version 2>/dev/null | sed -nE 's/.*go1\.([0-9]+).*/\1/p'; }
if [ "$(go_minor || true)" = "" ]; then apt-get install -y -qq --no-install-recommends golang-go; fi
if [ "$(go_minor)" -lt 21 ]; then
  echo "Go is older than 1.21. Install a newer one: https://go.dev/dl" >&2
  exit 1
fi
GOBIN=/usr/local/bin go install helm.sh/helm/v3/cmd/helm@v3.22.0
echo "Everything is there. As root: npx -y deno@2.9.6 task test"
