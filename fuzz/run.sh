#!/usr/bin/env bash
# Fuzzes each target for some seconds (half an hour unless the environment says otherwise) on one core, with the samples
# and, where WHOSENDS_SHARED names them, the shared corpora as seeds. What is found lies in artifacts/TARGET.
#
#     [FUZZ_SECONDS=1800] [WHOSENDS_SHARED=DIR] fuzz/run.sh [TARGET...]
#
# Needs a nightly toolchain, for the sanitizer; cargo-fuzz is not needed.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${FUZZ_SECONDS:-1800}
samples=../samples
shared=${WHOSENDS_SHARED:-}
targets=("$@")
[ ${#targets[@]} -gt 0 ] ||
    targets=(container mailbox report conversation dmarc_record spf_record dkim_record)

# What cargo-fuzz builds with.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1"
# The explicit target keeps build scripts and macros free of the sanitizer.
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
cargo +nightly build --release --locked --target "$host" --bins
binaries=${CARGO_TARGET_DIR:-target}/$host/release

# Copies the files that a pattern finds below some folders into a target's seeds, each under the sum of its bytes.
seeds() {
    local target=$1 pattern=$2
    shift 2
    mkdir -p "corpus/$target"
    find "$@" -type f -size -64k -regextype posix-extended -iregex "$pattern" 2>/dev/null | while read -r file; do
        cp "$file" "corpus/$target/$(sha1sum <"$file" | cut -c1-40)"
    done
}

folders=("$samples")
[ -z "$shared" ] || folders+=("$shared/corpus" "$shared/cases/reports/inputs" "$shared/cases/dns")
seeds container '.*' "${folders[@]}"
seeds mailbox '.*\.(mbox|eml)' "${folders[@]}"
seeds report '.*\.xml' "${folders[@]}"
seeds conversation '.*\.json' "${folders[@]}"
# Each record that stands in the tables of the corpus is a seed.
records() {
    local target=$1 pattern=$2
    mkdir -p "corpus/$target"
    { grep -rhoE "$pattern[^\"	]*" "$samples/zones" ${shared:+"$shared/corpus/dns-records" "$shared/cases/dns/zone"} || true; } |
        sort -u | head -2000 | while IFS= read -r record; do
        printf '%s' "$record" >"corpus/$target/$(printf '%s' "$record" | sha1sum | cut -c1-40)"
    done
}
records dmarc_record 'v=DMARC1'
records spf_record 'v=spf1'
records dkim_record 'v=DKIM1'

for target in "${targets[@]}"; do
    mkdir -p "artifacts/$target" "corpus/$target"
    echo "== $target"
    "$binaries/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="artifacts/$target/" "corpus/$target" 2>&1 | grep -E "INITED|stat::|ERROR|SUMMARY|panicked" || true
done
if [ -n "$(find artifacts -type f -print -quit)" ]; then
    echo "something was found: see artifacts/" >&2
    exit 1
fi
