"""Who comes into the workspace, and what they find there."""

from __future__ import annotations

import pytest

from tests.http.app.conftest import Agder


async def test_the_administrator_begins_there(agder: Agder) -> None:
    async with agder.browser() as browser:
        answer = await browser.post("/auth/demo", data={"user": "tone-larsen"})
        assert answer.headers["location"] == "/region/work"
        page = await browser.get("/region/work")
        assert page.status_code == 200
        assert "Agder" in page.text


@pytest.mark.parametrize(("user", "status"), [("silje-haugen", 200), ("ingrid-aasen", 403)])
async def test_everybody_at_work_reads_and_nobody_else(agder: Agder, user: str, status: int) -> None:
    async with agder.signed_in(user) as browser:
        assert (await browser.get("/region/work")).status_code == status


async def test_who_has_not_signed_in_is_sent_to_the_front_page(agder: Agder) -> None:
    async with agder.browser() as browser:
        answer = await browser.get("/region/work")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await browser.get("/region")).status_code == 200
