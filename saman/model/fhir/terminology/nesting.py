"""Codes of an expansion below each other, as they lie in their code systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from saman.model.fhir.terminology.composing import Composer, Entry, Key
from saman.model.fhir.terminology.library import Library

DEEPEST = 50
"""Codes below each other; what lies deeper stands by itself."""


def nested(
    library: Library, composer: Composer, found: Sequence[Entry], contains: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What an expansion `contains`, each below the nearest one above it that is there, too; of several the first.

    `contains` has one for each that was `found`. Raises Unanswerable where it is too much work.
    """
    there = {(one.system, one.code): made for one, made in zip(found, contains, strict=True)}
    above = {
        (one.system, one.code): _nearest(_parents(library, one), one, there, composer)
        for one in found
        if one.concept is not None
    }
    roots = []
    for key, made in there.items():
        parent = above.get(key)
        if parent is None or not _is_placed(key, above):
            roots.append(made)
        else:
            there[parent].setdefault("contains", []).append(made)
    return roots


def _parents(library: Library, one: Entry) -> Mapping[str, Mapping[str, None]]:
    system = library.code_system(one.system, one.version)
    return {} if system is None else system.parents


def _nearest(
    parents: Mapping[str, Mapping[str, None]], one: Entry, there: Mapping[Key, Any], composer: Composer
) -> Key | None:
    waiting = list(parents.get(one.code, ()))
    seen = {one.code}
    for code in waiting:
        composer.spend(1)
        if code in seen:
            continue
        seen.add(code)
        if (one.system, code) in there:
            return one.system, code
        waiting.extend(parents.get(code, ()))
    return None


def _is_placed(key: Key, above: Mapping[Key, Key | None]) -> bool:
    """Whether there are few enough above it; where concepts lie below themselves there is no end of them."""
    at: Key | None = key
    for _ in range(DEEPEST):
        at = above.get(at) if at is not None else None
    return at is None
