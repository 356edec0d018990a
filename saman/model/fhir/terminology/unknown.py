"""What is said of what is not there: never that a code is wrong where nobody here can know."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology.code_system import CodeSystem

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "http://snomed.info/sct": "SNOMED CT",
        "http://loinc.org": "LOINC",
        "http://unitsofmeasure.org": "UCUM",
        "http://www.whocc.no/atc": "ATC",
        "http://hl7.org/fhir/sid/icd-10": "ICD-10",
        "http://hl7.org/fhir/sid/icpc-2": "ICPC-2",
        "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
        "urn:ietf:bcp:47": "BCP 47",
        "urn:ietf:bcp:13": "BCP 13",
        "urn:iso:std:iso:3166": "ISO 3166",
        "urn:iso:std:iso:4217": "ISO 4217",
    }
)


def name_of(system: str) -> str:
    """What people call a code system whose content is not loaded."""
    return _NAMES.get(system, "this code system")


def not_loaded_text(system: str, *, known: CodeSystem | None = None) -> str:
    """Why nothing can be said about the codes of a system."""
    if known is not None and known.is_loaded:
        return "The code system is known here, but not in the version asked for."
    return f"The content of {name_of(system)} is not loaded here, so nothing can be said of its codes."


def not_loaded(system: str, place: str = "", *, known: CodeSystem | None = None) -> Refusal:
    """The refusal of a question about codes of a system whose content is not here."""
    return refused(Kind.NOT_FOUND, "not-found", not_loaded_text(system, known=known), place)


def no_supplement(url: str, place: str) -> Refusal:
    """The refusal of a question that rests on a supplement which is not here, or is none."""
    text = f"{url} is no supplement of a code system that is known here."
    return refused(Kind.NOT_FOUND, "not-found", text, place)


def only_supplement(place: str) -> Refusal:
    """The refusal of a question about the codes of a supplement: it has none of its own."""
    text = "This only adds names and properties to another code system. Ask that one, with 'useSupplement'."
    return refused(Kind.UNPROCESSABLE, "not-supported", text, place)


def unknown_value_set(place: str = "") -> Refusal:
    """The refusal of a question about a value set that is not here."""
    return refused(Kind.NOT_FOUND, "not-found", "There is no such value set here, or you may not see it.", place)
