"""The demands of the BALP profiles, held against an event one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
_TOLD = yaml.safe_load((HERE / "profiles.yaml").read_text("utf-8"))
CODES: dict[str, str] = _TOLD["codes"]
PROFILES: dict[str, Any] = _TOLD["profiles"]
PREFIX = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."

Json = dict[str, Any]
Demand = tuple[str, bool]
"""What was demanded, and whether it holds."""


def demands(event: Json) -> list[Demand]:
    """Every demand of every profile that an event says it follows."""
    named = event.get("meta", {}).get("profile", [])
    assert all(one.startswith(PREFIX) for one in named), named
    return [
        (f"{name}: {text}", holds)
        for name in (one.removeprefix(PREFIX) for one in named)
        for text, holds in _of_profile(event, PROFILES[name])
    ]


def _of_profile(event: Json, profile: Json) -> Iterator[Demand]:
    yield from _of_element(event, profile, event)
    subtypes, wanted = event.get("subtype", []), profile["subtype"]
    yield f"{wanted['count']} subtypes", _within(len(subtypes), wanted["count"])
    if "holds" in wanted:
        yield f"subtype {wanted['holds']} once", sum(_is(one, wanted["holds"]) for one in subtypes) == 1
    if "among" in wanted:
        yield "subtype is one of those", all(any(_is(one, code) for code in wanted["among"]) for one in subtypes)
    for element in ("agent", "entity"):
        yield from _of_list(event, element, profile[element])


def _of_list(event: Json, element: str, wanted: Json) -> Iterator[Demand]:
    there = event.get(element, [])
    yield f"{wanted['count']} of {element}", _within(len(there), wanted["count"])
    for name, piece in wanted["slices"].items():
        own = [one for one in there if _belongs(one, piece)]
        yield f"{piece['count']} of {element}[{name}]", _within(len(own), piece["count"])
        for one in own:
            for text, holds in _of_element(one, piece, event):
                yield f"{element}[{name}] {text}", holds
    if wanted.get("closed"):
        yield f"nothing else in {element}", all(any(_belongs(o, p) for p in wanted["slices"].values()) for o in there)


def _of_element(one: Json, wanted: Json, event: Json) -> Iterator[Demand]:
    for path in wanted.get("needs", ()):
        yield f"needs {path}", _at(one, path) is not None
    for name in wanted.get("lacks", ()):
        yield f"lacks {name}", name not in one
    for name, value in wanted.get("is", {}).items():
        yield f"{name} is {value}", _is(one.get(name), value)
    for name, values in wanted.get("one_of", {}).items():
        yield f"{name} is one of {values}", any(_is(one.get(name), value) for value in values)
    if "refers" in wanted:
        yield f"refers to a {wanted['refers']}", one["what"].get("reference", "").startswith(f"{wanted['refers']}/")
    if wanted.get("observes"):
        yield "is the observer", one["who"] == event["source"]["observer"]


def _belongs(one: Json, piece: Json) -> bool:
    return any(_is(one.get("type"), code) for code in piece.get("types", [piece.get("type")]))


def _is(there: Any, wanted: Any) -> bool:
    """Whether a value equals, or a Coding or CodeableConcept holds, what is wanted."""
    if not isinstance(wanted, str) or wanted not in CODES:
        return bool(there == wanted)
    codings = there.get("coding", [there]) if isinstance(there, dict) else []
    return any(f"{one.get('system')}|{one.get('code')}" == CODES[wanted] for one in codings)


def _within(number: int, count: list[int]) -> bool:
    return count[0] <= number <= count[1]


def _at(one: Any, path: str) -> Any:
    for name in path.split("."):
        one = one.get(name) if isinstance(one, dict) else None
    return one
