"""The two ceremonies of passkeys, enrolling and signing in, with the person verified by the device each time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.parse_authentication_credential_json import parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.credentials.passkeys import Passkey

PRODUCT = "Saman"
HANDLE = 32
"""Bytes of the random name that an account has in authenticators; it says nothing about anybody."""
MILLISECONDS = 300_000
MOST = 20_000
"""Characters of a credential that a browser sends."""


class Place(msgspec.Struct, frozen=True):
    """Where keys are good: the host, and the origin that the browser must say."""

    host: str
    origin: str


def place_of(base_url: str) -> Place:
    """The place that our own address makes."""
    parts = urlsplit(base_url)
    return Place(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def new_handle() -> bytes:
    """A name for a new account."""
    return secrets.token_bytes(HANDLE)


def enrolment(place: Place, challenge: bytes, handle: bytes, name: str, keys: Sequence[Passkey]) -> str:
    """The options, as JSON, for making a key that its device finds by itself; `keys` are those there already."""
    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name=PRODUCT,
        user_name=name,
        user_id=handle,
        challenge=challenge,
        timeout=MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key.id) for key in keys],
    )
    return webauthn.options_to_json(options)


def signing_in(place: Place, challenge: bytes) -> str:
    """The options, as JSON, for signing in with whichever key somebody has."""
    options = webauthn.generate_authentication_options(
        rp_id=place.host,
        challenge=challenge,
        timeout=MILLISECONDS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


class Enrolling(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key is being made, and for what."""

    actor: str
    handle: bytes
    name: str


def enrolled(place: Place, challenge: bytes, sent: str, whose: Enrolling, now: datetime) -> Passkey | Refusal:
    """The key that a browser has made for this challenge at this place; refused when anything in it is off."""
    try:
        made = webauthn.verify_registration_response(
            credential=_credential(sent),
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return _unfit("enrolment")
    return Passkey(
        id=made.credential_id,
        actor=whose.actor,
        handle=whose.handle,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=whose.name,
        made=now,
        used=now,
        synced=made.credential_backed_up,
    )


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """A key that a browser presents, not yet believed."""

    id: bytes
    handle: bytes | None
    credential: dict[str, Any]


def presented(sent: str) -> Presented | Refusal:
    """What a browser sent, taken apart."""
    try:
        credential = _credential(sent)
        parsed = parse_authentication_credential_json(credential)
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return _unfit("format")
    return Presented(id=parsed.raw_id, handle=parsed.response.user_handle, credential=credential)


def proven(place: Place, challenge: bytes, shown: Presented, key: Passkey) -> int | Refusal:
    """The new value of the key's counter, when its signature is good for this challenge at this place.

    Whether the counter went on is for the caller to judge: it tells of a copy.
    """
    if shown.handle is not None and shown.handle != key.handle:
        return _unfit("handle")
    try:
        done = webauthn.verify_authentication_response(
            credential=shown.credential,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return _unfit("signature")
    return done.new_sign_count


def is_copy(key: Passkey, sign_count: int) -> bool:
    """Whether a counter that did not go on says that the key exists twice; many keys count nothing (always 0)."""
    return max(sign_count, key.sign_count) > 0 and sign_count <= key.sign_count


def _credential(sent: str) -> dict[str, Any]:
    if len(sent) > MOST:
        raise ValueError("too long")
    return msgspec.json.decode(sent, type=dict[str, Any])


def _unfit(reason: str) -> Refusal:
    return refused(Kind.FORBIDDEN, "security", "The passkey could not be believed.", f"passkey-{reason}")
