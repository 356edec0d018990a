"""Notifications over HTTP: to hosts that the installation has named, never to an address inside unless it says so.

The name is looked up here and the connection goes to the very address that was found fit, so that a name that means
something else a moment later leads nowhere. Redirects are not followed, and of an answer only the status is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

import httpx
import msgspec

from saman.kernel.outcome import Kind, Refusal, refused

ANY = "*"
INSIDE = "private:"
PORTS: Mapping[str, int] = {"https": 443, "http": 80}
GONE = 410
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""Where IPv4 is reached through a translator (https://www.rfc-editor.org/rfc/rfc6052#section-2.1)."""

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host; OSError when it has none."""


class Result(Enum):
    """What became of a notification."""

    TAKEN = "taken"
    GONE = "gone"
    """The receiver has said that it is no longer there."""
    FAILED = "failed"


class Answered(msgspec.Struct, frozen=True):
    """The result, and what is wrong in words that hold nothing of what was sent or received."""

    result: Result
    error: str = ""


class Hosts(msgspec.Struct, frozen=True):
    """Where notifications may go: hosts (`receiver.example`, with a port or without), and those that may be inside."""

    named: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    plain: bool = False
    """Whether addresses may be http."""


def read_hosts(text: str, *, plain: bool = False) -> Hosts:
    """Hosts with commas between; `*` stands for every public one, and `private:` lets one be inside."""
    words = [one.strip().lower() for one in text.split(",") if one.strip()]
    inside = frozenset(one.removeprefix(INSIDE) for one in words if one.startswith(INSIDE))
    return Hosts(frozenset(one.removeprefix(INSIDE) for one in words), inside, plain)


async def look_up(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Outgoing:
    """Calls receivers. `lookup` is put in place of the network by tests."""

    def __init__(self, hosts: Hosts, lookup: Lookup = look_up) -> None:
        self._hosts = hosts
        self._lookup = lookup

    def refuses(self, address: str) -> Refusal | None:
        """Why nothing is sent to an address, as far as can be told without looking it up."""
        place = "Subscription.channel.endpoint"
        parts = _parts(address)
        if parts is None:
            return refused(Kind.UNPROCESSABLE, "value", "The endpoint is an absolute https address.", place)
        if parts.scheme != "https" and not self._hosts.plain:
            return refused(Kind.UNPROCESSABLE, "security", "The endpoint must be https.", place)
        if self._named(parts, self._hosts.named) or ANY in self._hosts.named:
            return None
        text = "This installation does not call that host. Its setting SAMAN_SUBSCRIPTION_HOSTS names those it may."
        return refused(Kind.UNPROCESSABLE, "security", text, place)

    def _named(self, parts: SplitResult, hosts: frozenset[str]) -> bool:
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        return host in hosts or f"{host}:{port}" in hosts

    async def post(self, address: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answered:
        """Send a notification, within so many seconds from the name's look-up to the answer's status."""
        parts = _parts(address)
        if parts is None or self.refuses(address) is not None:
            return Answered(Result.FAILED, "This installation no longer calls the endpoint.")
        try:
            async with asyncio.timeout(seconds):
                return await self._post(parts, headers, body, seconds)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, UnicodeError) as error:
            slow = isinstance(error, TimeoutError | httpx.TimeoutException)
            return Answered(Result.FAILED, f"The receiver {'did not answer in time' if slow else 'cannot be reached'}.")

    async def _post(self, parts: SplitResult, headers: Mapping[str, str], body: bytes, seconds: float) -> Answered:
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        found = [one.partition("%")[0] for one in await self._lookup(host, port)]
        is_inside = not all(_is_public(one) for one in found)
        if not found or (is_inside and not self._named(parts, self._hosts.inside)):
            return Answered(Result.FAILED, "The receiver cannot be reached.")
        at = f"[{found[0]}]" if ":" in found[0] else found[0]
        url = urlunsplit((parts.scheme, f"{at}:{port}", parts.path or "/", parts.query, ""))
        sent = {**headers, "host": parts.netloc, "content-type": "application/fhir+json", "accept-encoding": "identity"}
        async with (
            httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=seconds) as client,
            client.stream("POST", url, headers=sent, content=body, extensions={"sni_hostname": host}) as answer,
        ):
            return _answered(answer.status_code)


def _answered(status: int) -> Answered:
    if 200 <= status < 300:
        return Answered(Result.TAKEN)
    return Answered(Result.GONE if status == GONE else Result.FAILED, f"The receiver answered {status}.")


def _parts(address: str) -> SplitResult | None:
    """An absolute http(s) address taken apart; None for anything unusual in it."""
    if not address.isascii() or any(sign <= " " or sign in '\\@<>"' for sign in address):
        return None
    try:
        parts = urlsplit(address)
        is_fit = parts.scheme in PORTS and bool(parts.hostname) and not parts.fragment and parts.port != 0
    except ValueError:
        return None
    return parts if is_fit else None


def _is_public(address: str) -> bool:
    """Whether an address is one of the whole Internet, also behind the forms in which IPv6 carries IPv4."""
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        carried = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _TRANSLATED:
            carried = IPv4Address(found.packed[-4:])
        if carried is not None:
            return carried.is_global
    return found.is_global and not found.is_multicast
