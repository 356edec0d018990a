"""The definitions that an installation has loaded: profiles by URL, read when they are first asked for."""

from __future__ import annotations

from typing import Any

from saman.model.fhir.definitions import lineage, structure
from saman.model.fhir.terminology import canonical
from saman.model.fhir.validating.profiles.element import Profile, read_profile
from saman.model.fhir.validating.profiles.terms import Find, Terms

BASE = "http://hl7.org/fhir/StructureDefinition/"


def base_type(url: str) -> str:
    """The R4 type that a URL names; empty when it names none."""
    name = url.removeprefix(BASE) if url.startswith(BASE) else ""
    if name in ("SimpleQuantity", "MoneyQuantity"):
        return "Quantity"
    return name if name in structure.parents else ""


def is_of_type(type_name: str, url: str) -> bool:
    """Whether a type is the base type that a URL names, or is derived from it."""
    return base_type(url) in lineage(type_name)


def nothing(_kind: str, _url: str) -> dict[str, Any] | None:
    """For an installation that has loaded nothing."""
    return None


class Known:
    """What `find` finds, compiled; a profile that cannot be read is one that is not known."""

    def __init__(self, find: Find = nothing) -> None:
        self._find = find
        self._profiles: dict[str, Profile | None] = {}
        self.terms = Terms(find)

    def profile(self, url: str) -> Profile | None:
        """The profile with a canonical URL, whatever its version."""
        url = canonical(url).url
        if url in self._profiles:
            return self._profiles[url]
        definition = self._find("StructureDefinition", url)
        if definition is None:
            return None
        try:
            profile = read_profile(definition)
        except (KeyError, TypeError, ValueError, AttributeError):
            profile = None
        self._profiles[url] = profile
        return profile
