"""Registering a client: what is written down of it is checked here, once, before it can ask for anything."""

from __future__ import annotations

import ipaddress
import re
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, KeySet, RSAKey

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.access.scopes import ANY, LAUNCH, Level, Scope, read_scopes
from saman.model.fhir import RESOURCE_TYPES
from saman.record.apps.clients import Client, ClientKind, hashed
from saman.record.narrowing import clauses_of

LEAST_RSA_BITS = 2048
CURVE = "P-384"

_ID = re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){2,39}", re.ASCII)
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+", re.ASCII)
_TYPES = frozenset(RESOURCE_TYPES)


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who registers a client says of it; `keys` is the text of a JSON Web Key Set."""

    id: str
    name: str
    redirects: Sequence[str] = ()
    launch: str = ""
    scope: str = ""
    keys: str = ""
    secret: str = ""
    party: str = ""
    introspects: bool = False


def client_of(asked: Registration, now: datetime) -> Client | Refusal:
    """The client to keep; refused with everything that is wrong with it."""
    kind: ClientKind = "keys" if asked.keys else "secret" if asked.secret else "public"
    issues = tuple(Issue("value", text, field) for field, text in _wrong(asked, kind))
    if issues:
        return Refusal(Kind.INVALID, issues)
    return Client(
        id=asked.id,
        name=asked.name,
        kind=kind,
        registered=now,
        redirects=tuple(asked.redirects),
        launch=asked.launch,
        scope=read_scopes(asked.scope).text,
        secret=hashed(asked.secret) if kind == "secret" else None,
        keys=asked.keys or None,
        party=asked.party,
        introspects=asked.introspects,
    )


def _wrong(asked: Registration, kind: ClientKind) -> Iterator[tuple[str, str]]:
    if not _ID.fullmatch(asked.id):
        yield "id", "An id has 3 to 40 small letters, digits and single hyphens, and begins with a letter."
    if not asked.name.strip() or len(asked.name) > 80 or not asked.name.isprintable():
        yield "name", "A name has 1 to 80 characters that can be shown."
    yield from (("redirects", f"{one} cannot take an answer: {why}.") for one in asked.redirects if (why := _bad(one)))
    if asked.launch and (why := _bad(asked.launch)):
        yield "launch", f"{asked.launch} cannot be opened: {why}."
    if asked.keys and asked.secret:
        yield "keys", "A client proves itself by keys or by a secret, not by both."
    if asked.keys and (why := wrong_keys(asked.keys)):
        yield "keys", why
    if asked.introspects and kind == "public":
        yield "introspects", "Only a client that proves who it is may ask about tokens."
    yield from _wrong_scopes(asked, kind)


def _wrong_scopes(asked: Registration, kind: ClientKind) -> Iterator[tuple[str, str]]:
    read = read_scopes(asked.scope)
    yield from (("scope", f"{one} is not a scope of SMART App Launch 2.2.") for one in read.unknown)
    yield from (("scope", f"{one.text} cannot be kept here: {why}.") for one in read.scopes if (why := unkept(one)))
    levels = {one.level for one in read.scopes}
    if Level.SYSTEM in levels and (kind != "keys" or not asked.party):
        yield "scope", "A system scope needs a client with keys of its own and the organisation it works for."
    people = levels - {Level.SYSTEM} or read.words
    if people and not asked.redirects:
        yield "redirects", "A client that people sign in to needs an address for the answer."
    if not read.scopes and not read.words and not asked.introspects:
        yield "scope", "A client needs a scope."
    if asked.launch and LAUNCH not in read.words:
        yield "scope", "A client with an address to open it at needs the scope launch."


def unkept(scope: Scope) -> str:
    """Why searches here cannot hold a scope to what it says; empty when they can."""
    if scope.type != ANY and scope.type not in _TYPES:
        return "R4 has no such type"
    if scope.constraint and clauses_of(scope.type, scope.constraint) is None:
        return "its search parameters must be of type token, uri or reference and without modifier"
    return ""


def _bad(address: str) -> str:
    """Why an address takes no answer (https://www.rfc-editor.org/rfc/rfc8252#section-7, RFC 9700 section 4.1)."""
    if not address.isascii() or any(c in address for c in " \t\r\n\\\"<>#*;,'") or len(address) > 300:
        return "it must be a plain absolute address without fragment"
    parts = urlsplit(address)
    if "@" in parts.netloc or not _port(address):
        return "it names a user or no proper port"
    if parts.scheme == "https":
        return "" if parts.hostname else "it has no host"
    if parts.scheme == "http":
        return "" if _is_this_machine(parts.hostname or "") else "without encryption only this machine is reached"
    named = _PRIVATE_SCHEME.fullmatch(parts.scheme) and not parts.netloc
    return "" if named else "it begins with https:, or with a reversed domain name of your own"


def _port(address: str) -> bool:
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def wrong_keys(text: str) -> str:
    """Why a JSON Web Key Set cannot prove a client; empty when it can."""
    with warnings.catch_warnings(category=SecurityWarning, action="ignore"):
        keys = read_keys(text)
    if keys is None or not keys.keys:
        return "Give a JSON Web Key Set with at least one key."
    names = [key.get("kid") for key in msgspec.json.decode(text)["keys"]]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        return "Every key needs a kid of its own."
    if any(key.is_private for key in keys.keys):
        return "The set holds a private key. Keep that; give the public keys alone."
    if not all(fits(key) for key in keys.keys):
        return f"A key is RSA with {LEAST_RSA_BITS} bits or more, or elliptic on {CURVE}."
    return ""


def read_keys(text: str) -> KeySet | None:
    """A JSON Web Key Set; None when the text is not one."""
    try:
        return KeySet.import_key_set(msgspec.json.decode(text))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None


def fits(key: object) -> bool:
    """Whether a key can sign by RS384 or ES384."""
    if isinstance(key, RSAKey):
        return key.public_key.key_size >= LEAST_RSA_BITS
    return isinstance(key, ECKey) and key.curve_name == CURVE
