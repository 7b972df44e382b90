#!/usr/bin/env bash
# Runs a test project, built before, within a time limit: tests/run.sh REPORT PROJECT SECONDS [FILTER...]
# Writes REPORT.trx into the folder TEST_RESULTS. When the process fails and that report names no failed test, because it crashed or was stopped at
# the limit, REPORT.process.xml says so.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
name=$1 project=$2 limit=$3
shift 3
results=${TEST_RESULTS:-artifacts/test-results}
mkdir -p "$results"

timeout --kill-after=10 "$limit" dotnet run --project "tests/$project" --no-build -- -noColor -result-trx "$results/$name.trx" "$@"
status=$?
if [ "$status" -ne 0 ] && .ci/summary "$results/$name.trx" >/dev/null 2>&1 || [ ! -e "$results/$name.trx" ]; then
  printf '<testsuites><testcase name="The process of %s ends by itself"><failure message="Exit code %s; 124 and 137: it was stopped after %s s."/></testcase></testsuites>\n' \
    "$name" "$status" "$limit" >"$results/$name.process.xml"
fi
exit "$status"
