"""What the three published crates declare, and which files they would be packed with."""

import json
import re
import subprocess
import sys

PACKED = re.compile(
    r"src/.+\.rs|docs/.+\.md|README\.md|LICENSE-(MIT|APACHE)|openapi\.json"
    r"|Cargo\.(toml|toml\.orig|lock)|\.cargo_vcs_info\.json"
)
INCLUDED = re.compile(r'include_(?:str|bytes)!\("([^"]+)"\)')


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(path):
    with open(path, "rb") as file:
        return file.read()


def declared(package, ours):
    """What crates.io, docs.rs and a reader of either want to know."""
    name = package["name"]
    for field in ("description", "license", "repository", "readme", "rust_version", "categories"):
        if not package[field]:
            yield f"no {field}"
    if not 1 <= len(package["keywords"]) <= 5:
        yield "one to five keywords"
    if package["documentation"] != f"https://docs.rs/{name}":
        yield "documentation is not on docs.rs"
    if not ((package["metadata"] or {}).get("docs") or {}).get("rs", {}).get("all-features"):
        yield "docs.rs would not show all features"
    for dependency in package["dependencies"]:
        version = ours.get(dependency["name"])
        # One of ours may use what is new in another, so it asks for no older one.
        if version and dependency["req"] != f"^{version}":
            yield f"needs {dependency['name']} {dependency['req']}, which is at {version}"


def packed(package):
    name = package["name"]
    command = ("cargo", "package", "--list", "--locked", "--allow-dirty", "--package", name)
    files = set(output(*command).split())
    for file in sorted(files):
        if not PACKED.fullmatch(file):
            yield f"packs {file}"
    wanted = {"README.md", "LICENSE-MIT", "LICENSE-APACHE"}
    for file in files:
        if file.endswith(".rs"):
            folder = file.rsplit("/", 1)[0]
            for path in INCLUDED.findall(read(f"{name}/{file}").decode()):
                wanted.add(inside(folder, path))
    for file in sorted(wanted - files):
        yield f"does not pack {file}"
    for licence in ("LICENSE-MIT", "LICENSE-APACHE"):
        if read(f"{name}/{licence}") != read(licence):
            yield f"{licence} is not the repository's"
    print(f"{name} {package['version']}: {len(files)} files")


def inside(folder, path):
    parts = folder.split("/")
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1] if parts else [".."]
        else:
            parts.append(part)
    return "/".join(parts)


def main():
    metadata = json.loads(output("cargo", "metadata", "--format-version=1", "--no-deps", "--locked"))
    packages = [package for package in metadata["packages"] if package["publish"] != []]
    ours = {package["name"]: package["version"] for package in packages}
    wrong = [
        f"{package['name']}: {fault}"
        for package in packages
        for fault in [*declared(package, ours), *packed(package)]
    ]
    if set(ours) != {"loop-client", "ams-oms-client", "ams-loop-bridge"}:
        wrong.append(f"published: {', '.join(ours)}")
    if len(set(ours.values())) != 1:
        wrong.append("one version until 1.0, says the changelog")
    print("\n".join(wrong))
    return bool(wrong)


sys.exit(main())
