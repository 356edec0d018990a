"""Checks of the guided way: all six languages, steps told apart, ids that exist, fields that can be filled in."""

from __future__ import annotations

from collections.abc import Iterator

from saman.kernel.outcome import Issue
from saman.model.care.basis import LANGUAGES
from saman.model.care.check_parties import missing
from saman.model.care.load import WAY, Loaded, beside
from saman.model.care.walk import walk
from saman.model.care.way import Column, Field, FieldKind, WayFile
from saman.model.care.yamltree import Path, finding


def issues(loaded: Loaded) -> Iterator[Issue]:
    """What is wrong with the guided way, when there is one."""
    way = loaded.model.way
    if way is None:
        return
    file = beside(loaded.folder, WAY)
    yield from _languages(loaded, file, way)
    yield from _steps(loaded, file, way)
    for path, column in way.columns():
        yield from _field(loaded, file, path, column)
    if not any(one.counts for one in way.doings):
        wrong = "Nothing counts towards the share that the claim speaks of."
        yield finding(loaded.at(file, "doings"), "required", wrong, "Add `counts: true` to what the source names.")


def _languages(loaded: Loaded, file: str, way: WayFile) -> Iterator[Issue]:
    """All regions share the file, so it speaks more languages than those of this one."""
    others = [language for language in LANGUAGES if language not in loaded.model.region.languages]
    for visit in walk(way):
        lacks = [one for one in others if visit.is_text and visit.value and not visit.value.get(one, "").strip()]
        if lacks:
            wrong = f"`{visit.path[-1]}` is missing in {', '.join(lacks)}."
            mend = f"Write the text for {', '.join(f'`{one}:`' for one in lacks)}."
            yield finding(loaded.at(file, *visit.path), "language", wrong, mend)


def _steps(loaded: Loaded, file: str, way: WayFile) -> Iterator[Issue]:
    voices, papers = {one.id for one in way.voices}, {one.id for one in way.templates}
    seen: set[str] = set()
    for at, phase in enumerate(way.phases):
        for index, step in enumerate(phase.steps):
            path: Path = ("phases", at, "steps", index)
            yield from missing(loaded, file, (*path, "heard"), "voice", step.heard, voices)
            yield from missing(loaded, file, (*path, "templates"), "template", step.templates, papers)
            if step.id in seen:
                wrong = f"The step `{step.id}` stands in another phase, too."
                yield finding(loaded.at(file, *path, "id"), "duplicate", wrong, "Give one another id.")
            seen.add(step.id)
    used = {id for step in way.steps for id in step.templates}
    for index, template in enumerate(way.templates):
        if template.id not in used:
            wrong = f"No step uses the template `{template.id}`."
            mend = "Name it in a step's `templates`, or take it out."
            yield finding(loaded.at(file, "templates", index, "id"), "reference", wrong, mend)


def _field(loaded: Loaded, file: str, path: Path, column: Column) -> Iterator[Issue]:
    place = loaded.at(file, *path)
    chosen = bool(column.options) + (column.options_from is not None)
    if chosen != (column.kind is FieldKind.CHOICE):
        wrong = f"`{column.id}` is a choice between nothing, between two lists, or has options and is no choice."
        yield finding(place, "value", wrong, "Give a choice either `options` or `options_from`, and nothing else any.")
    has_columns = isinstance(column, Field) and bool(column.columns)
    if has_columns != (column.kind is FieldKind.ROWS):
        wrong = f"`{column.id}` has rows without columns, or columns without rows."
        yield finding(place, "value", wrong, "Give `kind: rows` its `columns`; a column has none itself.")
