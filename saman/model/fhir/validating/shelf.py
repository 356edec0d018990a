"""Definitions kept compressed, by type and canonical URL: the newest of each, and every version by its own."""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

import msgspec

from saman.kernel import json
from saman.model.fhir.terminology import all_codes, base_resource


class Head(msgspec.Struct):
    """What is read of a definition to know where to keep it."""

    resourceType: str = ""  # noqa: N815
    url: str = ""
    version: str = ""
    status: str = ""
    valueSet: str = ""  # noqa: N815


class _Kept(NamedTuple):
    order: Any
    head: Head
    packed: bytes


class Shelf:
    """Definitions of one source."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], _Kept] = {}

    def put(self, kind: str, head: Head, packed: bytes, order: Any) -> None:
        """Keep a definition; of several at one place the one that comes last by `order`, or was put last."""
        places = [(kind, head.url), *([(kind, f"{head.url}|{head.version}")] if head.version else [])]
        if kind == "CodeSystem" and head.valueSet:
            places.append(("", head.valueSet))
        for place in places:
            if place not in self._kept or self._kept[place].order <= order:
                self._kept[place] = _Kept(order, head, packed)

    def find(self, kind: str, url: str) -> dict[str, Any] | None:
        """The definition of a type with a canonical URL, in the version that it names, else the newest."""
        found = self._kept.get((kind, url))
        if found is None:
            return None
        tree = json.decode(zlib.decompress(found.packed))
        return tree if isinstance(tree, dict) else None

    def all_codes(self, url: str) -> dict[str, Any] | None:
        """The value set that one of the code systems names as that of all its codes, where nobody has written it."""
        found = self._kept.get(("", url))
        if found is None or base_resource("ValueSet", url) is not None:
            return None
        return all_codes(url, found.head.url, found.head.version)
