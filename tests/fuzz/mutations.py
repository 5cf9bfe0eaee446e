"""Changes to the bytes of a file, the same for the same seed and number.

Damaged files are not random: some bytes differ, the end is missing, a block is lost, doubled or in
the wrong place, a field of the header says 0 or far too much. Checksums that would end the reading
at once (zip, Ogg, PNG) are made right again in half of the cases, so that what lies behind is read.
"""

import contextlib
import io
import random
import re
import struct
import zipfile
import zlib

HEADER = 96  # bytes in which most fields are set
MOST_BYTES = 200_000  # of a mutated file
EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
WORDS = (b"0", b"-1", b"1e999", b"1e308", b"nan", b"null", b"[]", b"{}", b'""', b"9" * 400, b"1.5")


def mutated(seeds, seed, number):
    """A file made from one of `seeds`, list of bytes; the first ones are the seeds themselves."""
    if number < len(seeds):
        return seeds[number]
    rng = random.Random(f"{seed}:{number}")
    data = rng.choice(seeds)
    if data[:2] == b"PK" and rng.random() < 0.6:
        with contextlib.suppress(zipfile.BadZipFile, EOFError, NotImplementedError, OSError):
            return _in_an_archive(data, rng)
    return _repaired(change(data, rng, seeds), rng)[:MOST_BYTES]


def change(data, rng, others=()):
    """One to four changes of some bytes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        data = rng.choice(_CHANGES)(data, rng)
    if others and rng.random() < 0.05:
        other = rng.choice(others)
        return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
    return data


def _place(data, rng):
    """An index of the bytes, in half of the cases in the header."""
    near = min(len(data), HEADER if rng.random() < 0.5 else len(data))
    return rng.randrange(max(near, 1))


def _flip_byte(data, rng):
    place = _place(data, rng)
    return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]


def _flip_bit(data, rng):
    place = _place(data, rng)
    old = data[place : place + 1] or b"\0"
    return data[:place] + bytes([old[0] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def _cut_off(data, rng):
    return data[: rng.randrange(len(data) + 1)]


def _set_field(data, rng):
    """A field of 1, 2, 4 or 8 bytes at an extreme, in either order of bytes."""
    place, size = _place(data, rng), rng.choice((1, 2, 4, 4, 8))
    value = rng.choice(EXTREMES) if rng.random() < 0.8 else rng.getrandbits(8 * size)
    value = (1 << 8 * size) - 1 if rng.random() < 0.1 else value % (1 << 8 * size)
    field = value.to_bytes(size, rng.choice(("little", "big")))
    return data[:place] + field + data[place + size :]


def _drop(data, rng):
    place = _place(data, rng)
    return data[:place] + data[place + rng.randint(1, 64) :]


def _insert(data, rng):
    place = _place(data, rng)
    return data[:place] + rng.randbytes(rng.randint(1, 64)) + data[place:]


def _double(data, rng):
    place = _place(data, rng)
    block = data[place : place + rng.randint(1, 400)]
    return data[:place] + block * rng.choice((2, 2, 3, 20)) + data[place + len(block) :]


def _swap(data, rng):
    first, second = sorted((_place(data, rng), _place(data, rng)))
    size = min(rng.randint(1, 64), max(second - first, 1))
    one, two = data[first : first + size], data[second : second + size]
    return data[:first] + two + data[first + size : second] + one + data[second + size :]


def _zeros(data, rng):
    place = _place(data, rng)
    size = rng.choice((4, 32, 512, len(data)))
    return data[:place] + bytes(min(size, len(data) - place)) + data[place + size :]


def _other_word(data, rng):
    """Another number or word, in a text; a change of a field elsewhere."""
    words = list(re.finditer(rb"-?\d[\d.]*|[A-Za-z_]\w+", data[:20_000]))
    if not words or data[:1] not in (b"{", b"[", b"m", b"s", b"f", b"t"):
        return _set_field(data, rng)
    word = rng.choice(words)
    return data[: word.start()] + rng.choice((*WORDS, word[0] * 2)) + data[word.end() :]


_CHANGES = (
    *(_flip_byte, _flip_bit, _cut_off, _set_field, _set_field, _drop, _insert, _double, _swap),
    *(_zeros, _other_word),
)


def _in_an_archive(data, rng):
    """A zip archive with one member changed, renamed, doubled or missing; its sums are right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(list(members))
    kind = rng.random()
    if kind < 0.8:
        members[name] = change(members[name], rng)
    elif kind < 0.9:
        members[rng.choice((name + "x", "../" + name, name.upper()))] = members.pop(name)
    else:
        members.pop(name)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, content)
    return made.getvalue()


def _repaired(data, rng):
    """The file with its checksums made right, in half of the cases."""
    if rng.random() < 0.5:
        if data[:4] == b"OggS":
            return _with_ogg_sums(data)
        if data[:4] == b"\x89PNG":
            return _with_png_sums(data)
    return data


def _with_ogg_sums(data):
    pages = re.split(b"(?=OggS)", data)
    return b"".join(
        page[:22] + struct.pack("<I", _ogg_sum(page[:22] + bytes(4) + page[26:])) + page[26:]
        if len(page) > 27
        else page
        for page in pages
    )


def _ogg_table():
    table = []
    for number in range(256):
        value = number << 24
        for _ in range(8):
            value = value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return table


_OGG = _ogg_table()


def _ogg_sum(page):
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _OGG[value >> 24 ^ byte]
    return value


def _with_png_sums(data):
    made, place = data[:8], 8
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        body = data[place + 4 : place + 8 + size]
        if place + 12 + size > len(data):
            break
        made += data[place : place + 4] + body + struct.pack(">I", zlib.crc32(body))
        place += 12 + size
    return made + data[place:]
