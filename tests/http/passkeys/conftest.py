"""The application with passkeys on, in a country whose rules let a passkey do for staff."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from saman.flows.governance.resources import applied
from saman.ops.application import Parts, application
from saman.ops.demo import demo_bundles
from saman.ops.region import Region, open_region
from saman.record import Store, open_store, process, system
from saman.record.credentials.passkeys import Credentials
from saman.record.record import Record
from tests.http.passkeys.authenticator import Authenticator

REGIONS = Path(__file__).parents[3] / "regions"
BASE = "http://localhost"
NURSE = "Practitioner/silje-haugen"
START = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def lenient_region(folder: Path) -> Region:
    """Agder, were its country to ask for substantial of staff."""
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    rules = regions / "countries" / "no.access.yaml"
    text = rules.read_text("utf-8")
    assert "level: high\n      means: [HelseID]" in text
    rules.write_text(text.replace("level: high\n      means: [HelseID]", "level: substantial\n      means: [HelseID]"))
    region = open_region(regions / "no-agder")
    assert isinstance(region, Region), region
    return region


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class Keyring:
    """An installation with passkeys."""

    def __init__(self, store: Store, region: Region) -> None:
        self.store, self.region, self.clock = store, region, Clock()
        self.credentials = Credentials(store.pool)
        self.app = self.made()

    def made(self, **changes: Any) -> Any:
        parts: dict[str, Any] = {
            "store": self.store, "region": self.region, "clock": self.clock, "secret": self.store.secret,
            "demo": False, "secure": False, "base_url": BASE, "passkeys": True,
        }  # fmt: skip
        return application(Parts(**(parts | changes)))

    @asynccontextmanager
    async def browser(self, app: Any = None) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"accept": "text/html,*/*", "accept-language": "en"}
        transport = httpx.ASGITransport(app or self.app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
            yield client

    async def accept(self, browser: httpx.AsyncClient, actor: str = NURSE) -> dict[str, Any]:
        """The options for a first key, once an invitation has been accepted."""
        secret = await self.credentials.invite(actor, self.clock())
        answer = await browser.post("/auth/invitation", data={"secret": secret})
        assert answer.headers["location"] == "/auth/passkeys/new", answer.text
        return options_in((await browser.get("/auth/passkeys/new")).text)

    async def enrol(self, browser: httpx.AsyncClient, key: Authenticator, actor: str = NURSE) -> None:
        """Make a first key, which signs its owner in."""
        sent = {"credential": key.create(await self.accept(browser, actor)), "name": "Work telephone"}
        answer = await browser.post("/auth/passkeys/new", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, "/team")

    async def sign_in(self, browser: httpx.AsyncClient, key: Authenticator) -> httpx.Response:
        """What is answered to a key."""
        page = (await browser.get("/auth/passkeys/sign-in")).text
        sent = {"credential": key.get(options_in(page))} | ({"csrf": csrf_in(page)} if 'name="csrf"' in page else {})
        return await browser.post("/auth/passkeys/sign-in", data=sent)


def options_in(page: str) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]+)"', page)
    assert found, page
    return json.loads(html.unescape(found[1]))


def csrf_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page
    return found[1]


@pytest_asyncio.fixture(scope="module")
async def keyring(database: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Keyring]:
    region = lenient_region(tmp_path_factory.mktemp("lenient"))
    store = await open_store(database.app_url, region.policy)
    assert isinstance(store, Store), store
    await applied(store, region.model, START)
    for name, bundle in demo_bundles(START):
        if name == "staff":
            assert isinstance(await process(Record(store, system(START)), bundle), str)
    yield Keyring(store, region)
    await store.close()


@pytest_asyncio.fixture(autouse=True)
async def no_keys(keyring: Keyring) -> None:
    """Every test begins at the start, without keys and invitations."""
    keyring.clock.now = START
    for table in ("passkey", "invitation", "sign_in_begun", "sign_in_try"):
        await keyring.store.pool.execute(f"DELETE FROM {table}")
