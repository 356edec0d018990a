"""The text of a summary: whatever stands in a record, it is text there."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from saman.kernel import json
from saman.model.fhir.narrative import is_narrative
from saman.model.fhir.patient_summary import KINDS
from saman.model.fhir.patient_summary.telling import paragraph, table
from tests.conformance.examples import load_examples

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(_TEXT, _TEXT, _TEXT)
def test_any_text_is_text(what: str, when: str, note: str) -> None:
    one: dict[str, Any] = {"resourceType": "Condition", "code": {"text": what}, "onsetString": when, "status": note}
    made = table([one, {"resourceType": "Observation", "valueString": what}], note)
    assert is_narrative(made)
    assert is_narrative(paragraph(what))
    assert made.count("<tr>") == 3


def test_every_official_example_can_be_told() -> None:
    for name, text in load_examples():
        if name.partition("-")[0] in KINDS and isinstance(resource := json.decode(text), dict):
            assert is_narrative(table([resource])), name
