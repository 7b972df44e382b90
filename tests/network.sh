#!/usr/bin/env bash
# Runs the tests that touch the network once more, on another transport than the default one: tests/network.sh TRANSPORT PART...
# TRANSPORT is a value of Gateway:Tcp:Transport. Parts: tests (seconds to minutes), and of the fault tests: faults, and quiet, which needs little processor
# time and can run beside others. Reports are PROJECT.TRANSPORT.trx in the folder TEST_RESULTS.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
transport=$1
shift
# Every test that starts the service, in its own process or as a program, passes its environment on.
export Gateway__Tcp__Transport=$transport
failed=0

# Runs tests of a project: REPORT PROJECT SECONDS FILTER...
run() {
  echo "-- $1 on $transport"
  tests/run.sh "$1.$transport" "${@:2}" || failed=1
}

# Each class with its namespace, as a filter.
classes() {
  local name
  filters=()
  for name; do filters+=(-class "*.$name"); done
}

for part; do
  case $part in
    tests)
      run HeartbeatGateway.Tests HeartbeatGateway.Tests 600 \
        -namespace HeartbeatGateway.Tests.Transport -namespace HeartbeatGateway.Tests.Tls -namespace HeartbeatGateway.Tests.WebSockets \
        -namespace HeartbeatGateway.Tests.Health
      classes AbuseTests ClientLibraryTests DescriptorTests HaproxyTests HealthProbeTests OperatorDrainTests PlannedCloseTests SilenceTests StartAndStopTests
      run HeartbeatGateway.EndToEnd.Tests HeartbeatGateway.EndToEnd.Tests 600 "${filters[@]}"
      ;;
    faults)
      # Over TLS the same faults reach the transport by the same calls: the tests of the service and those of quiet are enough for that.
      # Left out, since others of this list do the same to the transport in less time: MemoryTests, the smoke test of SoakTests, and the longest of QuotaTests.
      classes ExhaustionTests SlowConsumerTests ManySendersTests QuotaTests StopTests HostileTests CutTests ConnectStormTests ChurnTests
      run Faults Faults 1200 "${filters[@]}" -trait- Transport=tls -method- '*Keeps_ten_thousand_clients*' -showLiveOutput
      ;;
    quiet)
      classes LossTests SlowFrameTests TimeoutCauseTests
      run FaultsQuiet Faults 2100 "${filters[@]}" -trait Lane=quiet -showLiveOutput
      ;;
    *)
      echo "'$part' is no part: tests, faults or quiet" >&2
      exit 2
      ;;
  esac
done
exit "$failed"
