"""Which ways of signing in are on: the file of electronic identities, and passkeys.

The file is TOML with a table for each provider of the country's identity file:

    [id-porten]
    client_id = "…"
    key_file = "id-porten.pem"      # or secret_file, where the provider has only that
    issuer = "https://…"            # only where it differs from the country's file, or that has none
    origins = ["https://…"]         # further origins of that issuer's endpoints
"""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import msgspec
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from saman.apps.auth.levels import Levels
from saman.apps.auth.oidc.outgoing import LOOPBACK, origin_of
from saman.apps.auth.oidc.way import ClientKey, Way
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.identity import Identity, Method, People, Provider

SETTING = "SAMAN_EID_FILE"
PASSKEYS = "SAMAN_PASSKEYS"
LEAST_BITS = 2048
LEAST_SECRET = 20
CURVES = ("P-256", "P-384")


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file says of one provider."""

    client_id: str
    key_file: str = ""
    secret_file: str = ""
    issuer: str = ""
    origins: tuple[str, ...] = ()


class Faulty(Exception):
    """Carries what is wrong with one provider out of its reading."""


def ways_in(path: Path | None, identity: Identity, *, demo: bool) -> tuple[Way, ...] | Refusal:
    """The providers that are on; in demo mode one may also be on this machine without TLS, and keys readable by all."""
    if path is None:
        return ()
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError:
        return _refused([f"{SETTING}: {path.name} cannot be read."])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return _refused([f"{SETTING}: {path.name} is not well-formed TOML: {error}."])
    ways, wrong = [], []
    for id, part in found.items():
        try:
            ways.append(_way(id, part, identity, path.parent, demo=demo))
        except Faulty as fault:
            wrong.append(f"{SETTING}: [{id}] {fault}")
    return _refused(wrong) if wrong else tuple(ways)


def unready(ways: tuple[Way, ...], levels: Levels, now: datetime, *, passkeys: bool, demo: bool) -> Refusal | None:
    """Why nobody could sign in, or why a way that is on could let nobody in; None when all is well."""
    least = levels.of(People.STAFF, now)
    if passkeys and not levels.passkeys.reaches(least):
        text = (
            f"{PASSKEYS} must be off: a passkey counts as {levels.passkeys.value} in this country, "
            f"and row R26 of its access rules asks {least.value} of staff."
        )
        return _refused([text])
    if not demo and not ways and not passkeys:
        text = f"Nobody could sign in. Set {SETTING} to a file with an electronic identity, or {PASSKEYS} to on."
        return _refused([text])
    return None


def _way(id: str, part: Any, identity: Identity, folder: Path, *, demo: bool) -> Way:
    provider = identity.provider(id)
    if provider is None:
        known = ", ".join(one.id for one in identity.providers)
        raise Faulty(f"is no provider of {identity.country}. There are {known}.")
    try:
        given = msgspec.convert(part, Given)
    except msgspec.ValidationError as error:
        raise Faulty(f"{str(error).rstrip('.')}.") from error
    issuer = given.issuer or provider.issuer.address
    for wrong in _unusable(given, provider, issuer, demo=demo):
        raise Faulty(wrong)
    key = _key(folder / given.key_file, demo=demo) if given.key_file else None
    secret = _secret(folder / given.secret_file, demo=demo) if given.secret_file else ""
    own = () if given.issuer else provider.issuer.origins
    return Way(
        provider=provider,
        issuer=issuer,
        origins=frozenset({_origin(issuer), *own, *given.origins}),
        client_id=given.client_id,
        method=_method(given, provider),
        key=key,
        secret=secret,
    )


def _unusable(given: Given, provider: Provider, issuer: str, *, demo: bool) -> Iterator[str]:
    if not given.client_id:
        yield "needs a client_id: the name under which the provider knows this installation."
    if not issuer:
        yield "needs an issuer: this identity is reached through a broker."
    if bool(given.key_file) == bool(given.secret_file):
        yield "needs one of key_file and secret_file."
    if _method(given, provider) not in provider.client.methods:
        taken = ", ".join(method.value for method in provider.client.methods)
        yield f"cannot use {'a key' if given.key_file else 'a secret'}: the provider takes {taken}."
    for address in (issuer, *given.origins):
        if not _is_safe(address, demo=demo):
            yield f"has an address that is not https, or not plain: {address}"


def _method(given: Given, provider: Provider) -> Method:
    if given.key_file:
        return Method.PRIVATE_KEY_JWT
    secrets = [method for method in provider.client.methods if method is not Method.PRIVATE_KEY_JWT]
    return secrets[0] if secrets else Method.CLIENT_SECRET_BASIC


def _origin(address: str) -> str:
    return origin_of(address) or ""


def _is_safe(address: str, *, demo: bool) -> bool:
    origin = origin_of(address)
    if origin is None or "?" in address:
        return False
    host = origin.partition("://")[2].rpartition(":")[0].strip("[]")
    return origin.startswith("https://") or (demo and host in LOOPBACK)


def _held(path: Path, *, demo: bool) -> str:
    """The text of a file that only we may read."""
    try:
        shared = path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Faulty(f"{path.name} cannot be read.") from error
    if shared and not demo:
        raise Faulty(f"{path.name} can be read by others on this machine. Run: chmod 600 {path.name}")
    return text.strip()


def _secret(path: Path, *, demo: bool) -> str:
    secret = _held(path, demo=demo)
    if len(secret) < LEAST_SECRET:
        raise Faulty(f"{path.name} must hold {LEAST_SECRET} characters or more.")
    return secret


def _key(path: Path, *, demo: bool) -> ClientKey:
    """A private key as PEM or JWK."""
    text = _held(path, demo=demo)
    for kind in (RSAKey, ECKey):
        try:
            with catch_warnings(action="ignore", category=SecurityWarning):
                key = kind.import_key(msgspec.json.decode(text) if text.startswith("{") else text)
        except (JoseError, ValueError, TypeError):
            continue
        if key.is_private and _is_strong(key):
            return key
        raise Faulty(f"{path.name} must be a private key: RSA of {LEAST_BITS} bits, or EC on {' or '.join(CURVES)}.")
    raise Faulty(f"{path.name} is no RSA or EC key as PEM or JWK.")


def _is_strong(key: ClientKey) -> bool:
    return key.raw_value.key_size >= LEAST_BITS if isinstance(key, RSAKey) else key.curve_name in CURVES


def _refused(texts: list[str]) -> Refusal:
    return Refusal(Kind.INVALID, tuple(Issue("security", text, SETTING) for text in texts))
