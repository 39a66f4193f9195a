"""Compares what rustle reads in every Cargo.toml of the corpus with what cargo reads: workspace
root, members, and of each package its name, version, edition, targets and dependencies.

Usage: diff_manifest.py DIFF_MANIFEST_DUMP, with the corpus folder in RUSTLE_CORPUS. cargo is asked
by `cargo metadata --no-deps --offline`, once for each manifest; its answers are kept outside the
checkout, under a hash of everything that they depend on.

The small trees of diff_manifest_cases.py are asked about too.

A released source tree lacks some members of its workspace, at which cargo stops. So both are shown
two copies of the corpus made of links: in one the top manifest names only members that are there,
in the other there is no top manifest, and every package below stands for itself.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import diff_manifest_cases
import differential

ENVIRONMENT = {"RUSTC_BOOTSTRAP": "1"}  # manifests of the compiler use what is not stable


def manifests(folder):
    return sorted(os.path.relpath(os.path.join(parent, name), folder)
                  for parent, _, names in os.walk(folder) for name in names
                  if name == "Cargo.toml")


def make_copies(folder, into):
    """The two copies, `into`/repaired and `into`/apart; the questions to ask in each."""
    with open(os.path.join(folder, "Cargo.toml")) as file:
        top = file.read()
    lines = [line for line in top.splitlines(keepends=True)
             if not (match := re.fullmatch(r'\s*"([^"]*/[^"]*)",\s*', line))
             or os.path.exists(os.path.join(folder, match[1], "Cargo.toml"))]
    for copy in ("repaired", "apart"):
        os.mkdir(os.path.join(into, copy))
        for name in os.listdir(folder):
            if name != "Cargo.toml":
                os.symlink(os.path.join(folder, name), os.path.join(into, copy, name))
    with open(os.path.join(into, "repaired", "Cargo.toml"), "w") as file:
        file.writelines(lines)
    return ["repaired/Cargo.toml"] + ["apart/" + path for path in manifests(folder)
                                      if path != "Cargo.toml"]


def case_of(question):
    """The name of the case whose question it is, or the question itself."""
    number = question.split("/")[1]
    return list(diff_manifest_cases.CASES)[int(number)] if number.isdigit() else question


def package_of_cargo(package, inside):
    """What is compared of a package in cargo's answer."""
    def target(of):
        kind = of["kind"]
        lib = kind[0] not in ("bin", "example", "test", "bench", "custom-build")
        return [("lib" if lib else kind[0]), of["name"], inside(of["src_path"]), of["edition"],
                sorted(of["crate_types"])]

    def dependency(of):
        return [of["rename"] or of["name"], of["name"], inside(of.get("path")), of["kind"],
                of["target"], of["optional"], (of["source"] or "").startswith("git+")]

    return [package["name"], package["version"], package["edition"],
            sorted(map(target, package["targets"])),
            sorted(map(dependency, package["dependencies"]), key=repr)]


def ask_cargo(into, question):
    def inside(path):
        return path and os.path.relpath(path, into)

    done = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path",
         os.path.join(into, question)], capture_output=True, cwd=into, encoding="utf-8",
        env={**os.environ, **ENVIRONMENT, "CARGO_HOME": os.path.join(into, "home")}, timeout=60)
    if done.returncode:
        return {"error": done.stderr.replace(into, "").strip().splitlines()}
    answer = json.loads(done.stdout)
    members = set(answer["workspace_members"])
    return {"root": inside(answer["workspace_root"]),
            "packages": {inside(package["manifest_path"]): package_of_cargo(package, inside)
                         for package in answer["packages"] if package["id"] in members}}


def cargo_version():
    text = subprocess.run(["cargo", "--version"], check=True, capture_output=True, text=True).stdout
    major, minor = re.match(r"cargo (\d+)\.(\d+)", text).groups()
    return int(major), int(minor)


def cargo_answers(folder, into, questions):
    """cargo's answer to each question, kept from run to run."""
    key = hashlib.sha256(repr(differential.listing(folder)).encode())
    for path in manifests(folder):
        with open(os.path.join(folder, path), "rb") as file:
            key.update(file.read())
    key.update(subprocess.run(["cargo", "--version"], check=True, capture_output=True).stdout)
    for source in (__file__, diff_manifest_cases.__file__):
        with open(source, "rb") as file:
            key.update(file.read())
    kept = os.path.join(differential.cache(), f"cargo-{key.hexdigest()[:32]}.json")
    if not os.path.exists(kept):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            answers = list(threads.map(lambda question: ask_cargo(into, question), questions))
        for name in os.listdir(differential.cache()):
            if name.startswith("cargo-") and name.endswith(".json"):
                os.remove(os.path.join(differential.cache(), name))
        with open(kept + ".partial", "w") as file:
            json.dump(answers, file)
        os.rename(kept + ".partial", kept)
    with open(kept) as file:
        return json.load(file)


DEFAULT_CRATE_TYPE = {"lib": "lib", "example": "bin"}


def package_of_ours(package, inside):
    def target(of):
        types = of["crate_types"]
        if of["kind"] not in DEFAULT_CRATE_TYPE or not types:
            types = [DEFAULT_CRATE_TYPE.get(of["kind"], "bin")]
        if of["kind"] == "lib" and of["proc_macro"]:
            types = ["proc-macro"]
        return [of["kind"], of["name"], inside(of["path"]), of["edition"], sorted(types)]

    def dependency(of):
        return [of["name"], of["package"], inside(of["path"]), of["kind"], of["platform"],
                of["optional"], of["git"]]

    return [package["name"], package["version"], package["edition"],
            sorted(map(target, package["targets"])),
            sorted(map(dependency, package["dependencies"]), key=repr)]


def our_answers(dump, into, questions):
    def inside(path):
        return path and os.path.relpath(path, into)

    stdin = "".join(os.path.join(into, question) + "\n" for question in questions)
    done = subprocess.run([dump], input=stdin, stdout=subprocess.PIPE, encoding="utf-8",
                          timeout=600)
    lines = done.stdout.split("\n")[:-1]
    if done.returncode or len(lines) != len(questions):
        sys.exit(f"{dump} ended with status {done.returncode} after {len(lines)} manifests")
    shown = {}
    for line in lines:
        answer = json.loads(line)
        for package in answer["packages"]:
            shown[inside(package["manifest"])] = package_of_ours(package, inside)
        members = [inside(member["manifest"]) for member in answer["members"]]
        yield {"root": inside(answer["root"]), "error": answer["error"], "what": answer["what"],
               "packages": {path: shown[path] for path in members}}


def spaceless(package):
    """cargo writes platforms anew, with its own spaces."""
    name, version, edition, targets, dependencies = package
    return [name, version, edition, targets,
            sorted(([*d[:4], d[4] and re.sub(r"\s|,(?=\s*\))", "", d[4]), *d[5:]]
                    for d in dependencies), key=repr)]


def differences(ours, theirs):
    if ours["error"]:
        yield f"cargo reads it, rustle says: {ours['error']}: {ours['what']}"
    if ours["root"] != theirs["root"]:
        yield f"root: {ours['root']}, cargo: {theirs['root']}"
    for path in sorted(set(ours["packages"]) ^ set(theirs["packages"])):
        yield f"member of {'rustle' if path in ours['packages'] else 'cargo'} alone: {path}"
    for path in sorted(set(ours["packages"]) & set(theirs["packages"])):
        mine, other = spaceless(ours["packages"][path]), spaceless(theirs["packages"][path])
        for a, b in zip(mine, other):
            if isinstance(a, list):
                for x in [x for x in a if x not in b] + [x for x in b if x not in a]:
                    yield f"{path}: {'rustle' if x in a else 'cargo'} alone: {x}"
            elif a != b:
                yield f"{path}: {a}, cargo: {b}"


def main(dump):
    folder = differential.corpus()
    if shutil.which("cargo") is None:
        print("skipped: there is no cargo")
        return differential.SKIPPED
    with tempfile.TemporaryDirectory() as into:
        into = os.path.realpath(into)
        questions = make_copies(folder, into)
        questions += ["cases/" + question for question in
                      diff_manifest_cases.write(pathlib.Path(into, "cases"))]
        theirs = cargo_answers(folder, into, questions)
        ours = list(our_answers(dump, into, questions))
    differing = compared = packages = targets = dependencies = rejected = both = 0
    unexplained = {}
    too_new = {case for case, since in diff_manifest_cases.SINCE.items()
               if cargo_version() < since}
    for question, mine, other in zip(questions, ours, theirs):
        if case_of(question) in too_new:
            print(f"left out, because this cargo is too old for it: {case_of(question)}")
            continue
        if isinstance(other.get("error"), list):
            rejected += 1
            both += mine["error"] is not None
            if question.startswith("cases/") and mine["error"] is None:
                differing += 1
                print(f"cargo rejects it, rustle does not: {case_of(question)}: {other['error']}")
            elif mine["error"] is None:
                last = other["error"][-1].strip()
                unexplained.setdefault(last, []).append(case_of(question))
            continue
        compared += 1
        packages += len(other["packages"])
        targets += sum(len(package[3]) for package in other["packages"].values())
        dependencies += sum(len(package[4]) for package in other["packages"].values())
        found = list(differences(mine, other))
        differing += bool(found)
        if found and differing <= differential.SHOWN:
            print(f"differs: {case_of(question)}")
            for line in found[:10]:
                print(f"  {line}")
    print(f"manifest: {compared} manifests compared ({packages} packages, {targets} targets, "
          f"{dependencies} dependencies), {differing} differ")
    print(f"  cargo rejects {rejected} more; rustle finds an error in {both} of them")
    for reason, of in sorted(unexplained.items(), key=lambda pair: -len(pair[1])):
        print(f"  {len(of)} without: {reason} ({of[0]})")
    return 1 if differing else 0


sys.exit(main(*sys.argv[1:]))
