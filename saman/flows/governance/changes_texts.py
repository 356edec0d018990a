"""Texts of a region's files as people change them: which names and sizes they may have, and how two become one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import msgspec
import yaml

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.yamltree import MAX_DEPTH

MOST_BYTES = 250_000
MOST_LINES = 6_000
MOST_LINE = 4_000
"""Characters of one line."""

TOPS = ("access", "agreements", "governance", "indicators", "parties", "portfolio", "region")
FOLDERS = ("services", "pathways", "questionnaires")

_NAME = re.compile(
    rf"(from-\d{{4}}-\d{{2}}-\d{{2}}/)?({'|'.join(TOPS)}|({'|'.join(FOLDERS)})/[a-z0-9]+(-[a-z0-9]+)*)\.yaml"
)
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def name_refused(path: str) -> Refusal | None:
    """Why there can be no file of this name below a region's folder."""
    if len(path) <= 100 and _NAME.fullmatch(path):
        return None
    text = "A file of a region is called such as `agreements.yaml` or `services/safety-alarm.yaml`."
    return refused(Kind.UNPROCESSABLE, "value", text, "place", key="changes.name")


def text_refused(path: str, text: str) -> Refusal | None:
    """Why a text is not taken at all: what is wrong with it as part of a care model is found out otherwise."""
    lines = text.split("\n")
    long = next((number for number, line in enumerate(lines, 1) if len(line) > MOST_LINE), 0)
    if long or len(text.encode("utf-8", "replace")) > MOST_BYTES or len(lines) > MOST_LINES:
        return _refused("too-long", f"{path}:{long or 1}", "changes.too-long")
    strange = next((number for number, line in enumerate(lines, 1) if not _is_plain(line)), 0)
    if strange:
        return _refused("structure", f"{path}:{strange}", "changes.strange")
    deep = _too_deep(text)
    return _refused("too-long", f"{path}:{deep}", "changes.too-deep") if deep else None


def _refused(code: str, place: str, key: str) -> Refusal:
    return refused(Kind.UNPROCESSABLE, code, f"{place}: {key}", "text", key=key, place=place)


def _is_plain(line: str) -> bool:
    return all(one == "\t" or one.isprintable() or one == "\N{NO-BREAK SPACE}" for one in line)


def _too_deep(text: str) -> int:
    """The line at which a text nests deeper than a file may, 0 when it does not; read event by event."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH:
                return event.start_mark.line + 1 if event.start_mark else 1
    except yaml.YAMLError:
        return 0
    return 0


def digest_of(text: str | None) -> str:
    """Sixteen letters that change with a text; empty for a file that is not there."""
    return "" if text is None else hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def digest_of_all(files: Mapping[str, str]) -> str:
    """Sixteen letters that change with any of the files."""
    whole = msgspec.json.encode(sorted(files.items()))
    return hashlib.blake2b(whole, digest_size=8).hexdigest()


class Clash(msgspec.Struct, frozen=True):
    """Where both changed the same lines: at which line of the merged text, what the others wrote, what I wrote."""

    line: int
    theirs: str
    mine: str


class Merged(msgspec.Struct, frozen=True):
    """One text out of two that began from the same: where they clash, mine stands in it."""

    text: str
    clashes: tuple[Clash, ...]


def merged(base: str, theirs: str, mine: str) -> Merged:
    """What `theirs` and `mine` both changed in `base`."""
    before, other, own = _lines(base), _lines(theirs), _lines(mine)
    found: list[str] = []
    clashes: list[Clash] = []
    done = (0, 0, 0)
    for start, end, at_other, at_own in _shared(before, other, own):
        old = before[done[0] : start]
        one, two = other[done[1] : at_other], own[done[2] : at_own]
        if two not in (old, one) and one != old:
            clashes.append(Clash(len(found) + 1, "".join(one), "".join(two)))
        found += one if two == old else two
        found += before[start:end]
        done = (end, at_other + end - start, at_own + end - start)
    return Merged("".join(found), tuple(clashes))


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _shared(before: Sequence[str], other: Sequence[str], own: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Stretches that all three have: from and to in the first, from where in the other two; at last the empty end."""
    ones = SequenceMatcher(None, before, other).get_matching_blocks()
    twos = SequenceMatcher(None, before, own).get_matching_blocks()
    first = second = 0
    while first < len(ones) and second < len(twos):
        one, two = ones[first], twos[second]
        start, end = max(one.a, two.a), min(one.a + one.size, two.a + two.size)
        if start < end:
            yield start, end, one.b + start - one.a, two.b + start - two.a
        if one.a + one.size < two.a + two.size:
            first += 1
        else:
            second += 1
    yield len(before), len(before), len(other), len(own)


class DiffLine(msgspec.Struct, frozen=True):
    """One line of a difference: ` `, `+`, `-`, or `…` for what is left out; with its number before and after."""

    sign: str
    text: str
    before: int = 0
    after: int = 0


AROUND = 3


def difference(before: str, after: str) -> tuple[DiffLine, ...]:
    """Two texts line by line, with some lines around each change."""
    old, new = before.splitlines(), after.splitlines()
    found: list[DiffLine] = []
    last = 0
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(AROUND):
        if group[0][1] > last:
            found.append(DiffLine("…", ""))
        for kind, from_old, to_old, from_new, to_new in group:
            if kind == "equal":
                pairs = zip(range(from_old, to_old), range(from_new, to_new), strict=True)
                found += [DiffLine(" ", old[one], one + 1, two + 1) for one, two in pairs]
            else:
                found += [DiffLine("-", old[one], before=one + 1) for one in range(from_old, to_old)]
                found += [DiffLine("+", new[one], after=one + 1) for one in range(from_new, to_new)]
            last = to_old
    if found and last < len(old):
        found.append(DiffLine("…", ""))
    return tuple(found)
