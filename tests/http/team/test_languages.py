"""What people wrote is read aloud in the language it is written in, also on a page in another one (WCAG 3.1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import pytest

from saman.flows.reading import TRANSLATION
from tests.http.team.conftest import CENTRE, PRACTICE

pytestmark = pytest.mark.postgres
TYPES = ("Patient", "CarePlan", "Goal", "Task", "Communication", "QuestionnaireResponse", "Flag", "AllergyIntolerance")
CITIZEN_PAGES = ("plan", "self-treatment", "messages", "happened", "readings/spo2", "readings/pulse")
TEAM_PAGES = (
    "people/ingrid-aasen",
    "people/ingrid-aasen/summary",
    "messages/ingrid-aasen",
    "people/ingrid-aasen/limit",
)


def written(value: Any) -> Iterator[str]:
    """Every text that is translated, as it stands in the resource."""
    if isinstance(value, list):
        for one in value:
            yield from written(one)
    if isinstance(value, dict):
        for name, one in value.items():
            if name.startswith("_") and any(e.get("url") == TRANSLATION for e in one.get("extension", ())):
                yield value[name[1:]]
            yield from written(one)


async def texts(team) -> set[str]:
    found = set()
    for type_name in TYPES:
        about = ("_id" if type_name == "Patient" else "patient", "ingrid-aasen")
        page = await team.system.search(type_name, [about, ("_count", "1000")])
        found |= {text for one in page.matches for text in written(one.resource()) if " " in text}
    return found


def bare(page: str, known: set[str]) -> list[str]:
    """Texts on the page that do not say their language."""
    body = re.sub(r"<title>.*?</title>", "", page)
    unmarked = re.sub(r'<(span|p)( class="[^"]*")? lang="en">.*?</\1>', "", body, flags=re.DOTALL)
    return sorted(text for text in known if str(escape(text)) in unmarked)


@pytest.mark.parametrize("language", ["fi", "sv"])
async def test_texts_that_are_not_translated_say_what_language_they_are_in(team, language):
    known = await texts(team)
    assert len(known) > 10
    seen = ""
    async with team.as_("ingrid-aasen") as citizen:
        for path in CITIZEN_PAGES:
            page = (await citizen.get(f"/citizen/{path}?lang={language}")).text
            assert bare(page, known) == [], path
            seen += page
    for user, paths in ((CENTRE, (*TEAM_PAGES, "")), (PRACTICE, ("people/ingrid-aasen/summary", ""))):
        async with team.as_(user) as professional:
            for path in paths:
                page = (await professional.get(f"/team/{path}?lang={language}".replace("/?", "?"))).text
                assert bare(page, known) == [], path
                seen += page
    assert seen.count('<span lang="en">') > 20


async def test_texts_that_are_translated_need_not_say_it(team):
    known = await texts(team)
    async with team.as_("ingrid-aasen") as citizen:
        for path in CITIZEN_PAGES:
            page = (await citizen.get(f"/citizen/{path}?lang=nb")).text
            assert '<span lang="en">' not in page
            assert bare(page, known) == [], path
