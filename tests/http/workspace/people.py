"""Who works on the region in these tests, and how they read pages and send forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

import httpx

from saman.kernel.outcome import Refusal
from tests.http.app.conftest import Agder

TONE, ELLEN, SILJE = "tone-larsen", "ellen-vik", "silje-haugen"
SECOND = "Practitioner/second-administrator"

Form = dict[str, str]


class _Forms(HTMLParser):
    """The forms of a page, by address: fields and texts as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self.form: Form = {}
        self.area = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        had = dict(attributes)
        name = had.get("name") or ""
        if tag == "form":
            self.form = self.forms.setdefault(had.get("action") or "", {})
        elif tag == "input" and name and (had.get("type") not in ("radio", "checkbox") or "checked" in had):
            self.form[name] = had.get("value") or ""
        elif tag == "textarea":
            self.area = name
            self.form[name] = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.form[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.form[self.area] = self.form[self.area].removeprefix("\n")
            self.area = ""


class Page:
    """An answer as a reader sees it."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.text = answer.text
        self.address = answer.url.path
        reader = _Forms()
        reader.feed(answer.text)
        self.forms = reader.forms

    def may(self, act: str) -> bool:
        """Whether the page offers an act."""
        return any(address.endswith(f"/{act}") for address in self.forms)


class Reader:
    """Somebody at work in a browser that follows where it is sent."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> Page:
        return Page(await self.client.get(path, follow_redirects=True))

    async def send(self, page: Page, to: str, /, **fields: str) -> Page:
        """Sends the form whose address ends with `to`, with fields filled in."""
        address = next(one for one in page.forms if one.endswith(to))
        return await self.post(address, page.forms[address] | fields)

    async def post(self, address: str, fields: Form) -> Page:
        return Page(await self.client.post(address, data=fields, follow_redirects=True))


@asynccontextmanager
async def at_work(agder: Agder, user: str) -> AsyncIterator[Reader]:
    """Somebody signed in, reading in English."""
    async with agder.browser() as client:
        answer = await client.post("/auth/demo", data={"user": user})
        assert answer.status_code == 303, answer.text
        client.cookies.set("lang", "en")
        yield Reader(client)


async def second_administrator(agder: Agder) -> None:
    """Somebody else with the mandates of an administrator."""
    id = SECOND.partition("/")[2]
    code = [{"coding": [{"system": "urn:saman:role", "code": "region-administrator"}]}]
    unit = {"reference": "Organization/agder-e-health-secretariat"}
    person = {"resourceType": "Practitioner", "id": id, "active": True, "name": [{"text": "Siv Berg"}]}
    role = {"resourceType": "PractitionerRole", "id": id, "active": True, "code": code, "organization": unit}
    await put(agder, person)
    await put(agder, role | {"practitioner": {"reference": SECOND}})


async def put(agder: Agder, resource: dict[str, Any]) -> None:
    """Written by the system."""
    answer = await agder.system.update(resource["resourceType"], resource["id"], resource)
    assert not isinstance(answer, Refusal), answer
