"""Composition root: the one place where settings, database and rooms are put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from saman.kernel.outcome import Refusal
from saman.ops.database import Source
from saman.ops.settings import Settings

CONNECTIONS = 16
"""Connections to the database of each server process."""


def prepare(settings: Settings, source: Source, say: Callable[[str], None]) -> Refusal | None:
    """Bring the database to the shape and content that serving needs. Running it again changes nothing."""
    from saman.record.migrate import migrate

    if source.admin_url:
        say("Bringing the database up to date")
        migrate(source.admin_url, source.app_role)
    return None


def application(settings: Settings) -> Starlette:
    """The web application for `settings`, whose database is ready."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(settings.database_url, min_size=2, max_size=CONNECTIONS) as pool:
            app.state.pool = pool
            app.state.settings = settings
            yield

    return Starlette(routes=[*_health()], lifespan=lifespan)


def _health() -> list[Route]:
    return [Route("/health/live", _live), Route("/health/ready", _ready)]


async def _live(_request: Request) -> Response:
    return JSONResponse({"status": "live"})


async def _ready(request: Request) -> Response:
    try:
        await request.app.state.pool.fetchval("SELECT 1", timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return JSONResponse({"status": "not ready", "missing": "database"}, status_code=503)
    return JSONResponse({"status": "ready"})
