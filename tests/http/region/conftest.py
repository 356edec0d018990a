"""The open pages of the real region, without a database: they read nothing but the region's files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from saman.apps.region.borders import read_borders
from saman.apps.region.routes import region_routes
from saman.apps.ui import pages, static
from saman.apps.ui.security import SecurityHeaders
from saman.kernel.outcome import Refusal
from saman.model.triage.purpose import Adoption
from saman.ops.region import Region, open_region
from saman.ops.shelf import Bookshelf

REGIONS = Path(__file__).parents[3] / "regions"
REGION = REGIONS / "no-agder"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

Get = Callable[..., httpx.Response]
GetFrom = Callable[[str, str], httpx.Response]


def make_app(
    region: Region, manufacturer: str = "demo only", demo: bool = True, packages: Path | None = None
) -> Starlette:
    """The pages as an application of their own."""
    assets = static.load()
    shelf = Bookshelf(region.folder, packages or region.folder / "no-packages", region.files)
    borders = read_borders(region.folder / "borders.geojson")
    assert not isinstance(borders, Refusal)
    app = Starlette(
        routes=[
            *region_routes(region.model, region.policy, shelf, Adoption(manufacturer), borders),
            static.static_route(assets),
        ],
        middleware=[Middleware(SecurityHeaders)],
    )
    app.state.pages = pages.pages(assets, lambda: NOW, ZoneInfo("Europe/Oslo"), demo=demo, secure_cookies=False)
    return app


@pytest.fixture(scope="session")
def region() -> Region:
    """Agder as shipped."""
    found = open_region(REGION)
    assert not isinstance(found, Refusal), found
    return found


@pytest.fixture(scope="session")
def app_of() -> Callable[[Region], Starlette]:
    """Makes the pages of a region."""
    return make_app


@pytest.fixture(scope="session")
def get(region: Region) -> Get:
    """Fetches an address; `manufacturer` and `demo` say how the installation is run."""
    installation = cache(partial(make_app, region))

    def run(path: str, manufacturer: str = "demo only", demo: bool = True) -> httpx.Response:
        return fetched(installation(manufacturer, demo), path)

    return run


def fetched(app: Starlette, path: str) -> httpx.Response:
    """What an application answers at an address."""

    async def fetch() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get(path)

    return asyncio.run(fetch())


@cache
def opened(name: str) -> Region:
    """A region as shipped."""
    found = open_region(REGIONS / name)
    assert not isinstance(found, Refusal), found
    return found


@pytest.fixture(scope="session")
def get_from() -> GetFrom:
    """Fetches an address from the installation of a region, by its name."""
    installation = cache(lambda name: make_app(opened(name)))
    return lambda name, path: fetched(installation(name), path)
