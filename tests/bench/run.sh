#!/usr/bin/env bash
# Builds the gateway and the servers it is compared with, installs the other servers where possible (Debian, root), and runs the comparison: see
# compare.py for options. The whole run takes about twenty minutes; nothing else should run meanwhile.
#   --messages as the first argument: acknowledged messages beside JetStream and MQTT instead; see messages.py for its options
#   --warm as the first argument: what a ping costs in the first minutes of a process; see warm.py for its options
#   --api as the first argument: pings with and without callers of the HTTP API instead; see api.py for its options
set -euo pipefail
program=compare.py
if [ "${1:-}" = --api ]; then program=api.py && shift; fi
if [ "${1:-}" = --messages ]; then program=messages.py && shift; fi
if [ "${1:-}" = --warm ]; then program=warm.py && shift; fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BENCH_BUILD:-$root/artifacts/bench}
mkdir -p "$build/netty"

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v nats-server >/dev/null || missing+=(nats-server)
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing+=(mosquitto)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v javac >/dev/null || missing+=(default-jdk-headless)
compgen -G '/usr/share/java/netty-*.jar' >/dev/null || missing+=(libnetty-java)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    # Debian's packages start their servers on installation. This policy prevents it: only the programs are needed.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT; fi
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null
  else
    echo "Not installed, so left out: ${missing[*]}" >&2
  fi
fi

export PATH=$PATH:/usr/sbin
cc -O2 -Wall -Wextra -o "$build/load" "$here/load.c"
cc -O2 -Wall -Wextra -o "$build/floor" "$here/floor.c"
jars=$(echo /usr/share/java/netty-{common,buffer,resolver,transport,codec,handler}.jar | tr ' ' ':')
if command -v javac >/dev/null; then javac --release 17 -cp "$jars" -d "$build/netty" "$here"/netty/src/bench/*.java; fi
for project in src/HeartbeatGateway tests/support/FaultHost tests/bench/bare; do
  dotnet build "$root/$project" --configuration Release --nologo --verbosity quiet -clp:NoSummary
done
# The gateway as the image has it: compiled ahead of time, which matters in its first seconds.
dotnet publish "$root/src/HeartbeatGateway" --configuration Release --output "$build/published" --use-current-runtime --self-contained false \
  -p:UseAppHost=false -p:PublishReadyToRun=true --nologo --verbosity quiet
python3 "$here/$program" --build "$build" "$@"
