"""References by what is part of what: `location:below=Location/42` finds what happened there and in any part of it.

Sources: https://hl7.org/fhir/R4/search.html#modifiers and https://hl7.org/fhir/R4/location.html#hierarchy
"""

from __future__ import annotations

from functools import cache

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import SearchParameter, search_parameters
from saman.record.search.asked import Clause, unescape
from saman.record.search.clauses import pointed
from saman.record.terms import Look, escaped

MOST_THINGS, MOST_LEVELS = 200, 20
"""How much one reference may stand for, and how many levels above or below it are looked at."""

_WHOLE = ("partof", "part-of")


@cache
def whole_of(type_name: str) -> SearchParameter | None:
    """The parameter by which a resource says which other of its type it is part of; None where there is none."""
    found = (search_parameters(type_name).get(code) for code in _WHOLE)
    return next((one for one in found if one and type_name in one.targets), None)


async def related(clause: Clause, base: str, look: Look) -> Clause | Refusal:
    """The clause on a reference with all that lies above or below its values, as far as the caller sees it."""
    place = f"{clause.parameter.code}:{clause.modifier}"
    named: dict[str, list[str]] = {}
    for value in clause.values:
        kind, id = _led(clause, unescape(value), base)
        named.setdefault(kind, []).append(id)
    found: list[str] = []
    for kind, ids in named.items():
        whole = whole_of(kind)
        if whole is None:
            text = f"':{clause.modifier}' takes Type/id of what can be part of another, such as a Location."
            return refused(Kind.INVALID, "not-supported", text, place)
        way = whole.code if clause.modifier == "below" else f"_has:{kind}:{whole.code}:_id"
        things = await _gathered(kind, way, ids, look)
        if things is None or isinstance(things, Refusal):
            return things or _too_many(place)
        found += [f"{kind}/{one}" for one in things]
    return Clause(clause.parameter, "", tuple(map(escaped, found))) if len(found) <= MOST_THINGS else _too_many(place)


def _led(clause: Clause, value: str, base: str) -> tuple[str, str]:
    """The type and id that a value names; it may leave out the type where the reference leads to one only."""
    kind, id = pointed(Clause(clause.parameter, "", ()), value, base)
    targets = clause.parameter.targets
    return kind or (targets[0] if len(targets) == 1 else ""), id


async def _gathered(kind: str, way: str, ids: list[str], look: Look) -> list[str] | Refusal | None:
    """The ids and all that this way leads to from them, level by level, each once; None when that is too much."""
    found = dict.fromkeys(ids)
    level = list(found)
    for _ in range(MOST_LEVELS):
        page = await look(kind, [(way, ",".join(map(escaped, level))), ("_count", str(MOST_THINGS))])
        if isinstance(page, Refusal):
            return page
        level = [one.id for one in page.matches if one.id not in found]
        found.update(dict.fromkeys(level))
        if page.next is not None or len(found) > MOST_THINGS:
            return None
        if not level:
            return list(found)
    return None


def _too_many(place: str) -> Refusal:
    text = f"A reference stands for at most {MOST_THINGS} things in at most {MOST_LEVELS} levels; this one for more."
    return refused(Kind.TOO_COSTLY, "too-costly", text, place)
