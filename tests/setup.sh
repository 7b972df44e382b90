#!/usr/bin/env bash
# Installs what tests run against: a real Netty, Prometheus with its tools, haproxy, what the clients of docs/clients.md are written in, and what networks
# are cut with. A container builder is left to whoever builds the image.
# Debian with root only; elsewhere it says what is missing and leaves the machine alone.
set -euo pipefail

missing=()
command -v javac >/dev/null || missing+=(default-jdk-headless)
compgen -G '/usr/share/java/netty-*.jar' >/dev/null || missing+=(libnetty-java)
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v node >/dev/null || missing+=(nodejs)
command -v python3 >/dev/null || missing+=(python3)
command -v promtool >/dev/null || missing+=(prometheus)
command -v amtool >/dev/null || missing+=(prometheus-alertmanager)
command -v haproxy >/dev/null || missing+=(haproxy)
command -v shellcheck >/dev/null || missing+=(shellcheck)
command -v nft >/dev/null || missing+=(nftables)
command -v ip >/dev/null || missing+=(iproute2)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "== Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Debian's packages start their servers when they are installed; only the programs are wanted.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null
else
  echo "Not installed here, so the tests that need them are skipped: ${missing[*]}"
fi
