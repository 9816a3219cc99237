"""Which other crates' types does the public API of each published crate name?

    public_types.py FOLDER

FOLDER has rustdoc's JSON of them. Those that may show stand in each manifest. The JSON's format is
not stable, so it is read as loosely as can be; where it says something else, this fails.
"""

import json
import subprocess
import sys

# They come with the language.
LANGUAGE = {"std", "core", "alloc"}


def references(value):
    """Every type and trait that is named somewhere in a signature, by its id."""
    if isinstance(value, dict):
        if "id" in value and "path" in value and "args" in value:
            yield value["id"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def written(crate):
    """The items that somebody wrote here: no implementation of an auto trait and no blanket one."""
    for item in crate["index"].values():
        implementation = item["inner"].get("impl")
        if item["crate_id"] == 0 and not (
            implementation and (implementation["is_synthetic"] or implementation["blanket_impl"])
        ):
            yield item["inner"]


def foreign(crate):
    """The names of all that is not ours, by crate."""
    found = {}
    for inner in written(crate):
        named = list(references(inner))
        if "use" in inner:
            named.append(inner["use"]["id"])
        for id in named:
            path = crate["paths"].get(str(id))
            if path and path["crate_id"] != 0:
                origin = crate["external_crates"][str(path["crate_id"])]["name"]
                found.setdefault(origin, set()).add("::".join(path["path"]))
    return {origin: names for origin, names in found.items() if origin not in LANGUAGE}


def main():
    command = ["cargo", "metadata", "--format-version=1", "--no-deps", "--locked"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wrong = False
    for package in json.loads(output)["packages"]:
        if package["publish"] == []:
            continue
        allowed = set(package["metadata"]["public-types"]["allowed"])
        with open(f"{sys.argv[1]}/{package['name'].replace('-', '_')}.json", encoding="utf-8") as file:
            found = foreign(json.load(file))
        print(package["name"])
        for origin in sorted(found):
            mark = "  " if origin in allowed else "  NOT ALLOWED "
            print(f"{mark}{origin}: {', '.join(sorted(found[origin]))}")
        for origin in sorted(allowed - set(found)):
            print(f"  allowed, and not there: {origin}")
        wrong |= allowed != set(found)
    return wrong


sys.exit(main())
