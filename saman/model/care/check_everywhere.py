"""Checks that hold for every file: ids once, every language there, every fact with its ground, numbers that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from saman.kernel.outcome import Issue
from saman.model.care.basis import Grounded
from saman.model.care.load import WAY, Loaded, beside
from saman.model.care.timing import Span
from saman.model.care.walk import Visit, walk
from saman.model.care.yamltree import finding

A_YEAR = 8760

_SLOT = re.compile(r"\{([^{}]*)\}")


def issues(loaded: Loaded) -> Iterator[Issue]:
    """What is wrong in any file, whatever it describes."""
    for file, part in loaded.parts.items():
        known = _sources(loaded, file)
        for visit in walk(part):
            yield from _duplicates(loaded, file, visit)
            yield from _languages(loaded, file, visit)
            yield from _slots(loaded, file, visit)
            yield from _spans(loaded, file, visit)
            yield from _grounds(loaded, file, visit, known)


def _sources(loaded: Loaded, file: str) -> set[str]:
    if file == loaded.country_file:
        return {source.id for source in loaded.model.country.sources}
    if file == beside(loaded.folder, WAY) and loaded.model.way is not None:
        return {source.id for source in loaded.model.way.sources}
    return set(loaded.model.sources())


def _duplicates(loaded: Loaded, file: str, visit: Visit) -> Iterator[Issue]:
    if not isinstance(visit.value, tuple):
        return
    seen: set[str] = set()
    for index, one in enumerate(visit.value):
        name = getattr(one, "id", None)
        if name in seen:
            place = loaded.at(file, *visit.path, index, "id")
            yield finding(place, "duplicate", f"The id `{name}` is used twice in this list.", "Give one another id.")
        if name is not None:
            seen.add(name)


def _languages(loaded: Loaded, file: str, visit: Visit) -> Iterator[Issue]:
    if not visit.is_text and not visit.is_note:
        return
    optional = not visit.value
    wanted = loaded.model.region.languages if visit.is_text else ("en", _own_language(loaded, file))
    missing = [language for language in dict.fromkeys(wanted) if not visit.value.get(language, "").strip()]
    if missing and not optional:
        place = loaded.at(file, *visit.path)
        wrong = f"`{visit.path[-1]}` is missing in {', '.join(missing)}."
        yield finding(place, "language", wrong, f"Write the text for {', '.join(f'`{one}:`' for one in missing)}.")


def _own_language(loaded: Loaded, file: str) -> str:
    return "en" if file == beside(loaded.folder, "roles.yaml") else loaded.model.country.language


def _slots(loaded: Loaded, file: str, visit: Visit) -> Iterator[Issue]:
    if not visit.is_text:
        return
    known = loaded.model.numbers.keys()
    used = {slot for text in visit.value.values() for slot in _SLOT.findall(text)}
    for slot in sorted(used - known):
        mend = f"Use one of: {', '.join(f'`{{{one}}}`' for one in sorted(known))}."
        yield finding(loaded.at(file, *visit.path), "slot", f"There is no telephone number called `{slot}`.", mend)


def _grounds(loaded: Loaded, file: str, visit: Visit, known: set[str]) -> Iterator[Issue]:
    fact = visit.value
    if not isinstance(fact, Grounded):
        return
    place = loaded.at(file, *visit.path)
    if [bool(fact.source), fact.sample, fact.not_known].count(True) != 1:
        wrong = "A fact needs exactly one ground." if _any_ground(fact) else "This has no source."
        mend = "Write `source: [id of a source]`, or `sample: true` if it is made up, or `not_known: true`."
        yield finding(place, "ground", wrong, mend)
    for name in fact.source:
        if name not in known:
            mend = "Add it to `sources`, or correct the id."
            yield finding(loaded.at(file, *visit.path, "source"), "reference", f"There is no source `{name}`.", mend)


def _spans(loaded: Loaded, file: str, visit: Visit) -> Iterator[Issue]:
    if isinstance(visit.value, Span) and not 0 < visit.value.hours <= A_YEAR:
        wrong = f"{visit.value.hours} hours is no time to wait."
        yield finding(loaded.at(file, *visit.path), "value", wrong, f"Write hours from 0.25 to {A_YEAR}.")


def _any_ground(fact: Grounded) -> bool:
    return bool(fact.source) or fact.sample or fact.not_known
