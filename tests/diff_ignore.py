"""The walker beside git: on random trees with random ignore files it must find exactly the files
that `git check-ignore` does not name.

    diff_ignore.py WALK-PROGRAM [SEED [REPOSITORIES]]

Each repository holds many small cases, folders with ignore files of their own, so that git is
started once for all of them. Names and patterns are made of the same few pieces, so that most
patterns match something.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
CASES = 50  # a repository
NAMES = [b"a", b"b", b"c", b"ab", b"abc", b"a.rs", b"b.rs", b"x.o", b"lib.rs", b"foo", b"foobar",
         b"barfoo", b"A", b"Foo", b".h", b".hid.rs", b"#c", b"!n", b"s p", b"t ", b"b\\s", b"[x]",
         b"a*b", b"q?", b"-", b"a-z", b"]", b"^", b"9", b"tab\t", b"v\v", b"\xc3\xa9", b"e\xcc\x81",
         b"\xff", b"{a,b}", b"~", b"target", b"build", b"src", b"a{b", b"d.", b"..d", b"...", b"\r",
         b"r\r"]
CLASSES = [b"[abc]", b"[!abc]", b"[^a]", b"[a-z]", b"[]]", b"[!]]", b"[]-a]", b"[a-]", b"[-a]",
           b"[[:alpha:]]", b"[[:digit:]x]", b"[![:space:]]", b"[[:upper:][:punct:]]", b"[[:bad:]]",
           b"[[:alpha:]", b"[[:]", b"[[::]]", b"[[:a]", b"[\\]]", b"[\\a-\\c]", b"[a", b"[", b"[!",
           b"[]", b"[a\\", b"[z-a]", b"[a-c-e]", b"[--9]", b"[[a]", b"[\xc3\xa9]", b"[/]", b"[!/]",
           b"[.]", b"[[:blank:]]", b"[[:cntrl:]]", b"[[:graph:]]", b"[[:print:]]", b"[[:xdigit:]]",
           b"[[:lower:]]", b"[[:alnum:]]", b"[[:space:]]", b"[[:punct:]]", b"[a-[:digit:]]",
           b"[[:alpha:]-z]"]
WILD = [b"*", b"*", b"*", b"**", b"**", b"***", b"?", b"?", b"\\", b"\\*", b"\\ ", b"\\[", b"/",
        b"**/", b"/**", b"\\/", b" "]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def mangled(self, name):
        """The name with some of it replaced by something that may match it."""
        r = self.random
        out = b""
        i = 0
        while i < len(name):
            c = name[i:i + 1]
            draw = r.random()
            if draw < 0.10:
                out += b"?"
            elif draw < 0.22:
                out += b"*"
                i += r.randrange(3)
            elif draw < 0.30:
                out += r.choice(CLASSES)
            elif draw < 0.36:
                out += b"\\" + c
            elif draw < 0.38:
                out += r.choice(WILD)
            else:
                out += b"\\" + c if c in b"*?[\\" and r.random() < 0.5 else c
            i += 1
        return out

    def segment(self, name):
        draw = self.random.random()
        if draw < 0.40:
            return name
        if draw < 0.75:
            return self.mangled(name)
        return self.random.choice([b"*", b"**", b"?", b"*.rs", b"a*", b"**a", b"a**", b"***"])

    def pattern(self, paths):
        """A line of an ignore file for the folder that holds these relative paths."""
        r = self.random
        draw = r.random()
        if draw < 0.04:
            line = b"".join(r.choice(WILD + CLASSES + NAMES) for _ in range(r.randrange(6)))
        else:
            parts = r.choice(paths).split(b"/") if paths else [b"a"]
            if r.random() < 0.3:
                parts = parts[:-1] or parts
            if r.random() < 0.4:
                parts = parts[-1:]
            elif r.random() < 0.3:
                parts = parts[r.randrange(len(parts)):]
            parts = [self.segment(part) for part in parts]
            if len(parts) > 1 and r.random() < 0.25:
                parts[r.randrange(len(parts))] = b"**"
            if r.random() < 0.1:
                parts.insert(r.randrange(len(parts) + 1), b"**")
            line = b"/".join(parts)
            if r.random() < 0.2:
                line = b"/" + line
            if r.random() < 0.2:
                line += b"/"
        if r.random() < 0.3:
            line = b"!" + line
        if r.random() < 0.05:
            line = r.choice([b"#", b"\\#", b"\\!", b" ", b"!!", b"\\", b"//", b"./"]) + line
        if r.random() < 0.08:
            line += r.choice([b" ", b"  ", b"\\ ", b"\\  ", b"\t", b" \t", b"\\", b"\r", b"//", b" \\"])
        return line.replace(b"\n", b"")

    def rules(self, paths):
        r = self.random
        lines = [self.pattern(paths) for _ in range(r.choice([1, 1, 2, 3, 5, 9]))]
        if r.random() < 0.1:
            lines.insert(r.randrange(len(lines) + 1), r.choice([b"", b"# text", b" ", b"\0x", b"a\0b"]))
        text = (b"\r\n" if r.random() < 0.1 else b"\n").join(lines)
        if r.random() < 0.8:
            text += b"\n"
        if r.random() < 0.05:
            text = b"\xef\xbb\xbf" + text
        return text

    def tree(self, depth):
        """Relative paths of the files of a random folder."""
        r = self.random
        names = r.sample(NAMES, r.randrange(2, 7))
        paths = []
        for name in names:
            if depth > 0 and r.random() < 0.5:
                paths += [name + b"/" + below for below in self.tree(depth - 1)]
            else:
                paths.append(name)
        return paths


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text)


def below(folder, paths):
    return [path[len(folder):] for path in paths if path.startswith(folder)]


def make_git(folder, exclude):
    """What git takes for a repository."""
    git = os.path.join(folder, b".git")
    os.makedirs(os.path.join(git, b"objects"))
    os.makedirs(os.path.join(git, b"refs"))
    write(os.path.join(git, b"HEAD"), b"ref: refs/heads/main\n")
    write(os.path.join(git, b"info/exclude"), exclude)


def make_repository(generator, root):
    """Returns the relative paths of the nested repositories."""
    r = generator.random
    everything = []
    nested = []
    for case in range(CASES):
        top = b"case%02d/" % case
        paths = [top + path for path in generator.tree(3)]
        folders = {top} | {path[:i + 1] for path in paths for i, c in enumerate(path)
                           if c == ord("/")}
        for path in paths:
            write(os.path.join(root, path), b"")
        everything += paths
        for folder in sorted(folders):
            if folder == top or r.random() < 0.3:
                rules = generator.rules(below(folder, paths))
                write(os.path.join(root, folder, b".gitignore"), rules)
                everything.append(folder + b".gitignore")
        for folder in sorted(folders):
            if folder != top and r.random() < 0.02:
                make_git(os.path.join(root, folder), generator.rules(below(folder, paths)))
                nested.append(folder)
    make_git(root, b"\n".join(generator.pattern(everything) for _ in range(3)))
    write(os.path.join(root, b".gitignore"), generator.rules(everything))
    return nested


def files_below(root):
    found = []
    for folder, folders, names in os.walk(root):
        if b".git" in folders:
            folders.remove(b".git")
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return found


def ignored(repository, paths, env):
    """Which of the paths, relative to the repository, git ignores."""
    if not paths:
        return set()
    done = subprocess.run(["git", "check-ignore", "--no-index", "-z", "--stdin"], cwd=repository,
                          input=b"\0".join(paths) + b"\0", stdout=subprocess.PIPE, env=env)
    if done.returncode not in (0, 1):
        sys.exit(f"git check-ignore ended with status {done.returncode}")
    return set(done.stdout.split(b"\0")) - {b""}


def expected(root, nested, env):
    """The files that git does not ignore. A nested repository knows nothing of the rules above it,
    but its folder as a whole may be ignored by them."""
    files = files_below(root)
    nested = sorted(nested, key=len, reverse=True)  # the innermost first
    kept = []
    for folder in nested + [b""]:
        own = [path for path in files if path.startswith(folder)]
        files = [path for path in files if not path.startswith(folder)]
        own += [path for path in kept if path.startswith(folder)]
        kept = [path for path in kept if not path.startswith(folder)]
        # Files in inner repositories stand or fall with the path of those, seen from here.
        seen = {}
        for path in own:
            inner = [other for other in nested if other != folder and path.startswith(other)
                     and other.startswith(folder)]
            outermost = min(inner, key=len)[:-1] if inner else path
            seen.setdefault(outermost[len(folder):], []).append(path)
        out = ignored(os.path.join(root, folder), sorted(seen), env)
        kept += [path for key, paths in seen.items() if key not in out for path in paths]
    return set(kept)


def why(root, nested, path, env):
    folder = max([folder for folder in nested + [b""] if path.startswith(folder)], key=len)
    done = subprocess.run(["git", "check-ignore", "--no-index", "-v", "-n", path[len(folder):]],
                          cwd=os.path.join(root, folder), stdout=subprocess.PIPE, env=env)
    return done.stdout.decode(errors="backslashreplace").strip()


def main():
    program = os.path.abspath(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    nrepositories = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    if not shutil.which("git"):
        print("skipped: git is not installed")
        sys.exit(SKIPPED)
    # Hundreds of thousands of small files need no disk.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    ndifferent = nfiles = nignored = 0
    for number in range(nrepositories):
        generator = Generator(seed * 1000003 + number)
        with tempfile.TemporaryDirectory(dir=memory) as home:
            env = {"PATH": os.environ["PATH"], "HOME": home, "GIT_CONFIG_NOSYSTEM": "1",
                   "LC_ALL": "C"}
            root = os.path.join(os.fsencode(home), b"repository")
            excludes = os.path.join(home, ".config/git/ignore")
            nested = make_repository(generator, root)
            write(os.fsencode(excludes), generator.rules(files_below(root)))
            good = expected(root, nested, env)
            options = ["--threads=2"] if number % 2 else ["--sorted"]
            done = subprocess.run([program, "--hidden", f"--excludes={excludes}", *options, "."],
                                  cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if done.returncode != 0 or done.stderr:
                sys.exit(f"{program} ended with status {done.returncode}: {done.stderr}")
            found = [path[2:] for path in done.stdout.split(b"\0") if path]
            if number % 2 == 0 and found != sorted(found):
                sys.exit(f"repository {number}: not sorted")
            found = [path for path in found if b"/.git/" not in b"/" + path]
            if len(found) != len(set(found)):
                sys.exit(f"repository {number}: files found twice")
            nfiles += len(files_below(root))
            nignored += len(files_below(root)) - len(good)
            for path in sorted(good ^ set(found)):
                ndifferent += 1
                if ndifferent <= 20:
                    said = "found" if path in found else "not found"
                    print(f"repository {number}: {path} {said}; git: {why(root, nested, path, env)}")
    print(f"{nrepositories * CASES} cases, {nfiles} files, {nignored} of them ignored, "
          f"{ndifferent} different")
    # A generator whose patterns match nothing, or all, would test nothing.
    sys.exit(ndifferent > 0 or not 0.1 < nignored / nfiles < 0.9)


if __name__ == "__main__":
    main()
