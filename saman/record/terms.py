"""Brings together what a question about codes needs: from the record as far as the caller may see it, else R4's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology import CodeSystem, Library, Need
from saman.record.door import Door
from saman.record.narrow_reading import allowed
from saman.record.stored import Page, Stored
from saman.record.threads import beside

MOST_ROUNDS, MOST_NEEDED, MOST_VERSIONS = 40, 150, 100
LARGE = 256 * 1024
"""Characters of a resource from which on it is made ready beside the event loop."""

Look = Callable[[str, list[tuple[str, str]]], Awaitable[Page | Refusal]]
"""Searches for a type as the caller may."""

_ESCAPED = str.maketrans({one: f"\\{one}" for one in "\\,|$"})


def escaped(text: str) -> str:
    """`text` as a value of a search parameter."""
    return text.translate(_ESCAPED)


async def gather(door: Door, look: Look, library: Library, needed: Iterable[Need]) -> Refusal | None:
    """Put into `library` all that is needed, and what that leads to; refused when it is too much."""
    waiting = set(needed)
    for _ in range(MOST_ROUNDS):
        waiting -= library.asked
        if not waiting:
            return None
        if len(library.asked) + len(waiting) > MOST_NEEDED:
            break
        leads: set[Need] = set()
        for kind in sorted({one.kind for one in waiting}):
            found = await _of_kind(door, look, kind, {one.url for one in waiting if one.kind == kind})
            if isinstance(found, Refusal):
                return found
            if kind == "ValueSet":
                await _add_implied(door, library, found)
            for url, trees in found.items():
                library.put(Need(kind, url), trees)
                leads.update(need for one in _trees(library, kind, url, trees) for need in library.needs(one))
        waiting = leads
    text = f"This leads to more than {MOST_NEEDED} other resources, or through more than {MOST_ROUNDS} of them."
    return refused(Kind.TOO_COSTLY, "too-costly", text)


def _trees(library: Library, kind: str, url: str, found: Iterable[Any]) -> Iterable[Mapping[str, Any]]:
    """What there is of a value set or map, in all versions; a code system leads to nothing."""
    if kind == "CodeSystem":
        return ()
    base = library.resource(kind, url)
    return [*found, *([base] if base is not None else [])]


async def _of_kind(door: Door, look: Look, kind: str, urls: set[str]) -> dict[str, list[Any]] | Refusal:
    """What the record shows of each URL; an app whose scopes leave this type out is shown nothing of it."""
    found: dict[str, list[Any]] = {url: [] for url in urls}
    if not allowed(door, kind, "s") or not urls:
        return found
    asked = ",".join(escaped(url) for url in sorted(urls))
    page = await look(kind, [("url", asked), ("_count", str(MOST_VERSIONS))])
    if isinstance(page, Refusal):
        return page
    for one in page.matches:
        tree = await read(one)
        found.setdefault(tree.url if isinstance(tree, CodeSystem) else tree["url"], []).append(tree)
    return found


async def _add_implied(door: Door, library: Library, found: dict[str, list[Any]]) -> None:
    """Put in the value sets that code systems of the record name as those of all their codes."""
    missing = [url for url, trees in found.items() if not trees and library.resource("ValueSet", url) is None]
    if missing and allowed(door, "CodeSystem", "s"):
        definitions = door.store.definitions
        await definitions.known(door.context)
        for url in missing:
            tree = definitions.all_codes(url)
            found[url] += [] if tree is None else [tree]


async def read(stored: Stored) -> Any:
    """A stored resource as questions need it: a CodeSystem made ready, anything else as its tree.

    A large one is made ready beside the event loop, which it would hold up for a second or two.
    """
    if len(stored.body) > LARGE:
        return await beside(_made, stored)
    return _made(stored)


def _made(stored: Stored) -> Any:
    return _ready(stored.text()) if stored.type == "CodeSystem" else stored.resource()


@lru_cache(16)
def _ready(text: str) -> CodeSystem:
    return CodeSystem(json.decode_kept(text))
