# Stages about the packages: ours, and those that they depend on.

published=(--package loop-client --package ams-oms-client --package ams-loop-bridge)

manifests() { python3 .ci/manifests.py; }

# Every dependency's declared minimum Rust version must be within ours, and clippy's
# `incompatible_msrv` looks at our own code, because no second toolchain can be had here.
minimum_rust() {
    cargo metadata --format-version 1 --locked --all-features | python3 -c '
import json, sys
metadata = json.load(sys.stdin)
number = lambda text: [int(part) for part in text.split(".")]
members = set(metadata["workspace_members"])
ours = min(number(p["rust_version"]) for p in metadata["packages"] if p["id"] in members)
newer = [p["name"] + " " + p["rust_version"] for p in metadata["packages"]
         if p["id"] not in members and p["rust_version"] and number(p["rust_version"]) > ours]
print("declared:", ours, "- dependencies that need more:", newer or "none")
sys.exit(bool(newer))'
}

deny() {
    tool cargo-deny
    cargo deny --locked check bans licenses sources
}

# The database is on another site, which not every machine reaches.
advisories() {
    local database=https://github.com/RustSec/advisory-db
    if GIT_TERMINAL_PROMPT=0 timeout 20 git ls-remote --quiet "$database" HEAD >/dev/null 2>&1; then
        tool cargo-deny
        timeout 300 cargo deny --locked check advisories
    else
        note "skipped, $database is out of reach"
    fi
}

# Each is unpacked and built with the others as they are packed, and with all that it includes.
package() {
    local said crate
    said=$(mktemp)
    # Said aloud, so that what is built already is used.
    CARGO_TARGET_DIR=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
    export CARGO_TARGET_DIR
    rm -f "$CARGO_TARGET_DIR"/package/*.crate
    cargo package --locked --allow-dirty --all-features "${published[@]}" 2>&1 | tee "$said" |
        grep -v 'is not included in the published package'
    # `cargo package` warns of a version that was withdrawn.
    if grep 'is yanked' "$said"; then
        return 1
    fi
    rm "$said"
    for crate in "$CARGO_TARGET_DIR"/package/*.crate; do
        echo "$(basename "$crate"): $(($(stat --format %s "$crate") / 1024)) KiB packed"
    done
}

# On a copy, so that `Cargo.lock` stays. Only our own requirements are taken at their word:
# the dependencies' are for their authors to mend.
minimal_versions() {
    local copy target
    # The same one, for the many dependencies whose version stays what it was.
    target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
    copy=$target/minimal
    rm -rf "$copy"
    mkdir -p "$copy"
    tar --create --dereference --exclude=loop-client/fuzz \
        Cargo.toml loop-client ams-oms-client ams-loop-bridge | tar --extract --directory "$copy"
    sed -i 's/^members = .*/members = ["loop-client", "ams-oms-client", "ams-loop-bridge"]/' \
        "$copy/Cargo.toml"
    cd "$copy"
    RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions
    CARGO_TARGET_DIR=$target cargo check --quiet --locked --workspace --all-features --lib
}

# Against the newest tag before this commit; the version in the manifests says what may change.
semver() {
    local tag
    tag=$(git describe --tags --abbrev=0 --match 'v[0-9]*' HEAD^ 2>/dev/null || true)
    if [[ -z $tag ]]; then
        note "skipped, no tag yet"
        return
    fi
    tool cargo-semver-checks
    cargo semver-checks --all-features --baseline-rev "$tag" "${published[@]}"
    note "since $tag"
}
