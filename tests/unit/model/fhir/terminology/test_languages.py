"""Which name is shown in which language, and which version is the newest."""

from __future__ import annotations

import pytest

from saman.model.fhir.terminology.canonical import Canonical, canonical, newness
from saman.model.fhir.terminology.languages import display_in, matches_designation, wanted_languages

NAMES = (
    {"language": "nb-NO", "value": "Sykepleier"},
    {"language": "sv", "value": "Sjuksköterska"},
    {"language": "fi", "value": "Sairaanhoitaja", "use": {"system": "urn:use", "code": "short"}},
    {"value": "RN"},
)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("nb-NO", "Sykepleier"),
        ("nb", "Sykepleier"),
        ("no", "Sykepleier"),
        ("NB", "Sykepleier"),
        ("nn", None),
        ("sv-FI", "Sjuksköterska"),
        ("da,sv;q=0.5", "Sjuksköterska"),
        ("en", "Nurse"),
        ("en-GB", "Nurse"),
        ("is", None),
        ("*", None),
        ("is,*", None),
        ("s", None),
    ],
)
def test_the_name_in_a_language(asked: str, shown: str | None) -> None:
    assert display_in(asked, "Nurse", "en", NAMES) == shown


def test_a_name_without_language_is_in_none() -> None:
    assert display_in("en", "Nurse", "", NAMES) is None


def test_few_languages_are_read() -> None:
    assert len(wanted_languages(",".join(f"a{n}" for n in range(1000)))) <= 30


@pytest.mark.parametrize(
    ("asked", "count"), [(["sv"], 1), (["short"], 1), (["urn:use|short"], 1), (["urn:ietf:bcp:47|fi"], 1), (["da"], 0)]
)
def test_designations_by_language_or_use(asked: list[str], count: int) -> None:
    assert sum(matches_designation(one, asked) for one in NAMES) == count


def test_versions_count_as_numbers() -> None:
    def one(version: str, status: str = "active") -> dict[str, str]:
        return {"version": version, "status": status}

    ordered = [
        one("99", "retired"),
        one("10", "draft"),
        one("2"),
        one("2.9"),
        one("10"),
        one("2019-05"),
        one("2026-01"),
    ]
    backwards = ordered[::-1]
    assert sorted(backwards, key=newness) == ordered
    assert newness({}) < newness(one("1"))


def test_canonicals() -> None:
    assert canonical("urn:a|1") == Canonical("urn:a", "1")
    assert canonical("urn:a") == Canonical("urn:a", "")
