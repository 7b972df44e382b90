#!/usr/bin/env bash
# Compiles the client into OUTDIR and writes the class path of the compiler there, for run.sh.
set -euo pipefail

if [ $# -ne 1 ]; then
    echo "usage: build.sh OUTDIR" >&2
    exit 2
fi
out=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Exit code 3 means that the client cannot be built on this machine, so that a test can skip instead of fail.
missing() {
    echo "$1; install it with: apt-get install $2" >&2
    exit 3
}

command -v javac >/dev/null || missing "javac (JDK 17 or later) is missing" "openjdk-17-jdk-headless"

# Debian's netty-all.jar contains no classes, so the class path lists the modules.
jars=${NETTY_JARS:-/usr/share/java}
classpath=
for module in common buffer resolver transport codec handler; do
    jar=$jars/netty-$module.jar
    [ -r "$jar" ] || missing "Netty 4.1 is missing ($jar)" "libnetty-java"
    classpath+=${classpath:+:}$jar
done

mkdir -p "$out"
# -classfile: Netty's classes have annotations from libraries that are not installed.
javac -J-Xmx256m -J-XX:+UseSerialGC --release 17 -encoding UTF-8 -Xlint:all,-classfile -Werror \
    -cp "$classpath" -d "$out" "$here"/src/interop/*.java
printf '%s\n' "$classpath" >"$out/netty.classpath"
