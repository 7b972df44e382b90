#!/usr/bin/env bash
# All checks that must pass before a change is merged: format, build, all tests. Installs missing test tools where it may.
# A test whose tool is still missing is skipped and names the tool.
# With `--transport Epoll`, the tests that touch the network run once more, on that transport.
# Exits with 3 when only tests failed: their reports name them.
set -euo pipefail
transport=
if [ "${1:-}" = --transport ] && [ -n "${2:-}" ]; then
  transport=$2
elif [ $# -gt 0 ]; then
  echo "usage: $0 [--transport TRANSPORT]" >&2
  exit 2
fi
cd "$(dirname "$0")"

tests/setup.sh

echo '== Format'
dotnet restore HeartbeatGateway.sln --verbosity quiet
dotnet format HeartbeatGateway.sln --no-restore --verify-no-changes

if command -v shellcheck >/dev/null; then
  shellcheck check.sh tests/network.sh tests/run.sh .ci/run .ci/image .ci/pack .ci/reproducible .ci/sbom tests/setup.sh tests/tools/Fuzz/fuzz.sh tests/bench/run.sh tests/Browser/run.sh tests/interop/netty/*.sh deploy/compose/secrets.sh
else
  echo 'SKIPPED: shellcheck is missing; the scripts were not checked'
fi

echo '== Build'
dotnet build HeartbeatGateway.sln --no-restore --nologo --verbosity quiet

echo '== Vectors'
if command -v python3 >/dev/null; then python3 tests/vectors/generate.py --check; else echo 'SKIPPED: python3 is missing; tests/vectors/generate.py --check was not run'; fi

echo '== Benchmarks, each run once'
log=artifacts/benchmarks-smoke.log
mkdir -p artifacts
timeout --kill-after=10 120 dotnet run --project tests/bench/HeartbeatGateway.Benchmarks --no-build -- --smoke >"$log" 2>&1 || { cat "$log"; exit 1; }
tail -n 1 "$log"

echo '== Tests'
results=${TEST_RESULTS:-artifacts/test-results}
rm -rf "$results" && mkdir -p "$results"
failed=0
for project in tests/HeartbeatGateway*.Tests; do
  name=$(basename "$project")
  echo "-- $name"
  # A test project that hangs is stopped and counts as failed.
  TEST_RESULTS=$results tests/run.sh "$name" "$name" 900 || failed=3
done

if [ -n "$transport" ]; then TEST_RESULTS=$results tests/network.sh "$transport" tests || failed=3; fi

echo '-- Browser'
timeout --kill-after=10 900 tests/Browser/run.sh --report "$results/Browser.xml" || failed=1
exit "$failed"
