#!/usr/bin/env bash
# Runs the client that build.sh compiled. `exec` keeps the pid, so that a signal to this pid reaches the JVM.
set -euo pipefail

if [ $# -lt 4 ]; then
    echo "usage: run.sh CLASSES HOST PORT SECRET [--message] [--first-ping]" >&2
    exit 2
fi
classes=$1
shift

if ! command -v java >/dev/null; then
    echo "java (17 or later) is missing; install it with: apt-get install openjdk-17-jre-headless" >&2
    exit 3
fi
if [ ! -r "$classes/netty.classpath" ]; then
    echo "$classes does not contain a built client; run build.sh first" >&2
    exit 2
fi

# The JVM decodes its arguments in the encoding of the locale. The secret is UTF-8 with any locale of the caller.
export LC_ALL=C.UTF-8
exec java -Xmx24m -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dio.netty.allocator.type=unpooled \
    -cp "$classes:$(<"$classes/netty.classpath")" interop.ReconnectingClient "$@"
