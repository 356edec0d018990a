"""Expansion of a value set (https://hl7.org/fhir/R4/valueset-operation-expand.html): flat and in pages, or nested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.folding import fold
from saman.model.fhir.terminology.composing import Composer, Entry, Unanswerable, Versions
from saman.model.fhir.terminology.languages import display_in, matches_designation
from saman.model.fhir.terminology.library import Library, Tree
from saman.model.fhir.terminology.nesting import nested

MOST_AT_ONCE = 5000
"""Codes in one answer."""

MOST_SOUGHT = 200
"""Characters of the text that codes and names are looked through for."""

_HEAD = (
    "url", "identifier", "version", "name", "title", "status", "experimental", "date", "publisher", "description",
    "jurisdiction", "copyright",
)  # fmt: skip


class Expanding(msgspec.Struct, frozen=True, kw_only=True):
    """How to expand: the parameters of the operation by their meaning; `count` None for everything."""

    text: str = ""
    offset: int = 0
    count: int | None = None
    language: str = ""
    with_designations: bool = False
    designations: tuple[str, ...] = ()
    with_definition: bool = False
    active_only: bool = False
    is_nested: bool = False
    without_abstract: bool = False
    without_systems: frozenset[str] = frozenset()
    versions: Versions = Versions()
    told: tuple[tuple[str, str, Any], ...] = ()
    """What was asked, to be repeated in the answer: name, name of the value in JSON, value."""


def expand(library: Library, tree: Tree, asked: Expanding, now: datetime) -> dict[str, Any] | Refusal:
    """The value set `tree` with its expansion; refused when a code system is not loaded or it would be too large."""
    if len(asked.text) > MOST_SOUGHT:
        text = f"The text to look for has at most {MOST_SOUGHT} characters."
        return refused(Kind.INVALID, "too-long", text, "filter")
    composer = Composer(library, asked.versions)
    try:
        every = composer.compose(tree).codes().values()
        words = fold(asked.text).split()
        composer.spend(len(every) * len(words))
        found = [one for one in every if _is_wanted(one, asked) and _has(one, words)]
    except Unanswerable as unanswerable:
        return unanswerable.refusal
    if asked.count is None and len(found) - asked.offset > MOST_AT_ONCE:
        text = f"This expansion has more than {MOST_AT_ONCE} codes. Ask for a page with 'offset' and 'count'."
        return refused(Kind.TOO_COSTLY, "too-costly", text, "count")
    page = found[asked.offset :][: MOST_AT_ONCE if asked.count is None else min(asked.count, MOST_AT_ONCE)]
    is_nested = asked.is_nested and not asked.offset and asked.count is None
    try:
        contains, elsewhere = _listed(page, asked)
        contains = nested(library, composer, page, contains) if is_nested else contains
    except Unanswerable as unanswerable:
        return unanswerable.refusal
    head = {name: tree[name] for each in _HEAD for name in (each, f"_{each}") if name in tree}
    definition = {"compose": tree["compose"]} if asked.with_definition and "compose" in tree else {}
    return {
        "resourceType": "ValueSet",
        **head,
        **definition,
        "expansion": _expansion(asked, found, composer, now, elsewhere) | ({"contains": contains} if contains else {}),
    }


def _listed(page: Sequence[Entry], asked: Expanding) -> tuple[list[dict[str, Any]], int]:
    """The codes of a page as they are shown, and how many names are in another language than asked for."""
    contains, elsewhere = [], 0
    for one in page:
        display, is_fallback = _display(one, asked)
        elsewhere += is_fallback
        contains.append(_contains(one, display, asked))
    return contains, elsewhere


def _expansion(
    asked: Expanding, found: Sequence[Entry], composer: Composer, now: datetime, elsewhere: int
) -> dict[str, Any]:
    parameters = [{"name": name, key: value} for name, key, value in asked.told]
    parameters += _used(found)
    parameters += [{"name": "warning-unknown-system", "valueUri": system} for system in composer.not_loaded]
    if elsewhere:
        parameters.append({"name": "warning-other-language", "valueInteger": elsewhere})
    expansion = {"timestamp": instant(now), "total": len(found), "offset": asked.offset, "parameter": parameters}
    if asked.count is None and not asked.offset:
        del expansion["offset"]
    return {name: value for name, value in expansion.items() if value != []}


def _used(found: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    """The versions of the code systems that codes come from."""
    used = dict.fromkeys((one.system, one.version) for one in found)
    for system, version in used:
        if version:
            yield {"name": "version", "valueUri": f"{system}|{version}"}


def _is_wanted(one: Entry, asked: Expanding) -> bool:
    if one.concept is not None and one.concept.inactive and asked.active_only:
        return False
    if one.concept is not None and one.concept.abstract and asked.without_abstract:
        return False
    return one.system not in asked.without_systems


def _has(one: Entry, words: Sequence[str]) -> bool:
    """Whether every folded word stands in the code or in one of the names, whatever its case and accents."""
    if not words:
        return True
    names = [one.code, own_display(one), *(each["value"] for each in designations_of(one))]
    return any(all(word in name for word in words) for name in map(fold, names))


def own_display(one: Entry) -> str:
    """What the value set calls a code, else what the code system does."""
    said: str = one.listed.get("display", "")
    return said or (one.concept.display if one.concept else "")


def designations_of(one: Entry) -> tuple[Mapping[str, Any], ...]:
    """The names of a code besides its display, those of the value set first."""
    listed = (each for each in one.listed.get("designation", ()) if "value" in each)
    return (*listed, *(one.concept.designations if one.concept else ()))


def _display(one: Entry, asked: Expanding) -> tuple[str, bool]:
    """The name to show, and whether that is not one in the language asked for."""
    own = own_display(one)
    if not asked.language:
        return own, False
    found = display_in(asked.language, own, one.language, designations_of(one))
    return (own, True) if found is None else (found, False)


def _contains(one: Entry, display: str, asked: Expanding) -> dict[str, Any]:
    made: dict[str, Any] = {"system": one.system}
    if one.concept is not None and one.concept.abstract:
        made["abstract"] = True
    if one.concept is not None and one.concept.inactive:
        made["inactive"] = True
    if one.version:
        made["version"] = one.version
    made["code"] = one.code
    if display:
        made["display"] = display
    shown = _designations(one, asked)
    return made | ({"designation": shown} if shown else {})


def _designations(one: Entry, asked: Expanding) -> list[Mapping[str, Any]]:
    if not asked.with_designations:
        return []
    every = designations_of(one)
    return [each for each in every if not asked.designations or matches_designation(each, asked.designations)]
