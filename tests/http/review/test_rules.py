"""The data-protection officer tries rules before they are in force: numbers alone, and nothing is changed."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from tests.http.app.conftest import Agder
from tests.http.app.test_who_looked import main_of, token_in

REVIEWER, OFFICER, NURSE = "unni-lund", "ellen-vik", "silje-haugen"
RULES = "/review/rules"
CLOSED = """
  - id: no-readings
    agreement: home-follow-up-agder
    says: The centre sees no readings.
    parties: [agder-telemedicine-centre]
    never_sees: [readings]
    sample: true
"""
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


def texts(page: str) -> dict[str, str]:
    """What stands in the two fields."""
    found = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    return {name: unescape(text) for name, text in found}


async def tried(officer: httpx.AsyncClient, **changed: str) -> httpx.Response:
    """The answer to rules with some text changed."""
    page = (await officer.get(RULES, params={"lang": "en"})).text
    return await officer.post(RULES, data=texts(page) | {"csrf": token_in(page)} | changed)


async def test_rules_are_tried_by_officers_alone(agder: Agder) -> None:
    for other in (REVIEWER, NURSE):
        async with agder.signed_in(other) as client:
            answer = await client.get(RULES)
            assert answer.status_code == 403
            assert "<textarea" not in answer.text
            page = (await client.get("/team" if other == NURSE else "/review")).text
            assert (await client.post(RULES, data={"csrf": token_in(page)})).status_code in (403, 422)


async def test_the_rules_in_force_change_nothing(agder: Agder) -> None:
    async with agder.signed_in(OFFICER) as officer:
        page = (await officer.get(RULES)).text
        assert set(texts(page)) == {"region", "country"}
        answer = await tried(officer)
        assert answer.status_code == 200
        assert "Nothing would change" in answer.text


async def test_other_rules_say_who_would_lose_sight_about_how_many_people(agder: Agder) -> None:
    async with agder.signed_in(NURSE) as nurse:
        assert (await nurse.get("/team")).status_code == 200
    async with agder.signed_in(OFFICER) as officer:
        page = (await officer.get(RULES)).text
        answer = await tried(officer, region=texts(page)["region"].replace("\n", "\r\n") + CLOSED)
        shown = main_of(answer.text)
        assert answer.status_code == 200
        assert "Would lose sight" in shown
        assert "Would gain sight" not in shown
        assert re.search(r"telemedicine nurse .*? readings from home \d+", shown)
        assert "Ingrid" not in shown
        assert "never_sees: [readings]" in texts(answer.text)["region"]
    async with agder.signed_in(NURSE) as nurse:
        assert "SpO" in (await nurse.get("/team/people/ingrid-aasen")).text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema: 0\nregion: no-agder\nrows: [{id: x}]\n", "Row x"),
        ("rows: [", "not well-formed"),
        (BOMB, "what an alias"),
    ],
)
async def test_rules_that_cannot_be_read_say_where(agder: Agder, text: str, said: str) -> None:
    async with agder.signed_in(OFFICER) as officer:
        answer = await tried(officer, region=text)
        assert answer.status_code == 422
        assert said in unescape(answer.text)
        assert texts(answer.text)["region"].strip() == text.strip()


async def test_a_form_from_elsewhere_tries_nothing(agder: Agder) -> None:
    async with agder.signed_in(OFFICER) as officer:
        answer = await tried(officer, csrf="")
        assert answer.status_code == 403
