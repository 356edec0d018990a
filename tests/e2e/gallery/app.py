"""The citizen's pages over made-up content. `/as/{state}` signs in; it exists only here."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from saman.apps.citizen.routes import routes
from saman.apps.ui import pages, static
from saman.apps.ui.pages import words_of
from saman.apps.ui.security import SecurityHeaders

from .content import ANSWERED, NOW, SENT
from .desk import DeskFixture
from .people import FrontFixture, Person


class Signed:
    """Puts a session on requests that carry the gallery's cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            if request.cookies.get("who"):
                scope.setdefault("state", {})["session"] = SimpleNamespace(
                    csrf="gallery-secret-0123456789",
                    actor=f"Patient/{request.cookies['who']}",
                    user_name="Ingrid Aasen",
                    role="Innbygger",
                    organization_name="",
                    language="",
                )
        await self.app(scope, receive, send)


@cache
def loaded() -> static.Assets:
    """The assets, packed once for all tests."""
    return static.load()


def make_app() -> Starlette:
    """A fresh gallery with its own people."""
    people = {"ordinary": Person(), "empty": Person(), "broken": Person()}
    people["empty"].empty = True
    people["broken"].broken = True
    people["answered"] = Person()
    people["answered"].answers = dict(ANSWERED)
    people["sent"] = Person()
    people["sent"].sent = {"draft-1": SENT}

    def desk(request: Request) -> DeskFixture:
        return DeskFixture(people[request.cookies["who"]], words_of(request))

    async def sign_in(request: Request) -> Response:
        response = RedirectResponse("/citizen", 303)
        response.set_cookie("who", request.path_params["state"])
        return response

    async def demo_sign_in(request: Request) -> Response:
        response = RedirectResponse("/citizen", 303)
        response.set_cookie("who", "ordinary")
        return response

    assets = loaded()
    app = Starlette(
        routes=[
            *routes(lambda request: FrontFixture(), desk),
            Route("/as/{state}", sign_in),
            Route("/auth/demo", demo_sign_in, methods=["POST"]),
            static.static_route(assets),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(Signed)],
    )
    app.state.pages = pages.pages(assets, lambda: NOW, ZoneInfo("Europe/Oslo"), demo=True, secure_cookies=False)
    app.state.people = people
    return app
