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

# What a library crate looks like to somebody who depends on it with these features alone.
clippy_on() {
    local package=$1
    shift
    cargo clippy --quiet --locked --package "$package" --all-targets "$@" -- -D warnings
}

feature_sets() {
    local tls set
    clippy_on loop-client --no-default-features
    for tls in reqwest rustls rustls-no-provider native-tls sandbox; do
        clippy_on loop-client --no-default-features --features "$tls"
    done
    clippy_on ams-oms-client --no-default-features
    clippy_on ams-oms-client --no-default-features --features sqlite
    clippy_on ams-oms-client --no-default-features --features memory
    for set in conformance http rustls http-server rustls-no-provider native-tls; do
        clippy_on ams-oms-client --no-default-features --features "$set"
    done
    # The bridge's own tests need its dependencies' stand-ins, so only the library is built bare.
    for set in "" sqlite postgres; do
        cargo clippy --quiet --locked --package ams-loop-bridge --no-default-features \
            --features "$set" -- -D warnings
    done
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
