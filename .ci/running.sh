# Stages that run the code.

# The README's own commands, as they stand there between its markers.
readme_command() {
    sed -n "/<!-- $1 -->/,/^\`\`\`\$/p" README.md | grep '^cargo '
}

tests() { eval "$(readme_command tests)"; }

# The ledger on a real server, which each test starts for itself.
postgres() {
    if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && ! command -v initdb >/dev/null
    then
        apt-get update -qq && apt-get install -qq -y postgresql
    fi
    export REQUIRE_POSTGRES=1
    cargo test --quiet --locked --workspace --lib --test ledger --test service postgres
}

# The page for people, in Debian's Chromium.
browser() {
    if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
        apt-get update -qq && apt-get install -qq -y chromium chromium-driver
    fi
    REQUIRE_BROWSER=1 cargo test --quiet --locked --workspace --example service browser
}

# The README's test command has done this with few kills; here each of both ledgers gets its hundred.
kills() {
    KILLS=110 REQUIRE_POSTGRES=1 cargo test --quiet --locked --workspace --test kill \
        killed_on -- --nocapture
}

# The fuzz package is a workspace of its own, where `serde_json/arbitrary_precision` is on: there
# the numbers of a payload arrive in another way.
arbitrary_precision() {
    cargo test --quiet --locked --manifest-path loop-client/fuzz/Cargo.toml --test decoding
}

# A bounded number of runs; the seeds of a run are the ones in the repository.
fuzz() {
    local target work
    tool cargo-fuzz
    work=$(mktemp -d)
    for target in webhook returns_list asn_report process_answer; do
        mkdir "$work/$target"
        # Coverage needs flags that a stable compiler takes only from who sets this.
        RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir loop-client/fuzz --sanitizer none "$target" \
            "$work/$target" "loop-client/fuzz/seeds/$target" \
            -- -runs=20000 -max_total_time=60 -dict=loop-client/fuzz/loop.dict \
            >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
        echo "$target: $(grep '^Done' "$work/log")"
    done
    rm -r "$work"
}

# 20,000 runs at harsh rates; the rest of the simulation is among the tests above.
simulation() {
    SIM_SEEDS=20000 SIM_FROM=1000 cargo test --quiet --locked --workspace \
        --test simulation many_seeds -- --nocapture
}

# The other reference integrations, on their embedded defaults.
more_examples() {
    local built=${CARGO_TARGET_DIR:-target}/debug/examples
    cargo build --quiet --locked --workspace --examples
    "$built/setup" --fix
    "$built/backfill" --no-progress
    # These run until they are told to stop, and end well then.
    timeout --preserve-status --signal INT 5 "$built/poller"
    LISTEN=127.0.0.1:0 timeout --preserve-status --signal INT 5 "$built/webhook_receiver"
    timeout --preserve-status --signal TERM 5 "$built/service" --listen 127.0.0.1:0 --log warn
}

quickstart() {
    local out last
    out=$(mktemp)
    eval "$(readme_command quickstart)" | tee "$out"
    last=$(tail -n 1 "$out")
    rm -f "$out"
    [[ $last == returns=*violations=0 ]] || { echo "quickstart ended with: $last"; return 1; }
}

explain() {
    local rma
    rma=$(cargo run --quiet --locked --example explain -- return - \
        <<<'{"id":99904598,"state":"open","line_items":[{"line_item_id":7,"sku":"TEE-M"}]}')
    echo "$rma"
    grep -q '"rma_number": *"99904598"' <<<"$rma"
}

custom_oms() { cargo run --quiet --locked --example custom_oms; }
