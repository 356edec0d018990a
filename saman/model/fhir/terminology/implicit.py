"""Value sets that nobody has written down: all codes of a code system, and those that addresses of terminologies name.

Sources: https://hl7.org/fhir/R4/snomedct.html#implicit and https://hl7.org/fhir/R4/loinc.html#4.3.2.7
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

_ALL = ("?fhir_vs", "?vs")


def implicit_value_set(url: str) -> Mapping[str, Any] | None:
    """The value set that an address stands for by itself; None for an address that stands for none.

    Whether anything can be said of its codes depends on what is loaded, as for any other.
    """
    include = _loinc(url) or _snomed(url) or _whole(url)
    return None if include is None else _value_set(url, include)


def all_codes(url: str, system: str, version: str = "") -> dict[str, Any]:
    """The value set that a code system names as the one of all its codes (CodeSystem.valueSet)."""
    made = _value_set(url, {"system": system})
    return {**made, "version": version} if version else made


def _value_set(url: str, include: Mapping[str, Any]) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": [include]}}


def _whole(url: str) -> dict[str, Any] | None:
    """All codes: the address of the code system with `?fhir_vs` or `?vs` after it, or the one that UCUM has."""
    if url == f"{UCUM}/vs":
        return {"system": UCUM}
    system = next((url.removesuffix(end) for end in _ALL if url.endswith(end)), "")
    return {"system": system} if system else None


def _loinc(url: str) -> dict[str, Any] | None:
    """All of LOINC, an answer list (LL…) or what lies below a part (LP…)."""
    base, _, named = url.partition(f"{LOINC}/vs")
    if base or not url.startswith(f"{LOINC}/vs"):
        return None
    if not named:
        return {"system": LOINC}
    code = named.removeprefix("/")
    if not named.startswith("/") or not code.startswith(("LL", "LP")):
        return None
    is_list = code.startswith("LL")
    told = ("LIST", "=", code) if is_list else ("concept", "is-a", code)
    return {"system": LOINC, "filter": [_filter(*told)]}


def _snomed(url: str) -> dict[str, Any] | None:
    """All of an edition of SNOMED CT, what is a kind of a concept, a reference set, or what an expression selects."""
    edition, mark, asked = url.partition("?fhir_vs")
    if not mark or not (edition == SNOMED or edition.startswith(f"{SNOMED}/")):
        return None
    include: dict[str, Any] = {"system": SNOMED}
    if edition != SNOMED:
        include["version"] = edition
    if not asked:
        return include
    kind, _, value = asked.removeprefix("=").partition("/")
    told = {"isa": ("concept", "is-a"), "refset": ("concept", "in"), "ecl": ("constraint", "=")}.get(kind)
    if told is None or not asked.startswith("="):
        return None
    return {**include, "filter": [_filter(*told, value or kind)]}


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"property": name, "op": operator, "value": value}
