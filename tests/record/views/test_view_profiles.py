"""Which views can be shared, and which give plain cells."""

from __future__ import annotations

from typing import Any

from saman.record.views import not_shareable, not_tabular
from tests.conformance.sql_on_fhir.suite import SUITE
from tests.record.views.running import column, definition, view


def shared(**more: Any) -> dict[str, Any]:
    return {"url": "urn:x", "name": "x", "fhirVersion": ["4.0.1"]} | more


def test_a_view_to_share_says_where_it_is_from_and_what_its_columns_are() -> None:
    assert not_shareable(definition("Patient", column("id", "id"), **shared())) == ()
    lacking = definition("Patient", select=[{"select": [{"unionAll": [{"column": [column("id")]}]}]}], **shared(url=""))
    assert [issue.path for issue in not_shareable(lacking)] == [
        "ViewDefinition.url",
        "ViewDefinition.select[0].select[0].unionAll[0].column[0].type",
    ]


def test_columns_of_the_suite_say_their_types() -> None:
    views = [one["view"] for content in SUITE.values() for one in content["tests"] if not one.get("expectError")]
    assert all(not_shareable(shared() | one) == () for one in views)


def test_a_view_of_cells_has_neither_lists_nor_elements() -> None:
    found = view(
        "Patient", column("id", name="a"), column("name", "HumanName", name="b", collection=True),
        column("maritalStatus", "CodeableConcept", name="c"), column("name.given", name="d", collection=True),
    )  # fmt: skip
    assert [issue.path for issue in not_tabular(found)] == ["b", "c", "d"]
