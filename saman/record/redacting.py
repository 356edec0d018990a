"""Takes what is withheld out of what points to it, and puts it back when the rest is written.

Only for people who have restricted something, and for what points to somebody else's data: a plan that names a goal
which somebody may not know of is shown to them without it, and what they write of the plan leaves the goal where it
was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from saman.kernel.ids import Mint
from saman.model.fhir import references
from saman.record.database import Rows
from saman.record.fence import ACTOR, AT, GATED, NUMBER, gate
from saman.record.pointing import home_of, place_of
from saman.record.rows import Resource, split
from saman.record.stored import stored

Ask = Callable[..., Awaitable[Rows]]

WHOLE = "whole"
"""The column in which a row that was redacted keeps its body as it is."""

_WITHHELD = gate(f"""SELECT DISTINCT k.t, k.d FROM unnest($3::smallint[], $4::smallint[], $5::text[]) AS k(s, t, d)
    WHERE {GATED} AND is_withheld_away({NUMBER}, {AT}, {ACTOR}, k.s, k.t, k.d)""")

_GONE = object()


async def redacted(rows: Rows, base: str, mint: Mint, ask: Ask) -> Rows:
    """`rows` of resources without what people have withheld from who asks: their own data, and what points there."""
    leading = [row for row in rows if (row.get("fenced") or row.get("away")) and row.get("body") is not None]
    if not leading:
        return rows
    trees = {id(row): stored(row).resource() for row in leading}
    pointed = {
        (home, *place)
        for row in leading
        for one, _ in references(trees[id(row)])
        if (place := place_of(one, base)) is not None
        for home in ({row["shard"], home_of(place[1], mint)} if row["away"] else {row["shard"]})
    }
    if not pointed:
        return rows
    shards, types, ids = zip(*pointed, strict=True)
    hidden = {(row["t"], row["d"]) for row in await ask(_WITHHELD, shards, types, ids)}
    if not hidden:
        return rows
    return [_without(row, trees[id(row)], hidden, base) if id(row) in trees else row for row in rows]


def _without(row: Any, tree: Resource, hidden: Collection[tuple[int, str]], base: str) -> Any:
    cut = _cut(tree, hidden, base)
    return row if cut == tree else dict(row) | {"body": split(cut)[1], WHOLE: row["body"]}


def _cut(value: Any, hidden: Collection[tuple[int, str]], base: str) -> Any:
    """`value` without references to what is hidden, and without what becomes empty by that; `_GONE` for nothing."""
    if isinstance(value, list):
        kept = [cut for one in value if (cut := _cut(one, hidden, base)) is not _GONE]
        return kept if kept or not value else _GONE
    if not isinstance(value, dict):
        return value
    if place_of(value, base) in hidden:
        return _GONE
    parts = {name: _cut(one, hidden, base) for name, one in value.items()}
    if parts.get("valueReference") is _GONE:
        return _GONE
    kept_parts = {name: one for name, one in parts.items() if one is not _GONE}
    return kept_parts if kept_parts or not value else _GONE


def restored(written: Resource, row: Any) -> Resource:
    """`written`, over a version that was shown without some of it, with that left where it was."""
    return written if row.get(WHOLE) is None else {**_put_back(written, whole(row), stored(row).resource())}


def whole(row: Any) -> Resource:
    """The resource of a row as it is; not for showing."""
    return stored(row if row.get(WHOLE) is None else dict(row) | {"body": row[WHOLE]}).resource()


def _put_back(written: Any, whole: Any, shown: Any) -> Any:
    if written == shown:
        return whole
    if isinstance(written, list) and isinstance(whole, list) and isinstance(shown, list):
        return _list_put_back(written, whole, shown)
    if not isinstance(written, dict) or not isinstance(whole, dict) or not isinstance(shown, dict):
        return written
    made = {name: _put_back(one, whole.get(name), shown.get(name)) for name, one in written.items()}
    return made | {name: one for name, one in whole.items() if name not in shown and name not in made}


def _list_put_back(written: list[Any], whole: list[Any], shown: list[Any]) -> list[Any]:
    """Elements that were shown in part are made whole where they still are; those that were not stay, at the end."""
    of_shown = iter(shown)
    current = next(of_shown, _GONE)
    made, unseen = list(written), []
    for one in whole:
        if current is not _GONE and _is_part(current, one):
            made = [one if each == current else each for each in made]
            current = next(of_shown, _GONE)
        else:
            unseen.append(one)
    return [*made, *unseen]


def _is_part(part: Any, whole: Any) -> bool:
    """Whether `part` may be what was shown of `whole`."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _is_part(one, whole[name]) for name, one in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        rest = iter(whole)
        return all(any(_is_part(one, other) for other in rest) for one in part)
    return bool(part == whole)
