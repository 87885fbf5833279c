#!/usr/bin/env bash
# Everything that must hold before a change goes in. Prints what it runs and how long each part took.
#
#   ./test.sh                    everything
#   ./test.sh lint tests         these parts alone
#   FTL_SEQUENCES=1000000        generated leagues of the proof suite (default 10000)
#   FTL_MATCHES=100000           matches of the red team (default: the suite's own)
#
# The tests start private servers of PostgreSQL and Redis, and a browser. Where those are missing, this is root and apt-get
# is here, they are installed, and the header says so; elsewhere the tests fail and name the package. Nothing else is
# installed: without cargo-nextest the tests run under cargo test.
set -uo pipefail
cd "$(dirname "$0")" || exit 2
export FTL_SEQUENCES="${FTL_SEQUENCES:-10000}"
export RUST_BACKTRACE="${RUST_BACKTRACE:-1}"

# One profile and one set of features for everything that runs: dependencies and crates are built once.
BUILD=(--release --workspace --features ftl-core/testing,ftl-store/throwaway,ftl-server/testing --locked)
TARGET="${CARGO_TARGET_DIR:-target}"
FTL="$TARGET/release/ftl"
EXAMPLES=(quote_and_trade own_pricing_curve replay_a_file washout_explained)
summary=""
failed=()

# Installs what the tests need besides Rust, where it can; says what it did.
servers() {
    local missing=() installed=/usr/lib/postgresql/*/bin/initdb
    command -v redis-server >/dev/null 2>&1 || missing+=(redis-server)
    [ -x /usr/bin/chromium ] || [ -x /usr/bin/chromium-browser ] || [ -x /usr/bin/google-chrome ] || missing+=(chromium fonts-dejavu-core)
    command -v initdb >/dev/null 2>&1 || compgen -G "$installed" >/dev/null || missing+=(postgresql)
    if [ "${#missing[@]}" -eq 0 ]; then
        echo "redis-server, postgresql and chromium are here"
    elif [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "missing and not to be installed from here: ${missing[*]}"
    elif { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1; then
        echo "installed: ${missing[*]}"
    else
        echo "apt-get could not install: ${missing[*]}"
    fi
}

format() { cargo fmt --all --check; }

lint() { cargo clippy "${BUILD[@]}" --all-targets -- -D warnings; }

build() { cargo build "${BUILD[@]}" --bins --examples; }

tests() {
    local log status
    log="$(mktemp)"
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run "${BUILD[@]}" --no-fail-fast 2>&1 | tee "$log"
    else
        cargo test "${BUILD[@]}" --lib --bins --tests --no-fail-fast 2>&1 | tee "$log"
    fi
    status="${PIPESTATUS[0]}"
    summary="$(grep -E '^ *Summary |^test result:' "$log" | tail -n 20)"
    rm -f "$log"
    return "$status"
}

doctests() { cargo test "${BUILD[@]}" --doc; }

examples() {
    local example
    for example in "${EXAMPLES[@]}"; do
        echo "-- $example"
        "$TARGET/release/examples/$example" || return 1
    done
}

# The same match twice, in memory and on disk, shown at two speeds: one hash; another seed: another.
smoke() {
    local dir one two three other
    dir="$(mktemp -d)" || return 1
    hash_of() { "$FTL" replay wc2022-final --bots 200 --json "$@" | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/'; }
    one="$(hash_of --seed 7)" && two="$(hash_of --seed 7 --data "$dir/league")" &&
        three="$(hash_of --seed 7 --speed 600)" && other="$(hash_of --seed 8)" || return 1
    echo "seed 7 in memory:    $one"
    echo "seed 7 in SQLite:    $two"
    echo "seed 7 at speed 600: $three"
    echo "seed 8:              $other"
    [ "${#one}" = 64 ] && [ "$one" = "$two" ] && [ "$one" = "$three" ] && [ "$one" != "$other" ] || return 1
    rm -rf "$dir"
}

part() {
    local name="$1" began=$SECONDS
    echo "== $name"
    if "$name" </dev/null; then
        echo "== $name: ok, $((SECONDS - began)) s"
    else
        failed+=("$name")
        echo "== $name: FAILED, $((SECONDS - began)) s"
    fi
}

parts=("$@")
[ "${#parts[@]}" -gt 0 ] || parts=(format lint build tests doctests examples smoke)
case " ${parts[*]} " in
    *" tests "*) echo "== servers: $(servers)" ;;
esac
for name in "${parts[@]}"; do
    case "$name" in
        format | lint | build | tests | doctests | examples | smoke) part "$name" ;;
        *) echo "test.sh: no part $name; there are format, lint, build, tests, doctests, examples, smoke" >&2; exit 2 ;;
    esac
done

echo "== $SECONDS s in all"
[ -z "$summary" ] || echo "$summary"
if [ "${#failed[@]}" -gt 0 ]; then
    echo "failed: ${failed[*]}"
    exit 1
fi
