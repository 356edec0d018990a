"""What an app asks for when it sends somebody here (https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html).

Until the app and the address for the answer are known for certain, nothing is sent anywhere: the person reads on a page
what is wrong. From then on the app hears of errors at its own address.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from saman.apps.auth.smart.answers import Form, Wrong
from saman.apps.auth.smart.configuration import Addresses
from saman.apps.auth.smart.registration import unkept
from saman.kernel.outcome import Refusal
from saman.model.access.scopes import LAUNCH, OFFLINE, ONLINE, OPENID, Asked, Level, read_scopes
from saman.record.apps.clients import Client
from saman.record.cursor import Place, Seal

LASTS = timedelta(minutes=15)
MOST_SCOPE, MOST_STATE, MOST_NONCE = 4000, 600, 255
MOST_SEALED = 3800
"""What fits into a cookie beside its name."""

_PURPOSE = "app asking"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A request of a known app that can be granted; `scope` is what is left of what was asked for.

    `patient` is the person it is about once that is settled. An app that was opened from a person's page (`launched`)
    is for whoever opened it alone: `actor`, `party` and `role` say who.
    """

    client: str
    redirect: str
    scope: str
    state: str
    challenge: str
    until: datetime
    nonce: str = ""
    patient: str = ""
    launched: bool = False
    actor: str = ""
    party: str = ""
    role: str = ""

    @property
    def asked(self) -> Asked:
        """The scopes, taken apart."""
        return read_scopes(self.scope)

    @property
    def mark(self) -> str:
        """What ties a form to the very request its page showed."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:32]

    @property
    def about_one(self) -> bool:
        """Whether a person has to be chosen."""
        asked = self.asked
        return "launch/patient" in asked.words or any(one.level is Level.PATIENT for one in asked.scopes)


def address_known(client: Client | None, form: Form) -> str:
    """The address for answers, empty unless it is one of the client's, letter by letter."""
    redirect = form.get("redirect_uri", "")
    return redirect if client is not None and redirect in client.redirects else ""


def read_asking(form: Form, client: Client, at: Addresses, now: datetime) -> Asking | Wrong:
    """The request of a known client whose address for answers is right."""
    wrong = _wrong(form, at)
    if wrong:
        return Wrong("invalid_request", wrong)
    if form.get("response_type") != "code":
        return Wrong("unsupported_response_type", "response_type must be code")
    if form.get("prompt") == "none":
        return Wrong("interaction_required", "somebody has to decide here")
    asked = grantable(read_scopes(form.get("scope", "")), client, is_launched="launch" in form)
    if not asked.scopes and OPENID not in asked.words:
        return Wrong("invalid_scope", "none of these scopes can be given to this client")
    return Asking(
        client=client.id,
        redirect=form["redirect_uri"],
        scope=asked.text,
        state=form["state"],
        challenge=form["code_challenge"],
        until=now + LASTS,
        nonce=form.get("nonce", ""),
    )


def _wrong(form: Form, at: Addresses) -> str:
    if form.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(form.get("code_challenge", "")):
        return "PKCE with code_challenge_method S256 is needed"
    if not 0 < len(form.get("state", "")) <= MOST_STATE:
        return f"state is needed, with at most {MOST_STATE} characters"
    if form.get("aud", "").rstrip("/") != at.fhir:
        return "aud must be the address of the FHIR interface"
    if len(form.get("scope", "")) > MOST_SCOPE or len(form.get("nonce", "")) > MOST_NONCE:
        return "scope or nonce is too long"
    return "request objects are not taken" if form.keys() & {"request", "request_uri"} else ""


def grantable(asked: Asked, client: Client, *, is_launched: bool) -> Asked:
    """What may be given of what was asked: no more than is registered, and nothing that could not be held."""
    found = asked.within(read_scopes(client.scope)).of_levels(Level.PATIENT, Level.USER)
    words = found.words - (frozenset() if is_launched else {LAUNCH})
    words -= {ONLINE} if OFFLINE in words else frozenset()
    return Asked(tuple(one for one in found.scopes if not unkept(one)), words)


def answer_address(asking_redirect: str, at: Addresses, **answer: str) -> str:
    """Where the browser goes with an answer, which names this server as its issuer (RFC 9207)."""
    joined = "&" if "?" in asking_redirect else "?"
    return f"{asking_redirect}{joined}{urlencode({**answer, 'iss': at.base})}"


def sealed(asking: Asking, seal: Seal) -> str | None:
    """A request as text that nobody else can read or make, None when it is too long to keep."""
    text = urlsafe_b64encode(zlib.compress(msgspec.json.encode(asking), 9)).decode()
    closed = seal.close(Place(asking.until, text, ""), _PURPOSE)
    return closed if len(closed) <= MOST_SEALED else None


def unsealed(text: str, seal: Seal, now: datetime) -> Asking | None:
    """The request in what `sealed` made, None when it is not that or too old."""
    place = seal.open(text, _PURPOSE) if text else None
    if place is None or isinstance(place, Refusal) or place.moment is None or place.moment <= now:
        return None
    return msgspec.json.decode(zlib.decompress(urlsafe_b64decode(place.text or "")), type=Asking)
