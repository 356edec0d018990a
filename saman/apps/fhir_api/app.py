"""The R4 interface as one ASGI application, to be mounted at `/fhir`.

Calls are handled without a framework's request and response objects, which on a read would cost more than all the rest
of this layer (figures in docs/subsystems/fhir-api.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from saman.apps.fhir_api.answer import Answer, refusal_answer, send_answer
from saman.apps.fhir_api.bulk.routes import bulk_routes
from saman.apps.fhir_api.bundles import process_bundle
from saman.apps.fhir_api.call import Admit, Call, everything
from saman.apps.fhir_api.capability import capability_statement
from saman.apps.fhir_api.failures import failure_answer, refused_answer
from saman.apps.fhir_api.identify import Identify
from saman.apps.fhir_api.negotiation import CONTENT, FHIR_JSON, answer_type, content_type_of
from saman.apps.fhir_api.openapi import openapi_document
from saman.apps.fhir_api.operations.routing import operation_routes
from saman.apps.fhir_api.operations.standard import OPERATIONS
from saman.apps.fhir_api.operations.subscriptions.answers import SOCKET
from saman.apps.fhir_api.published import Published
from saman.apps.fhir_api.reading import history, read, vread
from saman.apps.fhir_api.routes import Interaction, Policy, Route, Table
from saman.apps.fhir_api.searching import search, search_posted
from saman.apps.fhir_api.tables.running import Tables
from saman.apps.fhir_api.terminology_capability import terminology_capabilities
from saman.apps.fhir_api.writing import create, delete, delete_where, patch, patch_where, update, update_where
from saman.kernel.bounds import Bounds
from saman.kernel.clock import Clock
from saman.kernel.outcome import Refusal
from saman.model.fhir import compartments
from saman.record import Store

EXPORTS = Path(".saman/exports")

_I, _RECORD = Interaction, Policy.RECORD
_COMPARTMENTS = tuple(compartments)

RECORD_ROUTES: tuple[Route, ...] = (
    Route("POST", "", _I.BUNDLE, process_bundle, _RECORD),
    Route("GET", "", _I.SEARCH_SYSTEM, search, _RECORD),
    Route("POST", "_search", _I.SEARCH_SYSTEM, search_posted, _RECORD),
    Route("GET", "_history", _I.HISTORY_SYSTEM, history, _RECORD),
    Route("GET", "{type}", _I.SEARCH_TYPE, search, _RECORD),
    Route("POST", "{type}/_search", _I.SEARCH_TYPE, search_posted, _RECORD),
    Route("POST", "{type}", _I.CREATE, create, _RECORD),
    Route("PUT", "{type}", _I.UPDATE, update_where, _RECORD),
    Route("PATCH", "{type}", _I.PATCH, patch_where, _RECORD),
    Route("DELETE", "{type}", _I.DELETE, delete_where, _RECORD),
    Route("GET", "{type}/_history", _I.HISTORY_TYPE, history, _RECORD),
    Route("GET", "{type}/{id}", _I.READ, read, _RECORD),
    Route("PUT", "{type}/{id}", _I.UPDATE, update, _RECORD),
    Route("PATCH", "{type}/{id}", _I.PATCH, patch, _RECORD),
    Route("DELETE", "{type}/{id}", _I.DELETE, delete, _RECORD),
    Route("GET", "{type}/{id}/_history", _I.HISTORY_INSTANCE, history, _RECORD),
    Route("GET", "{type}/{id}/_history/{version}", _I.VREAD, vread, _RECORD),
    Route("GET", "{type}/{id}/{inside}", _I.SEARCH_COMPARTMENT, search, _RECORD, _COMPARTMENTS),
    Route("POST", "{type}/{id}/{inside}/_search", _I.SEARCH_COMPARTMENT, search_posted, _RECORD, _COMPARTMENTS),
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken at all: the largest body that is read, and what the region says of its content."""

    most_bytes: int = Bounds().body
    admit: Admit = everything


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What is not in the record: the folder of bulk exports, and what serves the web sockets of subscriptions."""

    exports: Path = EXPORTS
    sockets: ASGIApp | None = None


class _FhirApp:
    def __init__(
        self, table: Table, store: Store, identify: Identify, base: str, limits: Limits, sockets: ASGIApp | None
    ) -> None:
        self._table = table
        self._store = store
        self._identify = identify
        self._base = base
        self._limits = limits
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await (self._sockets if self._sockets is not None and _is_socket(scope) else _no_socket)(
                scope, receive, send
            )
            return
        call = Call(scope, receive, self._base, self._limits.most_bytes, self._limits.admit)
        found = self._table.find(call)
        if isinstance(found, Refusal):
            await send_answer(refusal_answer(found, call), call, send)
            return
        scope.setdefault("state", {})["fhir_route"] = found.pattern
        await send_answer(await self._answer(call, found), call, send)

    async def _answer(self, call: Call, route: Route) -> Answer:
        try:
            answer = await self._handled(call, route)
        except Exception as error:  # whatever breaks, the caller gets an OperationOutcome and the log a line
            return failure_answer(error, call, route.interaction.value)
        return refused_answer(answer, call, route.interaction.value) if isinstance(answer, Refusal) else answer

    async def _handled(self, call: Call, route: Route) -> Answer | Refusal:
        if route.policy is not Policy.PUBLIC:
            nobody = await call.enter(self._store, self._identify)
            if nobody is not None:
                return nobody
        asked = call.form_of_answer()
        form = FHIR_JSON if route.own_form else _form(call, route, asked.get("_format", ""))
        answer = form if isinstance(form, Refusal) else await route.handler(call)
        if isinstance(form, Refusal) or isinstance(answer, Refusal):
            return answer
        return _shaped(answer, form, is_pretty=asked.get("_pretty") == "true")


def _form(call: Call, route: Route, wanted: str) -> str | Refusal:
    """The Content-Type of the answer, as far as it is a resource."""
    accept = call.header(b"accept")
    if call.type != "Binary" or route.interaction not in (Interaction.READ, Interaction.VREAD):
        return answer_type(accept, wanted)
    form = content_type_of(accept, wanted)
    call.wants_content = form == CONTENT
    return form or FHIR_JSON


def _is_socket(scope: Scope) -> bool:
    path: str = scope["path"]
    return path == f"{scope.get('root_path', '')}/{SOCKET}"


async def _no_socket(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close", "code": 1008})


def _shaped(answer: Answer, form: str, *, is_pretty: bool) -> Answer:
    if answer.content_type.startswith("application/fhir+json"):
        answer.content_type = form
    if is_pretty and answer.body:
        answer.body = msgspec.json.format(answer.body, indent=2)
    return answer


def fhir_app(
    store: Store,
    identify: Identify,
    clock: Clock,
    base_url: str,
    limits: Limits | None = None,
    smart: Mapping[str, Any] | None = None,
    beside: Beside | None = None,
) -> ASGIApp:
    """The interface over `store`, whose resources are addressed below `base_url` (`https://…/fhir`, without a slash).

    `smart` is what apps are told where they are let in. Raises ValueError when a route declares no policy.
    """
    beside = beside or Beside()
    base = base_url.rstrip("/")
    published = Published(
        lambda known: capability_statement(RECORD_ROUTES, base, clock(), smart, OPERATIONS, known),
        lambda known: openapi_document(RECORD_ROUTES, base, OPERATIONS, known),
        lambda: terminology_capabilities(base, clock(), OPERATIONS),
        store.parameters,
        smart,
    )
    public: tuple[Route, ...] = (
        Route("GET", "metadata", Interaction.CAPABILITIES, published.metadata, Policy.PUBLIC),
        Route("GET", "openapi.json", Interaction.OPENAPI, published.openapi, Policy.PUBLIC),
    )
    if smart is not None:
        told = Route("GET", ".well-known/smart-configuration", Interaction.SMART, published.smart, Policy.PUBLIC)
        public = (*public, told)
    return _FhirApp(
        Table(
            (*RECORD_ROUTES, *operation_routes(OPERATIONS), *bulk_routes(beside.exports), *Tables().routes(), *public)
        ),
        store,
        identify,
        base,
        limits or Limits(),
        beside.sockets,
    )
