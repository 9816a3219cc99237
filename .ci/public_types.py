"""Which other crates' types does the public API of this one name?

    public_types.py doc/loop_client.json ALLOWED...

ALLOWED are crates whose types may show: a new major version of one of these is one of ours. The
JSON is rustdoc's; what it says is read as loosely as can be, because its format is not stable.
"""

import json
import sys

# They come with the language.
LANGUAGE = {"std", "core", "alloc"}


def references(value, path=()):
    """Every type and trait that is named somewhere in a signature, by its id."""
    if isinstance(value, dict):
        if "id" in value and "path" in value and "args" in value:
            yield value["id"]
        for key, inner in value.items():
            # Documentation may link to anything.
            if key not in ("docs", "links", "attrs", "span"):
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def is_implied(item):
    """Implementations that nobody wrote: of auto traits, and blanket ones."""
    implementation = item["inner"].get("impl")
    return implementation and (implementation["is_synthetic"] or implementation["blanket_impl"])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        crate = json.load(file)
    allowed = LANGUAGE | set(sys.argv[2:])
    ours = crate["index"][str(crate["root"])]["crate_id"]
    found = {}
    for item in crate["index"].values():
        # Without --document-private-items only what can be reached is here, and private fields.
        if item["crate_id"] != ours or is_implied(item):
            continue
        for id in references(item["inner"]):
            named = crate["paths"].get(str(id))
            if named and named["crate_id"] != ours:
                origin = crate["external_crates"][str(named["crate_id"])]["name"]
                found.setdefault(origin, set()).add("::".join(named["path"]))
    for origin in sorted(set(found) - LANGUAGE):
        mark = "" if origin in allowed else "NOT ALLOWED "
        print(f"  {mark}{origin}: {', '.join(sorted(found[origin]))}")
    unused = allowed - LANGUAGE - set(found)
    if unused:
        print("  allowed and not named:", ", ".join(sorted(unused)))
    return bool(unused or set(found) - allowed)


sys.exit(main())
