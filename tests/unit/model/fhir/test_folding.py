"""Folding for search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.model.fhir import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Åse ØSTBY", "ase ostby"),
        ("Ærlig", "aerlig"),
        ("Þórður Guðmundsson", "thordur gudmundsson"),
        ("Müller-Straße", "muller-strasse"),
        ("Mäkinen", "makinen"),
        ("Łódź Đoković Ŋŧ", "lodz dokovic nt"),
        ("e\u0301", "e"),
        ("  to   ord\n", "to ord"),
        ("İIı", "iii"),
        ("ﬁn", "fin"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(codec="latin-1")))
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.swapcase()) == fold(text)
