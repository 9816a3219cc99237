"""Clippy on everything, with warnings as errors, and in the same run: which declared dependencies
does nothing use? The compiler says so of one target; a dependency is unused when every target of its
package that could use it says so. What only a doctest uses is not seen.
"""

import json
import subprocess
import sys
from collections import Counter

LINT = "unused_crate_dependencies"


def lines(*command):
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return process.returncode, [json.loads(line) for line in process.stdout.splitlines()]


def is_library(target):
    return "lib" in target["kind"]


def main():
    _, (metadata,) = lines("cargo", "metadata", "--format-version=1", "--no-deps", "--locked")
    # Its arguments reach our crates only.
    failed, said = lines(
        *("cargo", "clippy", "--quiet", "--locked", "--workspace", "--all-targets"),
        *("--all-features", "--message-format=json", "--", "--warn", LINT),
    )
    with_tests = Counter()  # compilations that see the dev-dependencies
    unused = Counter()
    unused_in_library = set()
    warnings = 0
    for line in said:
        package = line.get("package_id")
        if line["reason"] == "compiler-artifact":
            with_tests[package] += line["profile"]["test"] or not is_library(line["target"])
        elif line["reason"] == "compiler-message":
            message = line["message"]
            if (message["code"] or {}).get("code") == LINT:
                crate = message["message"].split("`")[1]
                unused[package, crate] += 1
                if is_library(line["target"]):
                    unused_in_library.add((package, crate))
            else:
                warnings += 1
                print(message["rendered"])
    if failed or warnings:
        return True

    wrong = []
    for package in metadata["packages"]:
        id = package["id"]
        normal = {d["name"].replace("-", "_") for d in package["dependencies"] if not d["kind"]}
        dev = {d["name"].replace("-", "_") for d in package["dependencies"] if d["kind"] == "dev"}
        for crate in sorted(normal):
            if (id, crate) in unused_in_library:
                wrong.append(f"{package['name']}: {crate}")
        for crate in sorted(dev - normal):
            if unused[id, crate] == with_tests[id]:
                wrong.append(f"{package['name']}: {crate}, of the dev-dependencies")
    print("unused dependencies:", "\n".join(wrong) or "none")
    return bool(wrong)


sys.exit(main())
