#!/usr/bin/env bash
# Fuzzes one target for a number of seconds: fuzz.sh TARGET SECONDS. With 0 seconds it copies the inputs found so far into the repository. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../../.."
target=${1:?TARGET is missing: frames, proxy or connection} seconds=${2:?SECONDS is missing}
work=artifacts/fuzz
sharpfuzz=$work/tools/sharpfuzz
install="dotnet tool install --tool-path $work/tools SharpFuzz.CommandLine --version 2.3.0"
[ -x "$sharpfuzz" ] || { echo "sharpfuzz is not installed; install it with: $install"; exit 1; }

rm -rf "${work:?}/bin"
dotnet build tests/tools/Fuzz --nologo --verbosity quiet --configuration Release
cp -r tests/tools/Fuzz/bin/Release/net10.0 "$work/bin"
dotnet "$work/bin/HeartbeatGateway.Fuzz.dll" corpus "$work/seeds"
# After this instrumentation the program runs only under afl-fuzz.
for assembly in Protocol Server; do "$sharpfuzz" "$work/bin/HeartbeatGateway.$assembly.dll"; done
mkdir -p "$work/seeds/$target"
[ ! -d "tests/tools/Fuzz/corpus/$target" ] || cp -n tests/tools/Fuzz/corpus/"$target"/* "$work/seeds/$target/"

# AFL++ did not instrument the program itself, and test machines are seldom tuned for AFL++.
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_AUTORESUME=1 AFL_ALLOW_TMP=1
# No tiered compilation: code is compiled once, so the same input always takes the same path.
export DOTNET_TieredCompilation=0
command=("$(command -v dotnet)" "$work/bin/HeartbeatGateway.Fuzz.dll" run "$target")
found=$work/findings/$target

if [ "$seconds" = 0 ]; then
  kept=$work/kept/$target
  rm -rf "$kept" && mkdir -p "$kept"
  afl-cmin -i "$found/default/queue" -o "$kept" -t 5000 -- "${command[@]}"
  mkdir -p "tests/tools/Fuzz/corpus/$target"
  for file in "$kept"/*; do cp "$file" "tests/tools/Fuzz/corpus/$target/$(sha256sum "$file" | cut -c1-16)"; done
  exit
fi

mkdir -p "$found"
afl-fuzz -i "$work/seeds/$target" -o "$found" -t 5000 -m none -G 4096 -V "$seconds" -- "${command[@]}" >"$work/$target.log" 2>&1 || { tail -20 "$work/$target.log"; exit 1; }
grep -E '^(run_time|execs_done|execs_per_sec|corpus_count|corpus_found|edges_found|bitmap_cvg|stability|saved_crashes|saved_hangs)' "$found/default/fuzzer_stats"
[ -z "$(find "$found"/default/crashes "$found"/default/hangs -name 'id:*')" ]
