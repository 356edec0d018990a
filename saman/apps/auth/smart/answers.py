"""Answers of the token endpoint and its neighbours (https://www.rfc-editor.org/rfc/rfc6749#section-5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.ui.security import FORM_TYPE

MOST_BYTES = 32_000
MOST_FIELDS = 50


class Wrong(msgspec.Struct, frozen=True):
    """An error of OAuth; `why` is for whoever builds the client and never holds what was sent."""

    error: str
    why: str
    status: int = 400
    wait: int = 0


Form = Mapping[str, str]


def answered(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that nobody keeps."""
    kept = {"cache-control": "no-store", "pragma": "no-cache", **(headers or {})}
    return Response(msgspec.json.encode(body), status, kept, media_type="application/json")


def refused(wrong: Wrong) -> Response:
    """An error; who failed to say who they are is told how to, who must wait for how long."""
    headers = {"www-authenticate": 'Basic realm="saman"'} if wrong.status == 401 else {}
    if wrong.wait:
        headers["retry-after"] = str(wrong.wait)
    return answered({"error": wrong.error, "error_description": wrong.why}, wrong.status, headers)


async def form_of(request: Request) -> Form | Wrong:
    """The fields of a form, each at most once (https://www.rfc-editor.org/rfc/rfc6749#section-3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        return Wrong("invalid_request", f"send {FORM_TYPE}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return Wrong("invalid_request", "this is too long", 413)
    return fields_of(bytes(body))


def fields_of(text: bytes) -> Form | Wrong:
    """Decoded parameters, none of which may come twice; an empty one counts as left out."""
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        return Wrong("invalid_request", "the parameters cannot be read")
    fields = dict(pairs)
    if len(fields) < len(pairs):
        return Wrong("invalid_request", "a parameter came twice")
    if any("\0" in value for value in fields.values()):
        return Wrong("invalid_request", "a parameter holds the character NUL")
    return {name: value for name, value in fields.items() if value}
