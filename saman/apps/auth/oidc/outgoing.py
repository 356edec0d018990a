"""Calls to a provider: to its own origins only, never on to another, short, small and in JSON.

An origin is compared as a whole after parsing, since a name that only begins like a known one is somebody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from saman.kernel.outcome import Kind, Refusal, refused

SECONDS = 10.0
"""For a whole call, from the name's look-up to the last byte."""
MOST_BYTES = 256_000
PORTS = {"https": 443, "http": 80}
JSON_TYPES = frozenset({"application/json", "application/jwk-set+json"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

Answer = dict[str, Any]


def origin_of(address: str) -> str | None:
    """Scheme, host and port of an absolute http(s) address; None for anything unusual in it."""
    if not address.isascii() or any(sign <= " " or sign in '\\@<>"' for sign in address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or parts.fragment:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


class Outgoing:
    """Calls for one provider. `transport` is put in place of the network by tests."""

    def __init__(self, origins: frozenset[str], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._origins = frozenset(origin_of(one) for one in origins) - {None}
        self._transport = transport

    def allows(self, address: str) -> bool:
        """Whether an address is at one of the provider's own origins."""
        return origin_of(address) in self._origins

    async def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answer | Refusal:
        """The JSON object at an address."""
        return await self._call("GET", address, headers or {}, None)

    async def post(self, address: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Answer | Refusal:
        """The JSON object that answers a form."""
        return await self._call("POST", address, headers, fields)

    async def _call(
        self, method: str, address: str, headers: Mapping[str, str], fields: Mapping[str, str] | None
    ) -> Answer | Refusal:
        if not self.allows(address):
            return _away("origin", "An address of the provider is not at one of its own origins.")
        sent = {"accept": "application/json", "accept-encoding": "identity", **headers}
        try:
            async with (
                asyncio.timeout(SECONDS),
                httpx.AsyncClient(transport=self._transport, follow_redirects=False, timeout=SECONDS) as client,
                client.stream(method, address, headers=sent, data=fields) as answer,
            ):
                return await _read(answer)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError):
            return _away("network", "The provider could not be reached.")


async def _read(answer: httpx.Response) -> Answer | Refusal:
    if answer.status_code not in (200, 201):
        return _away(f"status-{answer.status_code}", "The provider did not accept the call.")
    if answer.headers.get("content-encoding", "identity") != "identity":
        return _away("encoding", "The provider packed its answer.")
    if answer.headers.get("content-type", "").partition(";")[0].strip().lower() not in JSON_TYPES:
        return _away("media-type", "The provider did not answer in JSON.")
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            return _away("size", "The provider answered too much.")
    try:
        return msgspec.json.decode(bytes(body), type=dict[str, Any])
    except msgspec.DecodeError:
        return _away("json", "The provider's answer could not be read.")


def _away(reason: str, text: str) -> Refusal:
    return refused(Kind.UNAVAILABLE, "transient", text, path=reason)
