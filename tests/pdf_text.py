"""What a PDF says, read back from its own pages: the text of each, by the letters that its fonts name."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

Letters = dict[bytes, str]


def pdf_text(pdf: bytes) -> str:
    """The words of all pages in the order in which they are drawn, without the places where long ones may be broken."""
    parts = dict(_objects(pdf))
    pages = [one for one in parts.values() if re.search(rb"/Type/Page\b", one)]
    drawn = " ".join(word for page in pages for word in _words(parts, page))
    return re.sub(r"\s+", " ", drawn.replace("\N{ZERO WIDTH SPACE}", ""))


def pdf_title(pdf: bytes) -> str:
    """The title in the file's metadata."""
    found = re.search(rb"<dc:title>.*?<rdf:li[^>]*>(.*?)</rdf:li>", pdf, re.DOTALL)
    assert found, "the file has no title"
    return re.sub(r"\s+", " ", found[1].decode())


def pages_of(pdf: bytes) -> int:
    """How many pages there are."""
    return sum(bool(re.search(rb"/Type/Page\b", one)) for _, one in _objects(pdf))


def _objects(pdf: bytes) -> Iterator[tuple[bytes, bytes]]:
    for found in re.finditer(rb"(?s)(\d+) 0 obj\n(.*?)\nendobj", pdf):
        yield found[1], found[2]


def _stream(part: bytes) -> bytes:
    body = part.split(b"stream\n", 1)[1].rsplit(b"\nendstream", 1)[0]
    return zlib.decompress(body) if b"/FlateDecode" in part else body


def _words(parts: dict[bytes, bytes], page: bytes) -> Iterator[str]:
    fonts = {
        name: _letters(parts, font)
        for held in re.findall(rb"/Font<<(.*?)>>", _resources(parts, page))
        for name, font in re.findall(rb"/(\w+) (\d+) 0 R", held)
    }
    contents = re.search(rb"/Contents (\d+) 0 R", page)
    assert contents
    letters: Letters = {}
    for font, shown in _DRAWN.findall(_stream(parts[contents[1]])):
        if font:
            letters = fonts[font]
        else:
            codes = b"".join(map(_codes, _STRING.findall(shown)))
            yield "".join(letters.get(codes[at : at + 2], "") for at in range(0, len(codes), 2))


_INNER = rb"\\.|[^\\()]"
for _ in range(4):  # what stands in brackets that are not escaped, some levels deep
    _INNER = rb"\\.|[^\\()]|\((?:%b)*\)" % _INNER
_LETTERS = rb"\((?:%b)*\)|<[0-9A-Fa-f]+>" % _INNER
_STRING = re.compile(_LETTERS, re.DOTALL)
_DRAWN = re.compile(rb"/(\w+) [\d.]+ Tf|((?:%b)(?=Tj)|\[(?:%b|[-\d. ])*\]TJ)" % (_LETTERS, _LETTERS), re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _codes(string: bytes) -> bytes:
    """The bytes of a string as a page holds it: in hexadecimal, or as letters some of which are escaped."""
    if string.startswith(b"<"):
        return bytes.fromhex(string[1:-1].decode())
    return _ESCAPED.sub(lambda found: _sign(found[1]), string[1:-1])


def _sign(escaped: bytes) -> bytes:
    return bytes([int(escaped, 8)]) if escaped.isdigit() else _SIGNS.get(escaped, escaped)


def _resources(parts: dict[bytes, bytes], page: bytes) -> bytes:
    found = re.search(rb"/Resources (\d+) 0 R", page)
    return parts[found[1]] if found else page


def _letters(parts: dict[bytes, bytes], font: bytes) -> Letters:
    """What each code of a font stands for."""
    found = re.search(rb"/ToUnicode (\d+) 0 R", parts[font])
    assert found, "a font without a way back to text"
    table = _stream(parts[found[1]]).decode()
    pairs = re.findall(r"^<([0-9A-Fa-f]{4})> *<([0-9A-Fa-f]+)>$", table, re.MULTILINE)
    return {bytes.fromhex(code): bytes.fromhex(letters).decode("utf-16-be") for code, letters in pairs}
