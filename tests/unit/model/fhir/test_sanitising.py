"""What could act never survives, what is fine stays byte for byte, and a text is not lost with what surrounds it."""

from __future__ import annotations

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saman.kernel import json
from saman.model.fhir import validate
from saman.model.fhir.narrative import ATTRIBUTES, ELEMENTS, is_narrative, unwanted
from saman.model.fhir.sanitising import DEEPEST, MOST_ATTRIBUTES, MOST_CHARACTERS, sanitise, sanitised
from tests.conformance.examples import load_examples
from tests.unit.model.fhir.hostile_narratives import MENDABLE, SHAPELESS, WHOLE, div

ACTING = {
    "script", "style", "iframe", "object", "embed", "form", "input", "button", "textarea", "select", "svg", "math",
    "video", "audio", "meta", "link", "base", "template", "noscript", "title", "xmp", "plaintext", "animate", "use",
}  # fmt: skip


def read_as_html(text: str) -> str:
    """What an HTML5 parser finds in `text`, when nothing that could act is taken out."""
    return nh3.clean(
        text,
        tags=set(ELEMENTS) | ACTING,
        clean_content_tags=set(),
        attributes={"*": set(ATTRIBUTES) | {"onclick", "onerror", "onload", "srcdoc", "action", "formaction"}},
        url_schemes={"http", "https", "mailto", "tel", "urn", "ftp", "data", "javascript", "vbscript"},
        link_rel=None,
    )


def acts(text: str) -> bool:
    """Whether an HTML5 parser finds anything in `text` that acts."""
    found = read_as_html(text).lower()
    named = any(f"<{name}" in found.replace("<sub", "").replace("<sup", "") for name in ACTING - {"use"})
    return named or any(word in found for word in (' onclick="', ' onerror="', '="javascript:', '="vbscript:', "url("))


def test_there_are_many() -> None:
    assert len(set(MENDABLE)) == len(MENDABLE) > 150


@pytest.mark.parametrize("inner", MENDABLE)
def test_what_could_act_is_seen_and_taken_out(inner: str) -> None:
    sent = div(f"<p>before</p>{inner}<p>after</p>")
    found = unwanted(sent)
    assert found is not None
    assert found.mendable
    clean = sanitised(sent)
    assert clean is not None
    assert is_narrative(clean)
    assert not acts(clean)
    assert "before" in clean
    assert "after" in clean
    assert sanitised(clean) == clean


@pytest.mark.parametrize("text", [*map(div, SHAPELESS), *WHOLE])
def test_what_is_no_xhtml_is_left_to_be_refused(text: str) -> None:
    found = unwanted(text)
    assert found is not None
    assert not found.mendable
    tree = {"resourceType": "Patient", "text": {"status": "generated", "div": text}}
    assert sanitise(tree) == ()
    assert tree["text"] == {"status": "generated", "div": text}
    assert [issue.path for issue in validate(tree)] == ["Patient.text.div"]


def test_what_is_refused_names_element_and_attribute() -> None:
    said = [
        validate({"resourceType": "Patient", "text": {"status": "generated", "div": div(inner)}})[0].text
        for inner in ("<script/>", '<p onclick="x">a</p>', "<Ås/>", "<![CDATA[x]]>")
    ]
    assert "it holds the element script." in said[0]
    assert "the attribute onclick of the element p" in said[1]
    assert "the element of an unusual name" in said[2]
    assert "a CDATA section" in said[3]


@pytest.mark.parametrize(
    "inner",
    [
        "<div>" * (DEEPEST + 1) + "<script/>" + "</div>" * (DEEPEST + 1),
        "<p " + " ".join(f"a{number}='1'" for number in range(MOST_ATTRIBUTES + 1)) + "/>",
        "x" * MOST_CHARACTERS + "<script/>",
    ],
)
def test_what_would_take_long_is_not_mended(inner: str) -> None:
    assert sanitised(div(inner)) is None


def test_each_narrative_is_found_where_it_stands() -> None:
    bad = {"status": "generated", "div": div("<script/>x")}
    resource = {
        "resourceType": "Composition",
        "text": dict(bad),
        "contained": [{"resourceType": "Patient", "text": dict(bad)}],
        "section": [{"text": dict(bad), "section": [{"text": dict(bad)}]}, {"text": {"div": div("fine")}}],
    }
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource}]}
    issues = sanitise(bundle)
    start = "Bundle.entry[0].resource"
    assert {issue.path for issue in issues} == {
        f"{start}.text.div", f"{start}.contained[0].text.div", f"{start}.section[0].text.div",
        f"{start}.section[0].section[0].text.div",
    }  # fmt: skip
    assert {issue.severity for issue in issues} == {"information"}
    assert b"script" not in json.encode(bundle)


@pytest.mark.parametrize(
    "value", [None, 1, "x", [], {}, [[]], {"text": 1}, {"text": {"div": 1}}, {"text": {"div": ""}}]
)
def test_anything_may_be_sent(value: object) -> None:
    assert sanitise(value) == ()


def test_official_narratives_stay_as_they_are() -> None:
    many = 0
    for name, text in load_examples():
        tree, before = json.decode(text), json.decode(text)
        assert sanitise(tree) == (), name
        assert tree == before
        many += 1
    assert many == 732


MARKUP = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<table>",
            "</table>",
            "<br/>",
            "<!-- x -->",
            "&amp;",
            "&lt;script&gt;",
            *MENDABLE,
        ]
    )
    | st.text(max_size=5),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(MARKUP)
def test_whatever_is_put_together(parts: list[str]) -> None:
    text = div("".join(parts))
    found = unwanted(text)
    if found is None:
        assert not acts(text)
    elif found.mendable:
        clean = sanitised(text)
        assert clean is None or (is_narrative(clean) and not acts(clean))
