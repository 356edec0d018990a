"""Small readings of FHIR that every flow needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from saman.kernel.outcome import Refusal
from saman.model.care.caremodel import CareModel
from saman.model.fhir import date_range
from saman.record import Record, Stored

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
PAGE = "200"

Resource = dict[str, Any]

P = ParamSpec("P")
T = TypeVar("T")
Read = Callable[Concatenate[CareModel, Stored, P], Iterable[T]]

REMEMBERED = 16384
"""Versions of which a process remembers what one reading of them gave."""
MODELS = 8
"""Care models by which a process remembers readings: that in force, and earlier ones that people are still on."""
TREES = 4096
"""Trees that a process holds."""


def once_a_version(read: Read[P, T]) -> Callable[Concatenate[CareModel, Stored, P], tuple[T, ...]]:
    """Read each version of a resource once: what `read` makes of it depends on nothing else, and is never changed."""
    made: dict[Any, tuple[T, ...]] = {}
    by: list[CareModel] = []

    @wraps(read)
    def kept(model: CareModel, stored: Stored, /, *args: P.args, **kwargs: P.kwargs) -> tuple[T, ...]:
        is_known = any(one is model for one in by)
        if len(made) >= REMEMBERED or (not is_known and len(by) >= MODELS):
            made.clear()
            by.clear()
            is_known = False
        if not is_known:
            by.append(model)
        key = (id(model), stored.id, stored.version, hash(stored.body), hash(stored.meta), args)
        if key not in made:
            made[key] = tuple(read(model, stored, *args, **kwargs))
        return made[key]

    return kept


def once_a_tree(read: Callable[[Resource], T]) -> Callable[[Resource], T]:
    """Read each tree that `tree_of` shares once: what `read` makes of it depends on nothing else."""
    made: dict[int, tuple[Resource, T]] = {}

    @wraps(read)
    def kept(tree: Resource) -> T:
        found = made.get(id(tree))
        if found is None or found[0] is not tree:
            if len(made) >= TREES:
                made.clear()
            found = made[id(tree)] = (tree, read(tree))
        return found[1]

    return kept


@lru_cache(maxsize=TREES)
def tree_of(stored: Stored) -> Resource:
    """A version as a tree that its readers share, made once a process; whoever changes it asks `Stored.resource`."""
    return stored.resource()


async def all_of(
    record: Record, type_name: str, pairs: Sequence[tuple[str, str]], most: int = 2000
) -> list[Stored] | Refusal:
    """Every match of a search, page after page, at most `most`."""
    found: list[Stored] = []
    cursor: list[tuple[str, str]] = []
    while len(found) < most:
        page = await record.search(type_name, [*pairs, ("_count", PAGE), *cursor])
        if isinstance(page, Refusal):
            return page
        found += page.matches
        if page.next is None:
            break
        cursor = [("_cursor", page.next)]
    return found


class Said(str):
    """A text that knows the language it is written in (BCP 47), empty where nobody has said so."""

    language: str

    def __new__(cls, text: str, language: str = "") -> Self:
        """`text` in `language`."""
        said = super().__new__(cls, text)
        said.language = language
        return said


def in_language(holder: Resource, element: str, language: str, of: Resource | None = None) -> Said:
    """A text in `language` where it has been translated, else in the language of the resource, `of` or `holder`.

    Sources: https://hl7.org/fhir/R4/extension-translation.html, https://hl7.org/fhir/R4/resource.html#Resource.
    """
    for extension in holder.get(f"_{element}", {}).get("extension", ()):
        parts = {one["url"]: one for one in extension.get("extension", ())}
        if extension.get("url") == TRANSLATION and parts.get("lang", {}).get("valueCode") == language:
            return Said(str(parts.get("content", {}).get("valueString", "")), language)
    written_in = (holder if of is None else of).get("language", "")
    return Said(str(holder.get(element, "")), written_in if isinstance(written_in, str) else "")


def moment_of(text: str) -> datetime:
    """The first moment of a FHIR date, dateTime or instant that the record has accepted."""
    span = date_range(text)
    assert not isinstance(span, Refusal)
    return span[0]


def day_of(text: str) -> date:
    """The first day of a FHIR date or dateTime."""
    return date.fromisoformat(f"{text[:10]}-01-01"[:10] if len(text) == 4 else f"{text[:10]}-01"[:10])


def authored(task: Resource) -> datetime:
    """When a stored Task was written, by what it says, else by when the record took it in."""
    return moment_of(task.get("authoredOn") or task["meta"]["lastUpdated"])


def modified(task: Resource) -> datetime:
    """When something last happened to a stored Task."""
    return moment_of(task["lastModified"]) if "lastModified" in task else authored(task)
