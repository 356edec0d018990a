"""Everything for apps, put together: addresses, who may call the FHIR interface, and from which web pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.auth.identity import Identity
from saman.apps.auth.smart.authorizing import Authorizing, Standing
from saman.apps.auth.smart.bearer import Bearer
from saman.apps.auth.smart.configuration import Addresses, smart_configuration
from saman.apps.auth.smart.identity_tokens import IdentityTokens
from saman.apps.auth.smart.issuing import Issuing
from saman.apps.auth.smart.noting import Notes
from saman.apps.auth.smart.opening import Openings
from saman.apps.auth.smart.origins import Origins
from saman.apps.auth.smart.proof import Doorkeeper
from saman.apps.auth.smart.tokening import Tokening, Tools
from saman.apps.auth.smart.waiting import CONSENT
from saman.apps.auth.tokens import Tokens
from saman.apps.ui.pages import see
from saman.kernel.clock import Clock
from saman.record import Store
from saman.record.apps.approvals import Approvals
from saman.record.apps.clients import Clients

Endpoint = Callable[[Request], Awaitable[Response]]


class Smart:
    """SMART App Launch for one installation at `base_url`; `standing` gives the context of a signed-in request."""

    def __init__(
        self,
        store: Store,
        identity: Identity,
        tokens: Tokens,
        standing: Standing,
        clock: Clock,
        base_url: str,
        *,
        secure: bool,
    ) -> None:
        self._at = Addresses(base_url.rstrip("/"))
        self._clients = Clients(store.pool)
        self._clock = clock
        approvals, notes = Approvals(store.pool), Notes(store, clock)
        names = IdentityTokens(store, self._at)
        self.bearer = Bearer(identity, tokens, approvals, clock)
        doorkeeper = Doorkeeper(self._clients, approvals, frozenset({self._at.token}), notes.refused)
        issuing = Issuing(approvals, identity, tokens, names, notes, self._at)
        self._authorizing = Authorizing(store, standing, notes, clock, self._at, secure=secure)
        self._openings = Openings(store, standing, notes, self._at)
        self._tokening = Tokening(
            Tools(
                doorkeeper=doorkeeper,
                issuing=issuing,
                approvals=approvals,
                bearer=self.bearer,
                tokens=tokens,
                names=names,
                notes=notes,
                clock=clock,
                at=self._at,
            )
        )

    @property
    def configuration(self) -> Mapping[str, Any]:
        """What apps are told of this server, also below the FHIR interface."""
        return smart_configuration(self._at)

    @property
    def origins(self) -> Middleware:
        """The middleware that lets pages of registered apps call, to stand before everything that answers them."""
        return Middleware(Origins, clients=self._clients, clock=self._clock)

    def routes(self) -> list[BaseRoute]:
        """The addresses below /auth and /.well-known."""
        own, called, opened = self._authorizing, self._tokening, self._openings
        return [
            _get("/.well-known/smart-configuration", called.smart),
            _get("/.well-known/openid-configuration", called.openid),
            _get("/auth/jwks", called.keys),
            _get("/auth/authorize", own.begin),
            _get(CONSENT, own.consent),
            _post(CONSENT, own.decide),
            _get(f"{CONSENT}/person", _back),
            _post(f"{CONSENT}/person", own.person),
            _post(f"{CONSENT}/leave", own.leave),
            _post("/auth/token", called.token),
            _post("/auth/introspect", called.introspect),
            _post("/auth/revoke", called.revoke),
            _post("/auth/launch", opened.launch),
            _get("/auth/apps", opened.apps),
            _post("/auth/apps", opened.end),
        ]


async def _back(request: Request) -> Response:
    """A search for a person is a form's answer; who reloads it or changes the language begins the search again."""
    return see(CONSENT)


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"])


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"])
