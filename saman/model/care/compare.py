"""Two care models side by side: what one has and the other has not, and what stands differently, part by part.

Parts are matched by id and never by their place in a file, so that a file put in another order is no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, TypeGuard

import msgspec

from saman.model.care.basis import said
from saman.model.care.caremodel import CareModel

Names = tuple[str, ...]

PARTS: Mapping[str, str] = {
    "region": "Region",
    "parties": "Party",
    "agreements": "Agreement",
    "bodies": "Body",
    "goals": "Shared goal",
    "services": "Service",
    "pathways": "Pathway",
    "questionnaires": "Questionnaire",
    "indicators": "Indicator",
    "projects": "Project",
    "lessons": "Lesson",
}
"""The parts of a care model that are compared, and what each is called."""

ASIDE = frozenset({"schema", "version", "source", "sample", "not_known"})
"""Fields that say how a file came about, not how people work."""


class Difference(msgspec.Struct, frozen=True):
    """One difference: in which part, at which names within it, what stood before and what stands after.

    An empty side means that it is not there at all.
    """

    part: str
    of: str
    where: Names
    before: str
    after: str

    def __str__(self) -> str:
        """In plain words: `Service safety-alarm: response, request done, hours: 2 → 4`."""
        where = f": {', '.join(name.replace('_', ' ') for name in self.where)}" if self.where else ""
        head = f"{self.part} {self.of}{where}"
        if not self.before:
            return f"{head}: new{'' if self.after == NEW else f', {self.after}'}"
        if not self.after:
            return f"{head}: no longer there{'' if self.before == NEW else f', was {self.before}'}"
        return f"{head}: {self.before} → {self.after}"


NEW = "+"
"""What stands for a whole part that only one of them has."""


def compare(before: CareModel, after: CareModel, language: str = "en") -> tuple[Difference, ...]:
    """Every difference between two models, in the order of the parts; empty when people work in the same way."""
    found: list[Difference] = []
    for name, part in PARTS.items():
        one, other = getattr(before, name), getattr(after, name)
        if name == "region":
            found += _fields(part, said(after.region.name, language), (), one, other, language)
        else:
            found += _whole(part, one, other, language)
    return tuple(found)


def _whole(part: str, before: tuple[Any, ...], after: tuple[Any, ...], language: str) -> Iterator[Difference]:
    olds, news = {one.id: one for one in before}, {one.id: one for one in after}
    for id in dict.fromkeys((*olds, *news)):
        if id not in news:
            yield Difference(part, id, (), NEW, "")
        elif id not in olds:
            yield Difference(part, id, (), "", NEW)
        else:
            yield from _fields(part, id, (), olds[id], news[id], language)


def _fields(part: str, of: str, where: Names, before: Any, after: Any, language: str) -> Iterator[Difference]:
    for name in type(before).__struct_fields__:
        if name not in ASIDE:
            one, other = getattr(before, name), getattr(after, name)
            yield from _values(part, of, (*where, name), one, other, language)


def _values(part: str, of: str, where: Names, before: Any, after: Any, language: str) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, msgspec.Struct) and type(before) is type(after):
        yield from _fields(part, of, where, before, after, language)
    elif _named(before) and _named(after):
        olds, news = _by_name(before), _by_name(after)
        for name in dict.fromkeys((*olds, *news)):
            yield from _values(part, of, (*where, name), olds.get(name), news.get(name), language)
    elif before is None and _name(after):
        yield Difference(part, of, where, "", NEW)
    elif after is None and _name(before):
        yield Difference(part, of, where, NEW, "")
    elif _written(before, language) != _written(after, language):
        yield Difference(part, of, where, _written(before, language), _written(after, language))


def _named(value: Any) -> TypeGuard[tuple[Any, ...]]:
    """Whether a value is a list of parts that have names of their own."""
    return isinstance(value, tuple) and all(isinstance(one, msgspec.Struct) and _name(one) for one in value)


def _by_name(value: tuple[Any, ...]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for one in value:
        name, number = _name(one), 2
        while name in named:
            name, number = f"{_name(one)} {number}", number + 1
        named[name] = one
    return named


def _name(one: Any) -> str:
    """What a part in a list is told by: its id, or what else makes it the only one."""
    for field in ("id", "mode", "role", "service", "party", "code", "number", "on"):
        value = getattr(one, field, None)
        if value:
            return str(value.value if isinstance(value, Enum) else value)
    return ""


def _written(value: Any, language: str) -> str:
    if value is None or value == () or value == {}:
        return ""
    if isinstance(value, msgspec.Struct):
        inner = (_written(getattr(value, name), language) for name in value.__struct_fields__ if name not in ASIDE)
        return " ".join(one for one in inner if one)
    if isinstance(value, tuple):
        return ", ".join(_written(one, language) for one in value)
    if isinstance(value, dict):
        return f"“{said(value, language)}”"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal | int) else value
