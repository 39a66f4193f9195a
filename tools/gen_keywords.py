#!/usr/bin/env python3
"""Writes lexer/keyword_hash.inc from lexer/keywords.def: a hash table without collisions.

    tools/gen_keywords.py lexer/keywords.def > lexer/keyword_hash.inc

The key is the word's first eight bytes, little-endian, zero-filled, plus its length; the slot is
the upper bits of key * FACTOR. The factor is the first that a search with a fixed seed finds to
keep all words apart.
"""

import random
import re
import sys

BITS = 8


def read_words(path):
    with open(path, encoding="utf-8") as file:
        return re.findall(r'^X\(\w+, "([^"]*)", \w+\)', file.read(), re.MULTILINE)


def first_bytes(word):
    return int.from_bytes(word.encode("ascii")[:8].ljust(8, b"\0"), "little")


def slot(word, factor):
    return ((first_bytes(word) + len(word)) * factor & (1 << 64) - 1) >> (64 - BITS)


def find_factor(words):
    source = random.Random(1)
    for _ in range(1_000_000):
        factor = source.getrandbits(64) | 1
        if len({slot(word, factor) for word in words}) == len(words):
            return factor
    raise SystemExit("no factor found: raise BITS")


def main():
    words = read_words(sys.argv[1])
    if len(set(words)) != len(words):
        raise SystemExit("a word stands twice in the list")
    factor = find_factor(words)
    slots = {slot(word, factor): (number, word) for number, word in enumerate(words, start=1)}

    print("/* Made by tools/gen_keywords.py from lexer/keywords.def; do not edit. */")
    print()
    print("#define KEYWORD_HASH_COUNT", len(words))
    print("#define KEYWORD_HASH_LONGEST", max(map(len, words)))
    print("#define KEYWORD_HASH_BITS", BITS)
    print(f"#define KEYWORD_HASH_FACTOR UINT64_C(0x{factor:016x})")
    print()
    print("/* The number of the word in each slot, 0 for none, and its first eight bytes. */")
    print("static const uint8_t keyword_hash_ids[1 << KEYWORD_HASH_BITS] = {")
    for at, (number, word) in sorted(slots.items()):
        print(f"    [{at}] = {number}, /* {word} */")
    print("};")
    print()
    print("static const uint64_t keyword_hash_words[1 << KEYWORD_HASH_BITS] = {")
    for at, (_, word) in sorted(slots.items()):
        print(f"    [{at}] = UINT64_C(0x{first_bytes(word):x}), /* {word} */")
    print("};")
    print()
    print("/* The lengths, a bit each, of the words whose first letter has these low five bits. */")
    print("const uint32_t rsl_keyword_lengths[32] = {")
    lengths = {}
    for word in words:
        at = ord(word[0]) & 31
        lengths[at] = lengths.get(at, 0) | 1 << len(word)
    for at, bits in sorted(lengths.items()):
        print(f"    [{at}] = 0x{bits:x},")
    print("};")


if __name__ == "__main__":
    main()
