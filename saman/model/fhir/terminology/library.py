"""The code systems, value sets and concept maps that one question may need: those the caller brought, and R4's own.

It asks for nothing by itself: whoever uses it puts in what the record holds, and `needs` says what that leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from saman.model.fhir.terminology.base import base_resource, base_system_of
from saman.model.fhir.terminology.canonical import canonical, newness
from saman.model.fhir.terminology.code_system import CodeSystem
from saman.model.fhir.terminology.implicit import all_codes, implicit_value_set

Tree = Mapping[str, Any]
T = TypeVar("T")


class Need(NamedTuple):
    """A resource that is named by a canonical URL: its type and the URL without version."""

    kind: str
    url: str


@lru_cache(64)
def base_code_system(url: str) -> CodeSystem | None:
    """A code system that R4 itself defines."""
    tree = base_resource("CodeSystem", url)
    return None if tree is None else CodeSystem(tree)


class Library:
    """What is known of each URL, all versions of it; of several the newest goes before R4's own."""

    def __init__(self) -> None:
        self._found: dict[Need, list[Any]] = {}
        self._added: dict[str, list[CodeSystem]] = {}
        self._whole: dict[tuple[str, str], CodeSystem] = {}

    @property
    def asked(self) -> frozenset[Need]:
        """What has been looked for already."""
        return frozenset(self._found)

    def put(self, need: Need, found: Iterable[Any]) -> None:
        """Keep what there is under a URL: trees, of code systems CodeSystem; nothing, if there is nothing."""
        self._found[need] = sorted(found, key=lambda one: newness(_tree(one)), reverse=True)

    def code_system(self, url: str, version: str = "") -> CodeSystem | None:
        """The code system, in the version asked for; one whose content is loaded, if there is one. None for none."""
        known: list[CodeSystem] = self._found.get(Need("CodeSystem", url), [])
        base = base_code_system(url)
        every = [*known, *([base] if base else [])]
        every.sort(key=lambda one: not one.is_loaded)
        found = _chosen(every, version, lambda one: one.version)
        return found if found is None or url not in self._added else self._supplemented(found)

    def supplement(self, by: CodeSystem) -> None:
        """Let the code system that `by` supplements have its names and properties from now on."""
        self._added.setdefault(canonical(by.supplements).url, []).append(by)

    def _supplemented(self, system: CodeSystem) -> CodeSystem:
        key = (system.url, system.version)
        if key not in self._whole:
            for by in self._added[system.url]:
                wanted = canonical(by.supplements).version
                system = system.supplemented(by) if wanted in ("", system.version) else system
            self._whole[key] = system
        return self._whole[key]

    def resource(self, kind: str, url: str, version: str = "") -> Tree | None:
        """A value set or concept map, in the version asked for."""
        known: list[Tree] = self._found.get(Need(kind, url), [])
        base = base_resource(kind, url)
        every: list[Tree] = [*known, *([base] if base else [])]
        found = _chosen(every, version, lambda one: one.get("version", ""))
        return _implicit(url) if found is None and kind == "ValueSet" and not version else found

    def needs(self, tree: Tree) -> Iterator[Need]:
        """What a value set or concept map refers to."""
        yield from (Need("CodeSystem", canonical(url).url) for url in supplements_of(tree))
        for name in ("include", "exclude"):
            for part in tree.get("compose", {}).get(name, ()):
                if "system" in part:
                    yield Need("CodeSystem", part["system"])
                yield from (Need("ValueSet", canonical(url).url) for url in part.get("valueSet", ()) if url)
        for group in tree.get("group", ()):
            if "url" in group.get("unmapped", {}):
                yield Need("ConceptMap", canonical(group["unmapped"]["url"]).url)


def _implicit(url: str) -> Tree | None:
    """A value set that nobody has written down."""
    found = implicit_value_set(url)
    if found is None and (system := base_system_of(url)):
        found = all_codes(url, system)
    return found


SUPPLEMENT = "http://hl7.org/fhir/StructureDefinition/valueset-supplement"
"""The extension by which a value set names a supplement that it needs."""


def supplements_of(tree: Tree) -> list[str]:
    """The canonical URLs of the supplements that a value set names."""
    named = [one.get("valueCanonical", "") for one in tree.get("extension", ()) if one.get("url") == SUPPLEMENT]
    return [one for one in named if isinstance(one, str) and one]


def _tree(one: Any) -> dict[str, Any]:
    return dict(one.tree) if isinstance(one, CodeSystem) else one


def _chosen(known: Iterable[T], version: str, version_of: Callable[[T], str]) -> T | None:
    return next((one for one in known if not version or version_of(one) == version), None)
