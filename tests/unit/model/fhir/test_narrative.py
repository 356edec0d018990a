"""Narratives: formatting passes, what could act on a page does not."""

from __future__ import annotations

import pytest

from saman.model.fhir.narrative import is_narrative


@pytest.mark.parametrize(
    "inner",
    [
        "tekst",
        "<p><b>a</b> <i>b</i><br/></p>",
        '<table class="x"><tbody><tr><td colspan="2" style="color: red">1</td></tr></tbody></table>',
        '<a href="https://example.org/x?y=1#z">a</a><a name="here">b</a><a href="#here">c</a><a href="Patient/1">d</a>',
        '<img src="data:image/png;base64,AAAA" alt="x"/>',
        "<!-- a remark -->",
        "&#160;&lt;script&gt;",
    ],
)
def test_formatting(inner: str) -> None:
    assert is_narrative(f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>')


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        "<SCRIPT>alert(1)</SCRIPT>",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>',
        "<iframe/>",
        "<form/>",
        "<input/>",
        "<object/>",
        "<style>p{}</style>",
        '<p onclick="x()">a</p>',
        '<a href="javascript:x()">a</a>',
        '<a href=" JaVaScRiPt:x()">a</a>',
        '<a href="java&#10;script:x()">a</a>',
        '<a href="&#1;javascript:x()">a</a>',
        '<img src="data:text/html,x"/>',
        "<?php x ?>",
        "<b>",
        "a & b",
        "&unknown;",
    ],
)
def test_what_could_act(inner: str) -> None:
    assert not is_narrative(f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>')


def test_entities_cannot_be_declared() -> None:
    assert not is_narrative('<!DOCTYPE div [<!ENTITY a "b">]><div>&a;</div>')
    assert not is_narrative('<divx xmlns="http://www.w3.org/1999/xhtml">a</divx>')
