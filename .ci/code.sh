# Stages that read or compile the code.

fmt() {
    cargo fmt --all --check
    # A workspace of its own.
    cargo fmt --manifest-path loop-client/fuzz/Cargo.toml --check
    # rustfmt sees no Markdown.
    if git grep -nE '^(<{7}|>{7}) '; then
        return 1
    fi
}

# Only the feature `native-tls` needs them, on Linux.
system_packages() {
    if pkg-config --exists openssl 2>/dev/null; then
        return
    fi
    apt-get update -qq && apt-get install -qq -y pkg-config libssl-dev
}

clippy() { python3 .ci/clippy.py; }

# What the libraries look like to somebody who depends on them with these features alone: without
# their tests, because what those depend on would switch more on. Features that are checked together
# are of different crates, and share the build of what they depend on.
feature_sets() {
    local features clients=(--package loop-client --package ams-oms-client)
    for features in \
        "" \
        "ams-oms-client/memory,ams-loop-bridge/sqlite" \
        "ams-oms-client/conformance,ams-loop-bridge/postgres"; do
        with_features "$features" "${clients[@]}" --package ams-loop-bridge --lib
    done
    for features in \
        "ams-oms-client/sqlite" \
        "loop-client/reqwest,ams-oms-client/http" \
        "loop-client/rustls,ams-oms-client/rustls" \
        "loop-client/rustls-no-provider,ams-oms-client/rustls-no-provider" \
        "loop-client/native-tls,ams-oms-client/native-tls" \
        "loop-client/sandbox,ams-oms-client/http-server"; do
        with_features "$features" "${clients[@]}" --lib
    done
    # And the tests, as far as they need no feature.
    with_features "" "${clients[@]}" --all-targets
}

with_features() {
    cargo clippy --quiet --locked --no-default-features --features "$@" -- -D warnings
}

docs() {
    RUSTDOC=$PWD/.ci/rustdoc RUSTDOCFLAGS="--cfg docsrs -D warnings" \
        cargo doc --quiet --locked --workspace --no-deps --all-features
}

# A type of another crate in a signature of ours makes that crate's next major version one of ours.
public_types() {
    RUSTDOC=$PWD/.ci/rustdoc RUSTDOCFLAGS="-Z unstable-options --output-format json" \
        cargo doc --quiet --locked --workspace --no-deps --all-features --lib
    python3 .ci/public_types.py "${CARGO_TARGET_DIR:-target}/doc"
}
