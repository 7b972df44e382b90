#!/usr/bin/env bash
# Runs the browser tests: tests/Browser/run.sh [--report FILE] [node --test options or test files]
# --report writes the results as JUnit XML. Without chromium or node the tests are skipped, and the report holds one skipped test.
set -euo pipefail
report=
if [ "${1:-}" = --report ]; then
  report=$(realpath -m "$2")
  mkdir -p "$(dirname "$report")"
  shift 2
fi
cd "$(dirname "$0")"

skip() {
  # CI installs both: there, a missing browser is a failure.
  if [ -n "${CI:-}" ]; then
    echo "FAILED: browser tests: $1"
    exit 1
  fi
  echo "SKIPPED: browser tests: $1"
  if [ -n "$report" ]; then
    printf '<testsuites><testcase name="browser tests"><skipped message="%s"/></testcase></testsuites>\n' "$1" >"$report"
  fi
  exit 0
}

command -v "${CHROMIUM:-/usr/bin/chromium}" >/dev/null || skip 'chromium is missing'
command -v npm >/dev/null || skip 'node and npm are missing'
if ! cmp --silent package-lock.json node_modules/.installed-from; then
  npm ci --no-audit --no-fund --loglevel=error >/dev/null || skip 'npm ci failed'
  cp package-lock.json node_modules/.installed-from
fi

reporters=(--test-reporter=spec --test-reporter-destination=stdout)
if [ -n "$report" ]; then reporters+=(--test-reporter=junit "--test-reporter-destination=$report"); fi
files=("$@")
if [ ${#files[@]} -eq 0 ]; then files=(*.test.mjs); fi
# One file at a time: each starts a gateway and a browser.
exec node --test --test-concurrency=1 "${reporters[@]}" "${files[@]}"
