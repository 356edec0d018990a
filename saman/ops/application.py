"""Puts the application together: the one place that knows every part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import structlog
from opentelemetry.trace import Tracer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from saman.apps.audience import AudienceMiddleware, undeclared
from saman.apps.auth.entering import Doorway
from saman.apps.auth.front import Front, Roll, offered
from saman.apps.auth.identity import Identity
from saman.apps.auth.levels import Levels
from saman.apps.auth.middleware import SessionMiddleware
from saman.apps.auth.oidc.routes import ElectronicIdentity
from saman.apps.auth.oidc.way import Way
from saman.apps.auth.pace import Pace
from saman.apps.auth.passkeys.routes import Passkeys
from saman.apps.auth.people import ForWhom
from saman.apps.auth.routes import SignIn
from saman.apps.auth.sessions import OwnSessions
from saman.apps.auth.smart.owners import Owners
from saman.apps.auth.smart.routes import Smart
from saman.apps.auth.tokens import Tokens
from saman.apps.citizen.assessment import assessment_routes
from saman.apps.citizen.desk import CitizenDesk
from saman.apps.citizen.recorded import RecordDesk
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.routes import routes as citizen_routes
from saman.apps.fhir_api.app import EXPORTS, Beside, Limits, fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.apps.ledger.proofs import proof_routes
from saman.apps.ledger.routes import ledger_routes
from saman.apps.region.borders import BORDERS, read_borders
from saman.apps.region.routes import region_routes
from saman.apps.review.desk import Desk as ReviewDesk
from saman.apps.review.routes import routes as review_routes
from saman.apps.review.rules import routes as rules_routes
from saman.apps.team.desk import Desk
from saman.apps.team.lists import MARKS_COOKIE
from saman.apps.team.live import Live
from saman.apps.team.routes import routes as team_routes
from saman.apps.ui.failures import UNKNOWN, FailurePages
from saman.apps.ui.pages import pages, words_of
from saman.apps.ui.security import SecurityHeaders
from saman.apps.ui.static import load, static_route
from saman.apps.withheld import Noted, Withheld, fhir_failure, to_nobody
from saman.apps.workspace.desk import Desk as WorkDesk
from saman.apps.workspace.routes import routes as work_routes
from saman.flows.governance.changes_applying import Files
from saman.flows.monitoring.admission import admitted
from saman.flows.subscription.sending import chance
from saman.flows.subscription.sockets import Sockets
from saman.kernel.bounds import bounds
from saman.kernel.clock import Clock
from saman.kernel.outcome import Refusal
from saman.model.care.basis import said
from saman.model.care.caremodel import CareModel
from saman.model.triage.purpose import Adoption
from saman.ops.demo import offered_first
from saman.ops.metrics import Figures, Measured, Scrape, Traced
from saman.ops.region import Region
from saman.ops.shelf import PACKAGES, Bookshelf
from saman.record import Context, Record, Store, system
from saman.record.ledger.emergency import moment
from saman.record.ledger.state import state_of
from saman.record.ledger.witnessing import Neighbours
from saman.record.sessions import Sessions, SignedIn
from saman.record.traffic import Before, nobody

log = structlog.get_logger()

CHANGE_LIMIT = "change-limit"
"""The right that access rules ask for before a nurse changes a limit."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What an application is made of: storage, region, clock, and how it is run.

    `live` are the streams of an application whose place it takes.
    """

    store: Store
    region: Region
    clock: Clock
    secret: bytes
    demo: bool
    secure: bool
    base_url: str
    triage_manufacturer: str = ""
    metrics_token: str = ""
    fhir_calls: int = 0
    ways: tuple[Way, ...] = ()
    passkeys: bool = False
    eid_transport: httpx.AsyncBaseTransport | None = None
    noted: Noted = to_nobody
    meant: Before = nobody
    neighbours: Neighbours | None = None
    exports: Path = EXPORTS
    packages: Path = PACKAGES
    figures: Figures = msgspec.field(default_factory=Figures)
    tracer: Tracer | None = None
    live: Live | None = None


class UndeclaredAddress(RuntimeError):
    """An address was added without saying whom it is for."""


def application(parts: Parts) -> Starlette:
    """The whole application; raises UndeclaredAddress when an address is for nobody in particular."""
    identity = Identity(parts.store, Tokens(parts.secret), parts.clock, rights_of(parts.region.model))
    sessions = Sessions(parts.store.pool, parts.store.notices)
    smart = _smart(parts, identity)
    live = parts.live or Live(parts.store, sessions, parts.clock, partial(_still_holds, identity))
    parts.store.audit.told = parts.figures.flushed
    assets = load()
    routes: list[BaseRoute] = [
        static_route(assets),
        Route("/health/live", alive, methods=["GET"]),
        Route("/health/ready", _ready(parts.store), methods=["GET"]),
        Route("/health/ledger", _ledger_health(parts), methods=["GET"]),
        Route("/metrics", _metrics(parts, live), methods=["GET"]),
        live.route(),
        *_page_routes(parts, identity, sessions),
        *smart.routes(),
        *_open_routes(parts),
        *(ledger_routes(parts.store, parts.neighbours, parts.clock) if parts.neighbours else ()),
    ]
    missing = undeclared(routes)
    if missing:
        raise UndeclaredAddress(", ".join(missing))
    country = parts.region.model.country
    made = Starlette(
        routes=routes, middleware=_middleware(parts, identity, sessions, smart), exception_handlers=dict(UNKNOWN)
    )
    made.state.figures, made.state.live = parts.figures, live
    made.state.pages = pages(
        assets,
        parts.clock,
        ZoneInfo(country.time_zone),
        parts.demo,
        country.language,
        secure_cookies=parts.secure,
        role_name=partial(role_name, parts.region.model),
    )
    made.state.pages = msgspec.structs.replace(made.state.pages, emergency=partial(_emergency, parts.store))
    return made


def _middleware(parts: Parts, identity: Identity, sessions: Sessions, smart: Smart) -> Sequence[Middleware]:
    return (
        Middleware(Measured, figures=parts.figures),
        *([Middleware(Traced, tracer=parts.tracer)] if parts.tracer is not None else ()),
        smart.origins,
        Middleware(FhirFirst, fhir=_fhir(parts, smart, identity)),
        Middleware(SecurityHeaders),
        Middleware(FailurePages),
        Middleware(Withheld, store=parts.store, noted=parts.noted, meant=parts.meant),
        Middleware(SessionMiddleware, sessions=sessions, identity=identity, clock=parts.clock, secure=parts.secure),
        Middleware(AudienceMiddleware),
    )


def _smart(parts: Parts, identity: Identity) -> Smart:
    stands = partial(standing, clock=parts.clock, identity=identity)
    tokens = Tokens(parts.secret)
    return Smart(parts.store, identity, tokens, stands, parts.clock, parts.base_url, secure=parts.secure)


def _fhir(parts: Parts, smart: Smart, identity: Identity) -> ASGIApp:
    limits = Limits(most_bytes=bounds().body, admit=partial(admitted, parts.region.model))
    base, who = f"{parts.base_url}/fhir", smart.bearer.of_headers
    if parts.fhir_calls:
        who = Pace(who, parts.fhir_calls, parts.figures.slowed.inc).of_headers
    stand = Owners(parts.store, identity, parts.clock).stand
    sockets = Sockets(parts.store, stand, parts.clock, base, chance())
    app = fhir_app(
        parts.store, who, parts.clock, base, limits, smart.configuration, Beside(exports=parts.exports, sockets=sockets)
    )
    return Withheld(app, parts.store, parts.noted, fhir_failure, parts.meant)


def _page_routes(parts: Parts, identity: Identity, sessions: Sessions) -> list[BaseRoute]:
    doorway = Doorway(parts.store, identity, sessions, parts.clock, parts.figures.entered, secure=parts.secure)
    levels = Levels(parts.region.policy, parts.region.identity)
    electronic = ElectronicIdentity(
        parts.store, doorway, levels, parts.clock, parts.ways, parts.base_url, parts.eid_transport
    )
    sign_in = SignIn(parts.store, doorway, parts.clock, electronic.leaving, demo=parts.demo)
    own_keys = Passkeys(parts.store, doorway, levels, parts.clock, parts.base_url).routes() if parts.passkeys else []
    ways = offered(parts.ways, passkeys=parts.passkeys)
    roll = Roll(offered_first(parts.region.model))

    def front_for(request: Request) -> Front:
        record = Record(parts.store, system(parts.clock(), request.state.request_id))
        words = words_of(request)
        model = parts.region.model
        name = said(model.region.name, words.language)
        return Front(roll, record, model.roles, words, name, ways, demo=parts.demo)

    def desk_for(request: Request) -> CitizenDesk:
        return RecordDesk(own_for(request))

    def own_for(request: Request) -> Own:
        session: SignedIn = request.state.session
        record = Record(parts.store, standing(request, parts.clock, identity))
        return Own(record, parts.region.model, words_of(request), session.about)

    def review_desk_for(request: Request) -> ReviewDesk:
        record = Record(parts.store, standing(request, parts.clock, identity))
        return ReviewDesk(record=record, model=parts.region.model, words=words_of(request))

    files = Files(texts=parts.region.files, folder=parts.region.loaded.folder)

    def work_desk_for(request: Request) -> WorkDesk:
        record = Record(parts.store, standing(request, parts.clock, identity))
        return WorkDesk(record=record, model=parts.region.model, words=words_of(request), files=files)

    def team_desk_for(request: Request) -> Desk:
        return Desk(
            record=Record(parts.store, standing(request, parts.clock, identity)),
            model=parts.region.model,
            words=words_of(request),
            name=request.state.session.name,
            adoption=Adoption(parts.triage_manufacturer),
            wants_marks=request.cookies.get(MARKS_COOKIE) != "off",
        )

    return [
        *sign_in.routes(),
        *electronic.routes(),
        *OwnSessions(sessions, doorway, parts.clock).routes(),
        *ForWhom(parts.store, doorway, parts.clock).routes(),
        *own_keys,
        *citizen_routes(front_for, desk_for),
        *assessment_routes(own_for, desk_for),
        *proof_routes(own_for),
        *team_routes(team_desk_for),
        *review_routes(review_desk_for),
        *rules_routes(review_desk_for, parts.region.rulebook),
        *work_routes(work_desk_for),
    ]


def _open_routes(parts: Parts) -> list[BaseRoute]:
    borders = read_borders(parts.region.folder / BORDERS)
    if isinstance(borders, Refusal):
        log.warning("maps are drawn without borders", why=borders.issues[0].text)
        borders = None
    shelf = Bookshelf(parts.region.folder, parts.packages, parts.region.files)
    return region_routes(parts.region.model, parts.region.policy, shelf, Adoption(parts.triage_manufacturer), borders)


def standing(request: Request, clock: Clock, identity: Identity) -> Context:
    """The context of a request whose session has been found."""
    session: SignedIn = request.state.session
    rights = identity.rights.get(session.role, frozenset())
    return session.standing(clock(), request.state.request_id, rights)


def role_name(model: CareModel, id: str, language: str) -> str:
    """What a role is called."""
    role = model.role(id)
    return said(role.name, language) if role else id


def rights_of(model: CareModel) -> dict[str, frozenset[str]]:
    """What the region's service models let each role do beyond what access rules give."""
    changing = {one.role for service in model.every_service for one in service.roles if one.may_change_limits}
    return dict.fromkeys(changing, frozenset({CHANGE_LIMIT}))


def _emergency(store: Store) -> datetime | None:
    """Until when the log may be kept elsewhere; None when nobody has said so."""
    mode = store.audit.beside.mode if store.audit.beside is not None else None
    return moment(mode.until) if mode is not None else None


def _metrics(parts: Parts, live: Live) -> Any:
    scrape = Scrape(parts.figures, parts.store, lambda: live.streams, parts.metrics_token, demo=parts.demo)

    async def metrics(request: Request) -> Response:
        """What the servers measure of themselves."""
        return await scrape(request)

    return metrics


async def _still_holds(identity: Identity, session: SignedIn) -> bool:
    return await identity.holds(session.actor, session.party, session.role)


async def alive(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


def _ready(store: Store) -> Any:
    async def ready(request: Request) -> Response:
        """The database answers too."""
        await store.pool.fetchval("SELECT 1")
        return PlainTextResponse("ok")

    return ready


def _ledger_health(parts: Parts) -> Any:
    async def ledger(request: Request) -> Response:
        """Whether the log is what it should be, and proven to be."""
        troubles = (await state_of(parts.store.pool)).troubles(parts.clock())
        return PlainTextResponse("\n".join(troubles) or "ok", 503 if troubles else 200)

    return ledger
