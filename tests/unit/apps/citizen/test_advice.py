"""What tells a person what to do never stands alone in words that nobody who grew up with the language has read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from saman.apps.citizen.recorded.asking import questions
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.recorded.today import help_numbers
from saman.apps.citizen.report import AskPage, CheckPage, Row
from saman.apps.citizen.views import Draft, Question
from saman.apps.ui import pages, static
from saman.apps.ui.advice import Advice, advice, beside, translated
from saman.apps.ui.catalogue import APPS, LANGUAGES
from saman.apps.ui.locales import Words
from saman.apps.ui.views import Reader
from saman.flows.reading import Said
from saman.model.care.caremodel import CareModel
from saman.model.care.combine import asked_for
from saman.model.care.service_model import ServiceModel
from saman.ops.region import Region, open_region

REGIONS = Path(__file__).parents[4] / "regions"
NAMES = sorted(path.parent.name for path in REGIONS.glob("*/region.yaml"))
NOW = datetime(2026, 11, 20, 14, 40, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")
INSTRUCTIONS = (
    "This is not an alarm", "Nobody watches your answers as they come in. If you get worse, do not wait for us. Call.",
    "If you get worse, do not wait for an answer here", "Life in danger", "Out-of-hours clinic",
    "Measure once more if you can.", "It stands on a list of late answers at both ends. You can push it too.",
    "It is sent once, by itself, when the network is back and this page or any page here is open."
    " Then you see who reads it, and when.",
)  # fmt: skip
"""What the citizen's pages themselves tell a person to do."""


@cache
def region(name: str) -> Region:
    found = open_region(REGIONS / name)
    assert isinstance(found, Region), found
    return found


@cache
def app() -> Starlette:
    made = Starlette()
    made.state.pages = pages.pages(static.load(), lambda: NOW, OSLO)
    return made


def shown(template: str, view: object, language: str, own: Own) -> str:
    query = f"lang={language}".encode()
    scope = {"type": "http", "method": "GET", "path": "/x", "query_string": query, "headers": [], "app": app()}
    return pages.html(Request(scope), template, view, help=help_numbers(own), acting=None, then="")


class ByLanguage(HTMLParser):
    """The words of a page by the language that they are marked with."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.words: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("input", "br", "meta", "link", "path", "circle", "use", "rect", "img"):
            inherited = self.open[-1][1] if self.open else ""
            self.open.append((tag, dict(attrs).get("lang") or inherited))

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        language = self.open[-1][1] if self.open else ""
        self.words[language] = f"{self.words.get(language, '')} {data}"


def words_of(page: str) -> dict[str, str]:
    reader = ByLanguage()
    reader.feed(page)
    return {language: re.sub(r"\s+", " ", said) for language, said in reader.words.items()}


def own_of(model: CareModel, language: str) -> Own:
    return Own(cast(Any, None), model, Words(language, OSLO, NOW), "p")


def monitored(model: CareModel) -> Iterator[ServiceModel]:
    return (service for service in model.services if service.monitoring is not None)


def pages_of(own: Own, service: ServiceModel) -> Iterator[tuple[str, list[Advice]]]:
    """Each question of a service and the page before sending, with what tells the person what to do on it."""
    assert service.monitoring is not None
    model = own.model
    asked = asked_for(service, model.questionnaire(service.questionnaire), [one.id for one in service.modules])
    every = tuple(questions(own, asked))
    assert len(every) == len(asked.measurements) + len(asked.questions)
    words = service.monitoring.not_an_alarm
    fixed = (own.advice(words.title), own.advice(words.text))
    reader = Reader("R", NOW, NOW, open_now=True)
    draft = Draft(id="d", questions=every, answers={}, reader=reader, receiver="R", self_treatment=True, fixed=fixed)
    numbers = [one.text for one in (help_numbers(own).emergency, help_numbers(own).out_of_hours)]
    told = cast(list[Advice], [one for one in numbers if isinstance(one, Advice)])
    assert len(told) == 2
    for number, question in enumerate(every):
        view = AskPage(
            draft=draft, question=question, number=number, total=len(every), typed={}, back="", onward="", last_text=""
        )
        page = shown("citizen/ask.html", view, own.language, own)
        assert_named(page, question, own)
        yield page, [*told, *(one for one in (question.hint, question.advice) if isinstance(one, Advice))]
    rows = tuple(Row(question=one, text="", confirmed=False) for one in every)
    check = CheckPage(draft=draft, rows=rows, errors=None, comment="")
    yield shown("citizen/check.html", check, own.language, own), [*told, *fixed]


def assert_named(page: str, question: Question, own: Own) -> None:
    """Whatever a service measures or asks has an icon, its own words, and a field for each part."""
    text = " ".join(words_of(page).values())
    assert flat(question.text) in text
    assert all(f'name="{part.id}"' in page for part in question.parts)
    assert all(flat(option) in text for _, option in question.options)


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("read", ["nobody", "own"])
def test_no_service_instructs_in_unread_words_alone(name: str, language: str, read: str) -> None:
    model = region(name).model
    if read == "own":
        reviewed = msgspec.structs.replace(model.region, reviewed_languages=(model.country.language,))
        model = msgspec.structs.replace(model, region=reviewed)
    trusted = model.country.language if read == "own" else "en"
    own = own_of(model, language)
    for service in monitored(model):
        for page, told in pages_of(own, service):
            words = words_of(page)
            for one in told:
                assert flat(one) in words[one.language], (service.id, one)
                assert (one.beside is None) == (one.language == trusted)
                if one.beside is not None:
                    assert one.beside.language == trusted
                    assert flat(one.beside).rstrip(".") in words[trusted], (service.id, one.beside)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_pages_instruct_has_its_source_beside_it_until_it_is_read(language: str) -> None:
    own = own_of(region("no-agder").model, language)
    for message in INSTRUCTIONS:
        told = own.words.advice(message)
        phrase = own.words._catalogue.phrase(message)
        read = language == "en" or (phrase is not None and phrase.reviewed)
        assert (told.beside is None) is read, message
        assert read or told.beside == message


@pytest.mark.parametrize(
    "path", [*sorted(APPS.glob("citizen/templates/*.html")), APPS / "ui/templates/macros/blocks.html"]
)
def test_templates_instruct_only_by_the_rule(path: Path) -> None:
    text = path.read_text("utf-8")
    for message in INSTRUCTIONS:
        assert f'_("{message}")' not in text
    instructed = re.findall(r'advice\("([^"]+)"', text)
    assert set(instructed) <= set(INSTRUCTIONS)
    assert instructed == [] or "beside(" in text or "as_read(" in text


def test_a_language_that_was_read_stands_alone() -> None:
    text = {"en": "Call 112.", "sv": "Ring 112.", "fi": "Soita 112."}
    assert advice(text, "sv", ["sv"]).beside is None
    assert advice(text, "fi", ["sv"]).beside == "Ring 112."
    assert advice(text, "en", ["sv"]).beside == "Ring 112."
    assert advice(text, "en", []).beside is None
    assert advice(text, "fi", []).beside == "Call 112."
    assert (advice(text, "da", ["sv"]), advice(text, "da", ["sv"]).language) == ("Call 112.", "en")
    assert advice({}, "da", ["sv"]) == ""


def test_what_somebody_wrote_stands_beside_its_translation() -> None:
    written = Said("Ring 113", "nb")
    assert translated(Said("Call 113", "en"), written).beside == "Ring 113"
    assert translated(written, written).beside is None


def test_what_stands_beside_is_joined_by_language() -> None:
    one = Advice("Ei hälytys", "fi", Said("Not an alarm", "en"))
    other = Advice("Soita", "fi", Said("Call.", "en"))
    (joined,) = beside((one, other, one, "plain"))
    assert (joined, joined.language) == ("Not an alarm. Call.", "en")
    (alone,) = beside((one,))
    assert alone == "Not an alarm"
