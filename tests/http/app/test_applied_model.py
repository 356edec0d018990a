"""A care model applied while servers run: they take it up, and people's pages stay as they were agreed with them."""

from __future__ import annotations

import asyncio
import shutil
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from saman.flows.governance.moving import Moved, move
from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.whole import Region
from saman.ops.database import Source
from saman.ops.region import open_region
from saman.ops.running import InForce, follow, in_force
from saman.ops.settings import Settings, load
from saman.ops.wiring import Application, prepare
from saman.record import open_store
from saman.record.applied import number_now, topic
from tests.applying import AGDER as FOLDER
from tests.applying import FOLLOW_UP, REGIONS, apply, asking_anew, changed, region_files, running
from tests.http.app.conftest import BASE, FRIDAY_NIGHT, Agder, Clock, opened

OLD, NEW = "Hvordan er pusten i dag", "Hvordan puster du i dag"
FORM = "/citizen/report/breathing"
NAME = "Digital home follow-up"


async def shown(agder: Agder, who: str, page: str) -> str:
    """A page of the application as it runs on what is applied."""
    app = agder.made(region=await running(agder.store))
    async with agder.browser(app) as client:
        await client.post("/auth/demo", data={"user": who})
        answer = await client.get(page, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
async def agder(new_database, agder_filled) -> AsyncIterator[Agder]:
    store, region = await opened(new_database(agder_filled).app_url)
    yield Agder(store, region, Clock())
    await store.close()


async def test_the_form_asks_what_was_agreed_until_the_person_is_moved(agder: Agder) -> None:
    files = region_files(FOLDER)
    await apply(agder.store, files, FRIDAY_NIGHT)
    assert OLD in await shown(agder, "ingrid-aasen", FORM)
    agder.clock.forward(hours=1)
    named = changed(asking_anew(files), FOLLOW_UP, f"en: {NAME}}}", "en: Following you at home}")
    await apply(agder.store, named, agder.clock())
    for who in ("ingrid-aasen", "olav-tveit"):
        page = await shown(agder, who, FORM)
        assert OLD in page
        assert NEW not in page
    for page in ("/team", "/team/people/ingrid-aasen"):
        await shown(agder, "silje-haugen", page)

    model = (await running(agder.store)).model
    assert await move(agder.system, model, "digital-home-follow-up") == Moved(moved=2, there=0, staying={})
    page = await shown(agder, "ingrid-aasen", FORM)
    assert NEW in page
    assert OLD not in page


def settings_of(url: str, folder: Path) -> Settings:
    given = {"SAMAN_DATABASE_URL": url, "SAMAN_REGION": str(FOLDER), "SAMAN_DATA_DIR": str(folder)}
    found = load(given | {"SAMAN_NOW": "2026-11-20T21:00:00Z"}, folder)
    assert isinstance(found, Settings), found
    return found


@asynccontextmanager
async def serving(app: Application) -> AsyncIterator[httpx.AsyncClient]:
    """The application of a server process, begun and ended as its server does."""
    asked: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan"}, asked.get, said.put))
    asked.put_nowait({"type": "lifespan.startup"})
    begun = await said.get()
    assert begun["type"] == "lifespan.startup.complete", begun
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client
    app.end_streams()
    asked.put_nowait({"type": "lifespan.shutdown"})
    await said.get()
    await life


async def named_so(client: httpx.AsyncClient, name: str) -> None:
    """Return once the page of the region says it; each round asks the database too, so that others get their turn."""
    async with asyncio.timeout(60):
        while name not in (await client.get("/region", headers={"accept-language": "en"})).text:
            await client.get("/health/ready")


async def test_a_running_server_takes_up_what_is_applied(agder: Agder, new_database, tmp_path) -> None:
    url = new_database().app_url
    store, _ = await opened(url)
    files = region_files(FOLDER)
    await apply(store, files, FRIDAY_NIGHT)
    app = Application(settings_of(url, tmp_path))
    async with serving(app) as client:
        await named_so(client, NAME)
        await apply(store, changed(files, FOLLOW_UP, f"en: {NAME}}}", "en: Following you at home}"), FRIDAY_NIGHT)
        await named_so(client, "Following you at home")
        ready = await client.get("/health/ready")
        assert ready.status_code == 200
    await store.close()


async def test_nothing_is_served_from_a_database_that_no_model_was_applied_to(new_database, tmp_path) -> None:
    app = Application(settings_of(new_database().app_url, tmp_path))
    said: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    asked: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    asked.put_nowait({"type": "lifespan.startup"})
    await app({"type": "lifespan"}, asked.get, said.put)
    answer = await said.get()
    assert answer["type"] == "lifespan.startup.failed"
    assert "saman serve" in answer["message"]


async def test_stored_files_that_no_longer_load_are_refused_with_the_mend(new_database, tmp_path) -> None:
    database = new_database()
    store, _ = await opened(database.app_url)
    files = region_files(FOLDER)
    await apply(store, files, FRIDAY_NIGHT)
    await store.pool.execute(
        "INSERT INTO applied_model SELECT 2, region, folder, version, 'x', day, $1, services, parties, at, author,"
        " reason, origin FROM applied_model",
        packed(changed(files, FOLLOW_UP, "schema: 0", "schema: 99")),
    )
    found = await in_force(store.statements, FOLDER)
    assert isinstance(found, Refusal)
    assert "saman model apply DIR" in found.issues[0].text
    assert any(FOLLOW_UP in issue.path for issue in found.issues)
    await store.close()


def test_a_region_that_does_not_fit_together_is_not_served_and_says_what_mends_it(new_database, tmp_path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    folder = tmp_path / "regions" / FOLDER.name
    (folder / "parties.yaml").write_text("schema: 0\nparties: [\n", "utf-8")
    source = Source(new_database().app_url, "", "")
    said = prepare(replace(settings_of(source.app_url, tmp_path), region=folder), source, lambda _: None)
    assert isinstance(said, Refusal)
    assert "parties.yaml" in said.issues[0].text
    assert f"saman model check {folder}" in said.issues[0].text
    assert said.issues[0].path == "SAMAN_REGION"
    nowhere = replace(settings_of(source.app_url, tmp_path), region=tmp_path / "nowhere")
    missing = prepare(nowhere, source, lambda _: None)
    assert isinstance(missing, Refusal)
    assert "Set SAMAN_REGION to the folder of a region" in missing.issues[0].text


def packed(files: dict[str, str]) -> bytes:
    return zlib.compress(json.encode(files))


async def test_a_day_on_which_files_change_something_begins_at_midnight_there(new_database) -> None:
    denmark = REGIONS / "dk"
    clock = Clock()
    clock.now = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
    begun = open_region(denmark, clock.now.date())
    assert isinstance(begun, Region)
    store = await open_store(new_database().app_url, begun.policy)
    assert not isinstance(store, Refusal)
    await apply(store, region_files(denmark), clock.now, "dk")
    found = await in_force(store.statements, denmark)
    assert isinstance(found, InForce)
    assert found.changes_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    taken: asyncio.Queue[Region] = asyncio.Queue()
    following = asyncio.create_task(follow(store, found, clock, taken.put))
    assert await store.notices.listening(30)
    clock.forward(minutes=30)
    store.notices.tell([topic(store.notices)])
    async with asyncio.timeout(60):
        region = await taken.get()
    assert "health-agreement-nordjylland" not in {one.id for one in region.model.agreements}
    assert await number_now(store.statements) == 2
    following.cancel()
    await store.close()
