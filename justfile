# The commands of this repository. `just` lists them; .ci/run runs those of `just ci`.

set shell := ["bash", "-euo", "pipefail", "-c"]

target_dir := env("CARGO_TARGET_DIR", "target")
binary_limit_bytes := "41943040" # 40 MiB

# Show the recipes
default:
    @just --list --unsorted

# Format all code
fmt:
    cargo fmt --all

# Check the format and run clippy, warnings as errors
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Build the documentation of our crates, warnings as errors
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Run every test
test:
    cargo test --workspace

# Run the same sessions in all 877 partitions of the modules (most of an hour)
parity-all:
    cargo test --test it -- --ignored --nocapture --test-threads 1 parity_of_all_partitions

# Run the tests that the same script gives the same answers in every topology
parity: (_tests_named "parity")

# Check licenses, banned crates and sources of the dependencies
deny:
    cargo deny --log-level error check --show-stats bans licenses sources

# Check the dependencies against the advisory database (needs a network)
audit:
    cargo deny check advisories

# Check that Cargo.lock is there and agrees with the manifests
lockfile:
    cargo metadata --locked --format-version 1 >/dev/null

# Build the release binary
build:
    cargo build --release

# Check that the release binary stays below its limit
binary-size:
    #!/usr/bin/env bash
    set -euo pipefail
    size_bytes=$(wc -c < "{{ target_dir }}/release/cleave")
    echo "cleave has $size_bytes bytes of {{ binary_limit_bytes }}"
    [[ $size_bytes -lt {{ binary_limit_bytes }} ]]

# Run the benchmarks of calls and of events, all or those whose name contains FILTER
bench filter="":
    cargo bench --bench links --bench events -- {{ quote(filter) }}

# Measure a store of a million products and 100,000 orders beside a small one; it is made the first time, which takes a while
bench-scale filter="":
    cargo bench --bench scale -- {{ quote(filter) }}

# Measure a call to another process beside a bare round trip over the same kind of socket
bench-hop:
    cargo bench --bench hop

# Measure the gateway beside nginx as a plain proxy, where nginx is installed
bench-proxy:
    cargo bench --bench proxy

# Check that every benchmark compiles and runs once (in the profile of the tests, which shares their build)
bench-check:
    cargo test --workspace --bench '*'

# Run a topology on this machine until Ctrl-C: a preset, a file, or a notation such as "catalog | *"
up topology="monolith" *flags:
    cargo run --release -- up --topology {{ quote(topology) }} {{ flags }}

# Measure monolith and microservices side by side, the short way
compare-quick *flags:
    cargo run --release -- compare --quick {{ flags }}

# Run the quick comparison for real, into a folder of its own, and check that its results are whole
compare-check:
    #!/usr/bin/env bash
    set -euo pipefail
    mkdir -p "{{ target_dir }}"
    results_dir=$(mktemp -d "{{ target_dir }}/compare-check.XXXXXX")
    trap 'rm -rf "$results_dir"' EXIT
    timeout --kill-after=10 300 cargo run --release -- compare --quick --out "$results_dir"
    python3 .ci/check_results.py "$results_dir/results.json"
    cargo run --release -- compare report "$results_dir/results.json" --svg "$results_dir/pictures"
    test -s "$results_dir/report.html" -a -s "$results_dir/pictures/spectrum-1.svg"

# All that CI does, in its order: what is quick to fail stands first, what shares a compilation stands together
ci: lockfile deny lint doc test bench-check build binary-size compare-check

# A filter that matches no test would pass: refuse it.
_tests_named filter:
    #!/usr/bin/env bash
    set -euo pipefail
    listed=$(cargo test --test it -- --list {{ quote(filter) }})
    grep --quiet ': test$' <<<"$listed" || { echo "no test of tests/it has '{{ filter }}' in its name" >&2; exit 1; }
    cargo test --test it -- {{ quote(filter) }}
