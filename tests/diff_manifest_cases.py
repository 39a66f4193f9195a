"""Small package trees for diff_manifest.py: name -> {path: content}. Each Cargo.toml in a tree is a
question to cargo and to rustle. Rules that no package of the corpus needs are here."""

LIB, MAIN = {"src/lib.rs": ""}, {"src/main.rs": ""}


def package(name="a", edition=None, **keys):
    lines = ["[package]", f'name = "{name}"', 'version = "0.1.0"']
    if edition:
        lines.append(f'edition = "{edition}"')
    lines += [f"{key.replace('_', '-')} = {value}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def single(manifest, *paths):
    return {"Cargo.toml": manifest, **dict.fromkeys(paths, "")}


def tree(packages, top=None):
    """A workspace: folder -> manifest or name, each with a library."""
    files = {"Cargo.toml": top} if top else {}
    for folder, manifest in packages.items():
        files[f"{folder}/Cargo.toml"] = manifest if "\n" in manifest else package(manifest)
        files[f"{folder}/src/lib.rs"] = ""
    return files


CASES = {
    # targets found
    "lib": single(package("a-b-c"), "src/lib.rs"),
    "lib and bin": single(package("a-b"), "src/lib.rs", "src/main.rs"),
    "nothing": single(package()),
    "only a build script": single(package(), "build.rs"),
    "bins": single(package(edition="2021"), "src/bin/x.rs", "src/bin/y-z/main.rs",
                   "src/bin/.hidden.rs", "src/bin/.h/main.rs", "src/bin/deep/er/main.rs",
                   "src/bin/no.txt", "src/bin/a.b.rs", "src/bin/dir.rs/main.rs"),
    "bin of the package's name twice": single(package(edition="2021"), "src/main.rs",
                                              "src/bin/a.rs"),
    "bin in two places": single(package(edition="2021"), "src/bin/x.rs", "src/bin/x/main.rs"),
    "tests examples benches": single(
        package(edition="2018"), "src/lib.rs", "tests/t.rs", "tests/u/main.rs", "tests/u/mod.rs",
        "tests/common/mod.rs", "examples/e.rs", "examples/f/main.rs", "benches/b.rs",
        "benches/c/main.rs", "test/no.rs", "tests/.t.rs"),
    "lib.rs is a folder": single(package(), "src/lib.rs/x"),
    "main.rs is a folder": single(package(), "src/main.rs/x"),
    "no autos": single(package(edition="2021", autobins="false", autotests="false",
                               autoexamples="false", autobenches="false"), "src/lib.rs",
                       "src/main.rs", "src/bin/x.rs", "tests/t.rs", "examples/e.rs",
                       "benches/b.rs"),
    "no autolib": single(package(edition="2021", autolib="false"), "src/lib.rs", "src/main.rs"),
    "no autolib, empty lib": single(package(edition="2021", autolib="false") + "[lib]\n",
                                    "src/lib.rs"),
    # targets listed
    "lib elsewhere": single(package() + '[lib]\npath = "lib/../x.rs"\nname = "q"\n'),
    "lib without file": single(package(edition="2021") + '[lib]\nname = "q"\n', "src/q.rs"),
    "lib without file 2015": single(package() + '[lib]\nname = "q"\n', "src/q.rs"),
    "lib with hyphen": single(package() + '[lib]\nname = "q-r"\n', "src/lib.rs"),
    "lib is no table": single(package() + 'lib = 1\n', "src/lib.rs"),
    "lib at top of the document": single("lib = 1\n" + package(), "src/lib.rs"),
    "listed bins 2015": single(package() + '[[bin]]\nname = "x"\n', "src/main.rs",
                               "src/bin/x.rs", "src/bin/y.rs"),
    "listed bins 2018": single(package(edition="2018") + '[[bin]]\nname = "x"\n', "src/main.rs",
                               "src/bin/x.rs", "src/bin/y.rs"),
    "listed bins 2015 auto": single(package(autobins="true") + '[[bin]]\nname = "x"\n',
                                    "src/main.rs", "src/bin/x.rs", "src/bin/y.rs"),
    "bin takes a path": single(package(edition="2021") + '[[bin]]\nname = "q"\n'
                               'path = "src/main.rs"\n', "src/main.rs"),
    "bin takes a path with dots": single(package(edition="2021") + '[[bin]]\nname = "q"\n'
                                         'path = "./src//main.rs"\n', "src/main.rs"),
    "bin takes a name": single(package(edition="2021") + '[[bin]]\nname = "a"\n'
                               'path = "src/other.rs"\n', "src/main.rs", "src/other.rs"),
    "bin without file": single(package(edition="2021") + '[[bin]]\nname = "q"\n', "src/lib.rs"),
    "bin without name": single(package(edition="2021") + '[[bin]]\npath = "src/x.rs"\n',
                               "src/x.rs"),
    "bin legacy file": single(package() + '[[bin]]\nname = "q"\n', "src/q.rs"),
    "bin legacy file with lib": single(package() + '[[bin]]\nname = "q"\n', "src/q.rs",
                                       "src/lib.rs"),
    "bin legacy main": single(package() + '[[bin]]\nname = "q"\n', "src/main.rs", "src/lib.rs"),
    "bin legacy bin main": single(package() + '[[bin]]\nname = "q"\n', "src/bin/main.rs",
                                  "src/lib.rs"),
    "bin ambiguous": single(package(edition="2021") + '[[bin]]\nname = "x"\n', "src/bin/x.rs",
                            "src/bin/x/main.rs"),
    "bin named deps": single(package(edition="2021") + '[[bin]]\nname = "deps"\n'
                             'path = "src/main.rs"\n', "src/main.rs"),
    "package named build": single(package("build"), "src/main.rs"),
    "bins of one name": single(package(edition="2021") + '[[bin]]\nname = "x"\npath = "a.rs"\n'
                               '[[bin]]\nname = "x"\npath = "b.rs"\n'),
    "bin and example of one name": single(package(edition="2021"), "src/bin/x.rs",
                                          "examples/x.rs"),
    "bin as a table": single(package(edition="2021") + '[bin]\nname = "x"\n', "src/main.rs"),
    "bin as an inline array": single('bin = [{ name = "x", path = "src/y.rs" }]\n'
                                     + package(edition="2021"), "src/main.rs"),
    "no bins at all": single("bin = []\n" + package(), "src/main.rs", "src/lib.rs"),
    "test without file": single(package(edition="2021") + '[[test]]\nname = "q"\n',
                                "src/lib.rs"),
    "test outside": single(package(edition="2021") + '[[test]]\nname = "q"\npath = "../q.rs"\n',
                           "src/lib.rs"),
    "bench legacy": single(package() + '[[bench]]\nname = "bench"\n', "src/lib.rs",
                           "src/bench.rs"),
    "bench legacy 2018": single(package(edition="2018") + '[[bench]]\nname = "bench"\n',
                                "src/lib.rs", "src/bench.rs"),
    "crate types": single(package() + '[lib]\ncrate-type = ["rlib", "cdylib"]\n', "src/lib.rs"),
    "crate types old": single(package() + '[lib]\ncrate_type = ["staticlib"]\n', "src/lib.rs"),
    "crate types old 2024": single(package(edition="2024") + '[lib]\ncrate_type = ["lib"]\n',
                                   "src/lib.rs"),
    "dylib and cdylib": single(package() + '[lib]\ncrate-type = ["dylib", "cdylib"]\n',
                               "src/lib.rs"),
    "proc macro": single(package() + "[lib]\nproc-macro = true\n", "src/lib.rs"),
    "proc macro old": single(package() + "[lib]\nproc_macro = true\n", "src/lib.rs"),
    "proc macro type": single(package() + '[lib]\ncrate-type = ["proc-macro"]\n', "src/lib.rs"),
    "proc macro and more": single(package() + '[lib]\ncrate-type = ["proc-macro", "lib"]\n',
                                  "src/lib.rs"),
    "bin with crate types": single(package(edition="2021") + '[[bin]]\nname = "a"\n'
                                   'crate-type = ["lib"]\n', "src/main.rs"),
    "example of a type": single(package(edition="2021") + '[[example]]\nname = "e"\n'
                                'crate-type = ["staticlib"]\n', "src/lib.rs", "examples/e.rs"),
    "target edition": single(package(edition="2018") + '[lib]\nedition = "2021"\n', "src/lib.rs",
                             "src/main.rs"),
    "blank target name": single(package(edition="2021") + '[[bin]]\nname = " "\n'
                                'path = "src/main.rs"\n', "src/main.rs"),
    # build scripts
    "build": single(package(), "src/lib.rs", "build.rs"),
    "build false": single(package(build="false"), "src/lib.rs", "build.rs"),
    "build true": single(package(build="true"), "src/lib.rs"),
    "build elsewhere": single(package(build='"b/./make.v2.rs"'), "src/lib.rs", "build.rs"),
    "build is a folder": single(package(), "src/lib.rs", "build.rs/x"),
    "build is a number": single(package(build="1"), "src/lib.rs"),
    "links": single(package(links='"z"'), "src/lib.rs"),
    "links with build": single(package(links='"z"'), "src/lib.rs", "build.rs"),
    # packages
    "project": single('[project]\nname = "a"\nversion = "0.1.0"\n', "src/lib.rs"),
    "project 2024": single('[project]\nname = "a"\nversion = "0.1.0"\nedition = "2024"\n',
                           "src/lib.rs"),
    "project and package": single(package() + '[project]\nname = "b"\n', "src/lib.rs"),
    "no version": single('[package]\nname = "a"\n', "src/lib.rs"),
    "no name": single('[package]\nversion = "0.1.0"\n', "src/lib.rs"),
    "empty name": single(package(""), "src/lib.rs"),
    "name is a number": single("[package]\nname = 1\n", "src/lib.rs"),
    "bad edition": single(package(edition="2020"), "src/lib.rs"),
    "edition is a number": single(package(edition=None) + "edition = 2021\n", "src/lib.rs"),
    "no package": single("[lib]\nname = 'a'\n", "src/lib.rs"),
    "empty": single("", "src/lib.rs"),
    "syntax": single("[package\n", "src/lib.rs"),
    "byte order mark": single("\ufeff" + package(), "src/lib.rs"),
    "crlf": single(package().replace("\n", "\r\n"), "src/lib.rs"),
    "toml 1.1": single('[package]\nname = "a"\nversion = "0.1.0"\nmetadata = {\n a = 1, # b\n}\n',
                       "src/lib.rs"),
    # dependencies
    "dependencies": single(package() + """
[dependencies]
a = "1"
b-c = { version = "1", optional = true }
d = { path = "../d/./e" }
f = { package = "g-h", version = "2" }
i = { git = "https://example.com/i" }
[dev-dependencies]
a = "1"
[build-dependencies.j]
version = "*"
[target.'cfg( unix )'.dependencies]
k = "1"
[target.x86_64-unknown-linux-gnu.dev-dependencies]
l = { version = "1" }
""", "src/lib.rs"),
    "old spellings": single(package() + '[dev_dependencies]\na = "1"\n[build_dependencies]\n'
                            'b = "1"\n', "src/lib.rs"),
    "old spellings 2024": single(package(edition="2024") + '[dev_dependencies]\na = "1"\n',
                                 "src/lib.rs"),
    "both spellings": single(package() + '[dev_dependencies]\na = "1"\n[dev-dependencies]\n'
                             'b = "1"\n', "src/lib.rs"),
    "no source": single(package() + "[dependencies]\na = {}\n", "src/lib.rs"),
    "two sources": single(package() + '[dependencies]\na = { path = "a", git = '
                          '"https://example.com/a" }\n', "src/lib.rs"),
    "dependency is a number": single(package() + "[dependencies]\na = 1\n", "src/lib.rs"),
    # workspaces
    "members": tree({"x": "x", "y/z": "z", "n": "n"}, '[workspace]\nmembers = ["x", "./y/z/"]\n'),
    "globs": tree({"c/x": "x", "c/yy": "yy", "c/.h": "h", "d/e/f": "f", "g1": "g1", "g2": "g2",
                   "gz": "gz"},
                  '[workspace]\nmembers = ["c/*", "d/**/f", "g[0-9]", "g[!0-9]"]\n'),
    "globs and files": {**tree({"c/x": "x"}, '[workspace]\nmembers = ["c/*"]\n'), "c/file": ""},
    "glob and a folder without package": {**tree({"c/x": "x"}, '[workspace]\nmembers = ["c/*"]\n'),
                                          "c/y/z": ""},
    "question marks": tree({"c1": "c1", "c22": "c22"}, '[workspace]\nmembers = ["c?"]\n'),
    "bad glob": tree({"c": "c"}, '[workspace]\nmembers = ["c["]\n'),
    "bad glob stars": tree({"c": "c"}, '[workspace]\nmembers = ["c**"]\n'),
    "glob of nothing": tree({"c": "c"}, '[workspace]\nmembers = ["c", "d/*"]\n'),
    "missing member": tree({"c": "c"}, '[workspace]\nmembers = ["c", "d"]\n'),
    "exclude": tree({"c/x": "x", "c/y": "y", "cz": "cz"},
                    '[workspace]\nmembers = ["c/*", "cz"]\nexclude = ["c/y"]\n'),
    "exclude a folder, name a member": tree(
        {"c/x": "x", "c/y": "y"}, '[workspace]\nmembers = ["c/x"]\nexclude = ["c"]\n'),
    "exclude like a glob": tree({"c/x": "x", "c/y": "y"},
                                '[workspace]\nmembers = ["c/x"]\nexclude = ["c/*"]\n'),
    "path dependencies join": {**tree(
        {"x": package("x") + '[dependencies]\ny = { path = "../y" }\n',
         "y": package("y") + '[dev-dependencies]\nq = { path = "../z", package = "z" }\n',
         "z": package("z") + '[target."cfg(unix)".build-dependencies]\nw = { path = "../w" }\n',
         "w": "w"}, '[workspace]\nmembers = ["x"]\n')},
    "excluded path dependency": tree(
        {"x": package("x") + '[dependencies]\ny = { path = "../y" }\n', "y": "y"},
        '[workspace]\nmembers = ["x"]\nexclude = ["y"]\n'),
    "path dependency outside": tree(
        {"in/x": package("x") + '[dependencies]\ny = { path = "../../out" }\n', "out": "y",
         "in": "[workspace]\nmembers = ['x']\n"}),
    "path dependency outside that points in": tree(
        {"in/x": package("x") + '[dependencies]\ny = { path = "../../out" }\n',
         "out": package("y", workspace='"../in"'), "in": "[workspace]\nmembers = ['x']\n"}),
    "root package": {**tree({"x": "x"}, package("top") + '[workspace]\nmembers = ["x"]\n'), **LIB},
    "root package alone": {**tree({"x": "x"}, package("top") + "[workspace]\n"), **LIB},
    "root package with dependency": {
        **tree({"x": "x"}, package("top") + '[workspace]\n[dependencies]\nx.path = "x"\n'), **LIB},
    "pointer": tree({"w/x": package("x", workspace='".."'),
                     "w": "[workspace]\nmembers = ['x', '../y']\n",
                     "y": package("y", workspace='"../w"')}),
    "pointer to nothing": tree({"x": package("x", workspace='"../w"')}),
    "pointer to a package": tree({"x": package("x", workspace='"../y"'), "y": "y"}),
    "pointer and workspace": single(package(workspace='".."') + "[workspace]\n", "src/lib.rs"),
    "nested workspaces": tree({"x": package("x") + "[workspace]\n", "x/y": "y", "z": "z"},
                              '[workspace]\nmembers = ["z"]\n'),
    "nested workspace as a member": tree({"x": package("x") + "[workspace]\n"},
                                         '[workspace]\nmembers = ["x"]\n'),
    "packages of one name": tree({"x": "q", "y": "q"}, '[workspace]\nmembers = ["x", "y"]\n'),
    "excluded within an outer workspace": tree(
        {"in/x": "x", "in": "[workspace]\nexclude = ['x']\nmembers = []\n"},
        '[workspace]\nmembers = ["in/x"]\n'),
    "package above a package": {**tree({"x": "x"}, package("top")), **LIB},
    "target/package": tree({"target/package/x": "x"}, '[workspace]\nmembers = []\n'),
    "virtual with section": tree({"x": "x"}, '[workspace]\nmembers = ["x"]\n[dependencies]\n'),
    "members is a string": tree({"x": "x"}, '[workspace]\nmembers = "x"\n'),
    # inheritance
    "inherit": tree(
        {"x": package("x").replace('version = "0.1.0"', "version.workspace = true")
            + "edition = { workspace = true }\n[dependencies]\n"
              "a.workspace = true\nb = { workspace = true, optional = true }\n"
              "[dev-dependencies]\nc = { workspace = true, features = [] }\n"
              "[lints]\nworkspace = true\n",
         "p/c": "c-d"},
        '[workspace]\nmembers = ["x"]\n[workspace.package]\nversion = "3.0.0"\n'
        'edition = "2021"\n[workspace.dependencies]\na = "1"\n'
        'b = { version = "1", package = "b-real" }\nc = { path = "p/c", package = "c-d" }\n'
        "[workspace.lints]\n"),
    "inherit from nowhere": tree({"x": package("x", edition=None) + "edition.workspace = true\n"}),
    "inherit what is not there": tree({"x": package("x") + "edition.workspace = true\n"},
                                      '[workspace]\nmembers = ["x"]\n'),
    "inherit a dependency that is not there": tree(
        {"x": package("x") + "[dependencies]\na.workspace = true\n"},
        '[workspace]\nmembers = ["x"]\n'),
    "inherit false": tree({"x": package("x") + "[dependencies]\na = { workspace = false }\n"},
                          '[workspace]\nmembers = ["x"]\n[workspace.dependencies]\na = "1"\n'),
    "inherit lints that are not there": tree({"x": package("x") + "[lints]\nworkspace = true\n"},
                                             '[workspace]\nmembers = ["x"]\n'),
    "inherit from oneself": single(
        package().replace('version = "0.1.0"', "version.workspace = true")
        + '[workspace.package]\nversion = "4.0.0"\n', "src/lib.rs"),
    "inherit through a pointer": tree(
        {"x": package("x", workspace='"../w"') + "edition.workspace = true\n",
         "w": "[workspace]\nmembers = ['../x']\n[workspace.package]\nedition = '2021'\n"}),
}


# Cases of which older versions of cargo know less: since which one it reads them.
SINCE = {"toml 1.1": (1, 94)}


def write(folder):
    """Writes the cases below `folder`, each into a folder of its own; the questions, in order."""
    questions = []
    for number, files in enumerate(CASES.values()):
        for path, content in sorted(files.items()):
            target = folder / str(number) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_dir():
                continue
            target.write_bytes(content.encode())
            if target.name == "Cargo.toml":
                questions.append(str(target.relative_to(folder)))
    return questions
