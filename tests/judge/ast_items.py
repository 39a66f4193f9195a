"""rustc's own list of the items of a file, from the dump that `-Z unpretty=ast-tree` prints.

The list holds what that dump says reliably of each item of rustle(1), ITEM RECORDS:

    parent  kind  name  vis  ctx  start  head  end  attrs  generics  params  n

one line an item, in the order of the records, keys that do not apply left empty. Names are without
`r#`: the dump prints that by its own rule. `start` is the first outer attribute or doc comment,
`head` the start of rustc's span, `end` its end; both converted from line and column to bytes.
"""

import hashlib
import re

FILE_NAME = "input.rs"  # what the file must be called when rustc dumps it

# ---- reading a Debug dump: name{..}, name(..), [..], strings, spans, everything else an atom ----

TOKEN = re.compile(
    r"""\s*(?:
        (?P<span>input\.rs:(\d+):(\d+):\ (\d+):(\d+)\ \(\#\d+\))
      | (?P<string>b?r?"(?:[^"\\]|\\.)*")
      | (?P<char>'(?:[^'\\\n]|\\(?:u\{[0-9a-f]+\}|x[0-9a-f]{2}|.))'(?!\w))
      | (?P<root>\{\{root\}\}(?:\#\d+)?)
      | (?P<open>[\[({])
      | (?P<close>[\])}])
      | (?P<comma>,)
      | (?P<colon>:)
      | (?P<atom>no-location\ \(\#\d+\)|[^\s\[\](){},:"']+|'[^\s\[\](){},:"']*)
    )""",
    re.VERBOSE | re.DOTALL,
)


class Node:
    """`name { field: value, .. }`, `name(value, ..)`, or a bare name; a list has the name "["."""

    __slots__ = ("name", "fields", "values")

    def __init__(self, name):
        self.name = name
        self.fields = {}
        self.values = []

    def __getitem__(self, field):
        return self.fields[field]

    def get(self, field):
        return self.fields.get(field)


class Span:
    __slots__ = ("lo", "hi")

    def __init__(self, lo, hi):
        self.lo, self.hi = lo, hi


def read_dump(text, position):
    """The tree of a dump. `position(line, column)` gives a byte offset."""
    # A stack instead of recursion: dumps are as deep as the source is.
    root = Node("(")
    stack = [root]
    field = None  # the name before a `:` in the innermost node
    last = None  # the node that an opening delimiter may continue
    at = 0
    end = len(text.rstrip())
    while at < end:
        m = TOKEN.match(text, at)
        if m is None:
            raise ValueError(f"cannot read the dump at {text[at:at + 60]!r}")
        at = m.end()
        kind = m.lastgroup
        if kind == "comma":
            field, last = None, None
            continue
        if kind == "colon":
            field = last.name if last is not None else None
            # What was taken for a value was the name of a field.
            if stack[-1].values and stack[-1].values[-1] is last:
                stack[-1].values.pop()
            last = None
            continue
        if kind == "close":
            last = stack.pop()
            field = None
            continue
        if kind == "open":
            if last is None:
                last = Node(m.group("open"))
                add(stack[-1], field, last)
            stack.append(last)
            field, last = None, None
            continue
        if kind == "span":
            line, column, line2, column2 = (int(m.group(i)) for i in range(2, 6))
            value = Span(position(line, column), position(line2, column2))
        else:
            value = Node(m.group(kind))
        add(stack[-1], field, value)
        last = value if isinstance(value, Node) else None
    return root.values[0]


def add(node, field, value):
    if field is None:
        node.values.append(value)
    else:
        node.fields[field] = value


# ---- from the tree to the list ----


class Source:
    """rustc counts columns in characters, and does not count a BOM."""

    def __init__(self, data):
        self.data = data
        self.bom = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        self.lines = [self.bom] + [m.end() for m in re.finditer(rb"\n", data)]
        self.text = {}

    def position(self, line, column):
        start = self.lines[line - 1]
        if line not in self.text:
            end = self.lines[line] if line < len(self.lines) else len(self.data)
            raw = self.data[start:end]
            self.text[line] = None if raw.isascii() else raw.decode()
        text = self.text[line]
        return start + (column - 1 if text is None else len(text[: column - 1].encode()))

    def identifier_start(self, end):
        """Where the identifier that ends at `end` begins, its `r#` included."""
        start = end
        while start > 0 and (self.data[start - 1] >= 0x80 or chr(self.data[start - 1]).isalnum() or self.data[start - 1] == 0x5F):
            start -= 1
        return start - 2 if self.data[start - 2 : start] == b"r#" else start


def plain(ident):
    """The text of an identifier node: without hygiene (`#0`) and without `r#`."""
    text = re.sub(r"#\d+$", "", ident.name)
    return text[2:] if text.startswith("r#") else text


KINDS = {
    "ExternCrate": "extern_crate", "Use": "use", "Static": "static", "Const": "const", "ConstBlock": None, "Fn": "fn",
    "Mod": "mod", "ForeignMod": "foreign_mod", "GlobalAsm": None, "TyAlias": "type", "Type": "type",
    "Enum": "enum", "Struct": "struct", "Union": "union", "Trait": "trait", "TraitAlias": "trait_alias",
    "Impl": "impl", "MacCall": "macro_call", "MacroDef": "macro", "Delegation": "delegation",
    "DelegationMac": "delegation",
}  # fmt: skip

UNNAMED_VIS = ("macro_rules", "macro_call", "foreign_mod", "variant", "use_leaf")


class Walk:
    def __init__(self, source):
        self.source = source
        self.items = []

    def add(self, parent, kind, name, vis, ctx, node, span, generics="", params="", n=""):
        outer = [a["span"].lo for a in node["attrs"].values if a["style"].name == "Outer"]
        head = span.lo
        start = min(outer) if outer else head
        item = dict(parent=parent, kind=kind, name=name, vis=vis, ctx=ctx, start=start, head=head,
                    end=span.hi, attrs=len(outer) or "", generics=generics or "", params=params, n=n)  # fmt: skip
        self.items.append(item)
        return len(self.items) - 1

    def children(self, node, parent, ctx):
        """Everything below a node that is no item itself."""
        todo = [(node, ctx)]
        while todo:
            node, ctx = todo.pop()
            if not isinstance(node, Node):
                continue
            if node.name == "Item" and node.get("vis") is not None:
                self.item(node, parent, ctx)
            elif node.name == "Variant" and node.get("disr_expr") is not None:
                self.variant(node, parent)
            elif node.name == "FieldDef":
                self.field(node, parent)
            else:
                ctx = "body" if node.name in ("Stmt", "Block") else ctx
                todo.extend((value, ctx) for value in node.values)
                todo.extend((value, ctx) for field, value in node.fields.items() if field != "tokens")

    def item(self, node, parent, ctx):
        what = node["kind"]
        kind = KINDS[what.name]
        if kind is None:
            self.children(what, parent, ctx)
            return
        inside = what.values[0] if what.values and isinstance(what.values[0], Node) else what
        fields = inside if inside.fields else what
        ident = fields.get("ident")
        if ident is None:
            ident = next((v for v in what.values if isinstance(v, Node) and re.search(r"#\d+$", v.name)), None)
        if kind == "macro" and self.find(what, "macro_rules").name == "true":
            kind = "macro_rules"
        named = kind not in ("impl", "use", "foreign_mod", "macro_call") and what.name != "DelegationMac"
        generics = fields.get("generics") or next((v for v in what.values if isinstance(v, Node) and v.name == "Generics"), None)
        n, params = "", ""
        inner_ctx = None
        if kind in ("struct", "union"):
            n = self.nfields(what.values[2])
        elif kind == "enum":
            n = len(self.variants(what).values)
        elif kind in ("impl", "trait", "foreign_mod"):
            inner_ctx = "foreign" if kind == "foreign_mod" else kind
            n = len(fields["items"].values)
        elif kind == "mod":
            loaded = what.values[2]
            if loaded.name == "Loaded":
                inner_ctx, n = "mod", len(loaded.values[0].values)
        elif kind == "fn":
            inputs = fields["sig"]["decl"]["inputs"].values
            params = sum(1 for p in inputs if p["ty"]["kind"].name != "CVarArgs")
        index = self.add(
            parent, kind, plain(ident) if named else "", "" if kind in UNNAMED_VIS else self.vis(node["vis"]), ctx,
            node, node["span"], len(generics["params"].values) if generics else "", params, n,
        )  # fmt: skip
        self.children(node["attrs"], index, "body")
        if kind == "use":
            before = len(self.items)
            self.use_tree(what.values[0], index, None)
            self.items[index]["n"] = len(self.items) - before
        elif inner_ctx:
            members = what.values[2].values[0] if kind == "mod" else fields["items"]
            for member in members.values:
                self.children(member, index, inner_ctx)
            if kind != "mod":
                for field, value in fields.fields.items():
                    if field != "items":
                        self.children(value, index, "body")
        else:
            self.children(what, index, "body")

    @staticmethod
    def find(node, field):
        todo = [node]
        while todo:
            node = todo.pop()
            if isinstance(node, Node):
                if field in node.fields:
                    return node.fields[field]
                todo.extend(node.values)
        raise KeyError(field)

    @staticmethod
    def variants(what):
        for value in what.values:
            if isinstance(value, Node):
                if value.name == "EnumDef":
                    return value["variants"]
        raise KeyError("variants")

    @staticmethod
    def nfields(data):
        if data.name == "Struct":
            return len(data["fields"].values)
        return len(data.values[0].values) if data.name == "Tuple" else 0

    def variant(self, node, parent):
        index = self.add(parent, "variant", plain(node["ident"]), "", "", node, node["span"], n=self.nfields(node["data"]))
        for part in ("attrs", "data", "disr_expr"):
            self.children(node[part], index, "body")

    def field(self, node, parent):
        index = parent
        if node["ident"].name == "Some":
            index = self.add(parent, "field", plain(node["ident"].values[0]), self.vis(node["vis"]), "", node, node["span"])
        for part in ("attrs", "ty", "default"):
            if node.get(part) is not None:
                self.children(node[part], index, "body")

    def vis(self, node):
        kind = node["kind"]
        if kind.name == "Inherited":
            return "inherited"
        if kind.name == "Public":
            return "pub"
        path = "::".join(plain(s["ident"]) for s in kind["path"]["segments"].values).replace("{{root}}", "")
        return path if kind["shorthand"].name == "true" else "in " + path

    def use_tree(self, node, parent, before):
        segments = [plain(s["ident"]) for s in node["prefix"]["segments"].values]
        kind = node["kind"]
        if kind.name == "Nested":
            for pair in kind["items"].values:
                self.use_tree(pair.values[0], parent, segments[-1] if segments else before)
            return
        span, name = node["span"], ""
        if kind.name == "Glob":
            start = span.hi - 1
        else:
            start = self.source.identifier_start(node["prefix"]["span"].hi)
            name = segments[-1]
            if name == "self":
                outer = segments[-2] if len(segments) > 1 else before
                name = outer if outer not in (None, "{{root}}") else name
            rename = kind.values[0]
            if rename.name == "Some":
                name = plain(rename.values[0])
        leaf = Node("leaf")
        leaf.fields["attrs"] = Node("[")
        self.add(parent, "use_leaf", name, "", "", leaf, Span(start, span.hi))


KEYS = ("parent", "kind", "name", "vis", "ctx", "start", "head", "end", "attrs", "generics", "params", "n")


def in_order(items):
    order = sorted(range(len(items)), key=lambda i: items[i]["start"])
    rank = {old: new for new, old in enumerate(order)}
    rank[-1] = -1
    for item in items:
        item["parent"] = rank[item["parent"]]
    return [items[i] for i in order]


def lines(items):
    return ["\t".join(str(item[key]) for key in KEYS) for item in items]


def from_dump(dump, data):
    """The canonical lines for the dump of a file with these bytes."""
    source = Source(data)
    walk = Walk(source)
    crate = read_dump(dump, source.position)
    walk.children(crate["attrs"], -1, "body")
    for item in crate["items"].values:
        walk.children(item, -1, "file")
    return lines(in_order(walk.items))


def from_records(records):
    """The canonical lines for the records of `rustle scan --format jsonl`. What stands in macro
    arguments is left out: to rustc it is tokens."""
    kept, rank = [], {-1: -1}
    for record in records:
        if record.get("ctx") == "macro" or record["parent"] not in rank:
            continue
        rank[record["i"]] = len(kept)
        item = {key: record.get(key, "") for key in KEYS}
        item["parent"] = rank[record["parent"]]
        if item["kind"] == "macro_call":
            item["name"] = ""
        item["name"] = item["name"][2:] if item["name"].startswith("r#") else item["name"]
        if item["vis"]:
            item["vis"] = item["vis"].replace("r#", "")
        kept.append(item)
    return lines(kept)


def digest(items):
    return hashlib.sha256("".join(item + "\n" for item in items).encode()).hexdigest()[:16]
