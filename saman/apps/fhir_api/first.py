"""Leads calls below `/fhir` straight to the interface, past everything that only pages need."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class FhirFirst:
    """The outermost middleware: `/fhir` and what lies below it go to `fhir`, everything else to `app`.

    A mount would answer `POST /fhir`, where bundles go, with a redirect to `/fhir/` that clients do not follow.
    """

    def __init__(self, app: ASGIApp, fhir: ASGIApp, prefix: str = "/fhir") -> None:
        self._app = app
        self._fhir = fhir
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on to whom it is addressed."""
        root = scope.get("root_path", "") + self._prefix
        path: str = scope.get("path", "")
        if scope["type"] in ("http", "websocket") and (path == root or path.startswith(f"{root}/")):
            await self._fhir({**scope, "root_path": root}, receive, send)
        else:
            await self._app(scope, receive, send)
