"""Words: what resources say in them, what is asked by them, and that odd questions are told where they are wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel import json
from saman.model.fhir.narrative import is_narrative
from saman.model.fhir.words import Wrong, content_words, narrative_words, read_words
from saman.model.fhir.words.asking import MAX_DEPTH, MAX_TEXT, MAX_WORDS
from saman.model.fhir.words.spelling import spelled
from tests.conformance.examples import load_examples
from tests.conformance.test_r4_examples import UNREADABLE

XHTML = "http://www.w3.org/1999/xhtml"

Tree = dict[str, Any]


def narrated(inside: str) -> Tree:
    div = f'<div xmlns="{XHTML}">{inside}</div>'
    assert is_narrative(div)
    return {"resourceType": "Basic", "text": {"status": "generated", "div": div}}


def fits(asked: str, text: str) -> bool:
    return read_words(asked).stand_in(spelled(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Åse ØDEGÅRD Ærøskøbing Þórður GUÐRÚN", " åse ødegård ærøskøbing þórður guðrún "),
        ("A\u030ase o\u0308l", " åse öl "),
        ("blod\u00adtrykk\u200b 120/80", " blodtrykk 120 80 "),
        ("STRAßE straße", " strasse strasse "),
        ("snake_case, O'Brien; covid-19", " snake case o brien covid 19 "),
        ("… – «» !", ""),
        ("", ""),
    ],
)
def test_words_are_compared_as_they_are_read(text: str, words: str) -> None:
    assert spelled(text) == words


@given(st.text())
def test_spelling_twice_changes_nothing_more(text: str) -> None:
    assert spelled(spelled(text)) == spelled(text)


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<p>High <b>B</b>lood</p><p>pressure</p>", " high blood pressure "),
        ("H<sub>2</sub>O<br/>and salt", " h2o and salt "),
        ('<a href="http://a.example/secret" title="hidden">seen</a>', " seen "),
        ("<!-- not said -->said &amp; &#229;tte", " said åtte "),
        ("<table><tr><td>one</td><td>two</td></tr></table>", " one two "),
        ('<img src="data:image/png;base64,AAAA" alt="picture"/>', ""),
    ],
)
def test_a_narrative_is_its_text(inside: str, words: str) -> None:
    assert narrative_words(narrated(inside)) == words


def test_what_has_no_narrative_says_nothing_there() -> None:
    assert narrative_words({"resourceType": "Binary", "contentType": "text/plain"}) == ""
    assert narrative_words({"resourceType": "Basic"}) == ""
    broken = narrated("kept")
    broken["text"]["div"] += "<broken"
    assert narrative_words(broken) == " kept "
    broken["text"]["div"] = '<!DOCTYPE div [<!ENTITY a "b">]><div>&a;</div>'
    assert narrative_words(broken) == ""


def test_all_texts_are_content_and_neither_ids_nor_addresses_nor_files() -> None:
    resource = narrated("narrated") | {
        "id": "idword",
        "meta": {"source": "urn:sourceword", "tag": [{"system": "urn:tagsystem", "code": "tagcode", "display": "Tag"}]},
        "implicitRules": "urn:rulesword",
        "code": {"coding": [{"display": "Displayed", "code": "K-1"}], "text": "Texted"},
        "subject": {"reference": "Patient/refword", "display": "Referred"},
        "created": "2026-11-23",
        "contained": [{"resourceType": "Practitioner", "id": "containedid", "name": [{"given": ["Inner", "Name"]}]}],
        "_created": {"extension": [{"url": "urn:shadow", "valueString": "Shadowed"}]},
        "extension": [
            {"url": "http://extensionword.example", "valueMarkdown": "Marked *down*"},
            {"url": "urn:x", "valueUri": "urn:uriword"},
            {"url": "urn:x", "valueBase64Binary": "Ym9keQ"},
            {"url": "urn:x", "valueAttachment": {"title": "Titled", "data": "Ym9keQ", "url": "http://file.example"}},
            {"url": "urn:x", "valueIdentifier": {"system": "urn:sys", "value": "N-77"}},
        ],
    }
    lines = set(content_words(resource).split("\n"))
    assert lines == {
        " narrated ", " generated ", " tagcode ", " tag ", " displayed ", " k 1 ", " texted ", " referred ",
        " inner ", " name ", " shadowed ", " marked down ", " titled ", " n 77 ",
    }  # fmt: skip


def test_a_phrase_does_not_reach_from_one_text_into_the_next() -> None:
    told = content_words({"resourceType": "Patient", "name": [{"given": ["Kari", "Anna"], "text": "Anna Berg"}]})
    assert read_words('"anna berg"').stand_in(told)
    assert not read_words('"kari anna"').stand_in(told)
    assert read_words("kari anna berg").stand_in(told)


def test_every_official_example_says_something() -> None:
    spoken = 0
    for name, text in load_examples():
        if name in UNREADABLE:
            continue
        tree = json.decode_kept(text)
        told = content_words(tree)
        assert all(line == "" or line == spelled(line) for line in told.split("\n"))
        narrated_ = narrative_words(tree)
        assert narrated_ in told
        spoken += bool(narrated_)
    assert spoken > 600


TEXT = "The patient has pain in the left knee, no fall; metastases in the liver"


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ("(bone OR liver) and metastases", True),
        ("(bone or lung) AND metastases", False),
        ("LEFT knee", True),
        ('"left knee"', True),
        ('"knee left"', False),
        ("left-knee", True),
        ("knee-left", False),
        ("pain -fall", False),
        ("pain -bone", True),
        ("pain NOT bone", True),
        ("pain not", False),
        ('pain -"right knee"', True),
        ("-(bone or lung)", True),
        ("bone or knee liver", True),
        ("bone or knee lung", False),
        ("(bone or knee) lung", False),
        ("metas*", True),
        ("tastases", False),
        ("metas", False),
        ('"left kne"*', False),
        ("--pain", True),
        ("pain , ; - –", True),
        ('"and"', False),
        ("knee and and", None),
        ("knee or", None),
        ("or knee", None),
        ("(knee", None),
        ("knee)", None),
        ("()", None),
        ('"knee', None),
        ("", None),
        ("-", None),
        ("«»", None),
        ("knee NOT", None),
    ],
)
def test_what_is_asked_by_words(asked: str, holds: bool | None) -> None:
    if holds is None:
        with pytest.raises(Wrong) as told:
            read_words(asked)
        assert 1 <= told.value.at <= len(asked) + 1
        assert told.value.code == "value"
    else:
        assert fits(asked, TEXT) is holds


@pytest.mark.parametrize(
    "asked",
    ["a" * (MAX_TEXT + 1), "a " * (MAX_WORDS + 1), "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH, "-" * MAX_DEPTH + "a"],
    ids=["long", "many", "deep", "negated"],
)
def test_words_are_not_too_many(asked: str) -> None:
    with pytest.raises(Wrong) as told:
        read_words(asked)
    assert told.value.code == "too-costly"


def test_as_many_as_are_said_are_taken() -> None:
    assert fits("a " * MAX_WORDS, "a")
    assert fits("(" * (MAX_DEPTH - 1) + "a" + ")" * (MAX_DEPTH - 1), "a")


@given(st.text(alphabet='ab "()-*\t,orANDNOT', max_size=40))
def test_any_text_is_read_or_refused_with_its_place(asked: str) -> None:
    try:
        words = read_words(asked)
    except Wrong as wrong:
        at = wrong.at
    else:
        at = 1 + words.stand_in(spelled("a b"))
    assert 1 <= at <= len(asked) + 1
