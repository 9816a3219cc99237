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

clippy() {
    cargo clippy --quiet --locked --workspace --all-targets --all-features -- -D warnings
}

# What a library crate looks like to somebody who depends on it with these features alone: without
# its tests, because what they depend on would switch more on.
clippy_on() {
    local package=$1 features
    shift
    for features in "" "$@"; do
        cargo clippy --quiet --locked --package "$package" --lib --no-default-features \
            --features "$features" -- -D warnings
    done
}

feature_sets() {
    clippy_on loop-client reqwest rustls rustls-no-provider native-tls sandbox
    clippy_on ams-oms-client \
        sqlite memory conformance http rustls http-server rustls-no-provider native-tls
    clippy_on ams-loop-bridge sqlite postgres
    # And the tests, as far as they need no feature.
    cargo clippy --quiet --locked --package loop-client --package ams-oms-client --all-targets \
        --no-default-features -- -D warnings
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
