"""The definitions that an installation has loaded: profiles by URL, read when they are first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saman.model.fhir.definitions import lineage, structure
from saman.model.fhir.terminology import canonical
from saman.model.fhir.validating.profiles.element import Profile, read_profile
from saman.model.fhir.validating.profiles.terms import Find, Terms
from saman.model.fhir.validating.snapshots import Snapshots, Unmade
from saman.model.fhir.validating.snapshots.r4 import BASE, r4_profile

MOST_KEPT, _LONGEST = 2000, 500
"""Canonical URLs of which it is kept what they mean, and their characters."""


def base_type(url: str) -> str:
    """The R4 type that a URL names, whatever the version; empty when it names none."""
    name = canonical(url).url.removeprefix(BASE) if url.startswith(BASE) else ""
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
    """What `find` finds and R4's own profiles, compiled; one that cannot be read is not known, and `fault` says why."""

    def __init__(self, find: Find = nothing) -> None:
        self.find = find
        self._profiles: dict[str, Profile | None] = {}
        self._versions: dict[str, tuple[str, bool]] = {}
        self._faults: dict[str, str] = {}
        self._snapshots = Snapshots(self.definition)
        self.terms = Terms(find)

    def profile(self, url: str) -> Profile | None:
        """The profile with a canonical URL, in the version that it names if that is loaded, else in the newest."""
        url, _ = self._meant(url)
        if url in self._profiles:
            return self._profiles[url]
        definition = self.definition(url)
        if definition is None:
            return None
        self._profiles[url] = self._read(url, definition)
        return self._profiles[url]

    def is_other_version(self, url: str) -> bool:
        """Whether a canonical URL names a version that is not loaded of a profile that is; one without is any."""
        return self._meant(url)[1]

    def _meant(self, url: str) -> tuple[str, bool]:
        """The URL by which a profile is kept, and whether that is another version; texts that anybody may send."""
        found = self._versions.get(url)
        if found is None:
            plain, version = canonical(url)
            definition = self.definition(url) if version else None
            loaded = None if definition is None else definition.get("version")
            found = (url if loaded == version else plain, definition is not None and loaded not in (None, version))
            if len(self._versions) < MOST_KEPT and len(url) < _LONGEST:
                self._versions[url] = found
        return found

    def fault(self, url: str) -> str:
        """Why a profile cannot be used that is defined, in words that name it and the element; empty where it can."""
        return self._faults.get(self._meant(url)[0], "")

    def snapshot(self, definition: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The elements of a profile, made from what it changes, if it says that. Raises Unmade."""
        changes = definition.get("differential", {}).get("element")
        plain = {name: one for name, one in definition.items() if name != "snapshot" or not changes}
        return Snapshots(self.definition).of(plain)

    def definition(self, url: str) -> dict[str, Any] | None:
        """The StructureDefinition of a profile or extension with a canonical URL, in the version that it names if that
        is loaded; those of R4 without most texts.
        """
        plain, version = canonical(url)
        r4 = r4_profile(plain)
        found = self.find("StructureDefinition", url) if version else None
        if found is None and r4 is not None and version == r4.get("version"):
            return r4
        return found or self.find("StructureDefinition", plain) or r4

    def _read(self, url: str, definition: dict[str, Any]) -> Profile | None:
        try:
            return read_profile(definition, self._snapshots.of(definition))
        except Unmade as why:
            self._faults[url] = str(why)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            self._faults[url] = f"{definition.get('url', url)} has not the form of a StructureDefinition."
        return None
