"""What the pages about apps show: who gets what, about whom, for how long, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlsplit

import msgspec

from saman.apps.ui.locales import mark
from saman.model.access.domain import DOMAIN_OF_TYPE, Domain
from saman.model.access.scopes import ANY, Asked, Level, Scope

KINDS = {
    Domain.PERSON: mark("name, address and contacts"),
    Domain.PLAN: mark("plan, tasks, appointments and messages"),
    Domain.READINGS: mark("what is measured at home"),
    Domain.HEALTH: mark("the health record"),
    Domain.SOCIAL: mark("social care"),
    Domain.FINANCE: mark("payments"),
    Domain.CONSENT: mark("choices about who may see, and the log"),
    Domain.DIRECTORY: mark("organisations and staff"),
}
EVERYTHING = mark("everything that you may see yourself")

VERBS = (("rs", mark("See")), ("c", mark("Add")), ("u", mark("Change")), ("d", mark("Delete")))


class Line(msgspec.Struct, frozen=True):
    """Something an app may do: a verb and kinds of data, to be translated, and whether only with a part of them."""

    verb: str
    kinds: tuple[str, ...]
    partly: bool


class Permission(msgspec.Struct, frozen=True):
    """What an app may do about one person, or about everybody the user may see."""

    about_all: bool
    lines: tuple[Line, ...]


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """A page that asks whether an app may have what it asks for.

    `person` is the name of whom it is about, empty for the user themselves (`own`) or when the app asks for nobody.
    `until` is when it ends at the latest; `stays` says that it goes on when the user has signed out.
    """

    app: str
    host: str
    permissions: tuple[Permission, ...]
    identity: bool
    own: bool
    person: str
    stays: bool
    until: datetime
    scopes: tuple[str, ...]
    mark: str


class Found(msgspec.Struct, frozen=True):
    """Somebody who can be chosen."""

    id: str
    name: str
    born: date | None


class Picking(msgspec.Struct, frozen=True, kw_only=True):
    """A page on which staff choose whom an app is about; `found` is None before somebody has searched."""

    app: str
    mark: str
    found: tuple[Found, ...] | None = None
    more: bool = False


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was given to an app, and can be ended."""

    id: str
    app: str
    person: str
    own: bool
    permissions: tuple[Permission, ...]
    begun: datetime
    until: datetime
    stays: bool


class Apps(msgspec.Struct, frozen=True):
    """The page of the apps that somebody has let in."""

    given: tuple[Given, ...]


class Opening(msgspec.Struct, frozen=True):
    """A page from which an app is opened about a person."""

    app: str
    host: str
    address: str


class SignInFirst(msgspec.Struct, frozen=True):
    """A page that tells somebody who was sent here by an app to sign in."""

    app: str
    host: str


def host_of(address: str) -> str:
    """What a person can recognise an app's address by: its host, or the scheme of an app on a phone."""
    parts = urlsplit(address)
    return parts.netloc or f"{parts.scheme}:"


def permissions(asked: Asked) -> tuple[Permission, ...]:
    """Scopes as what a person reads: what may be done, with which kinds of data."""
    found = []
    for level in (Level.PATIENT, Level.USER):
        of_level = [one for one in asked.scopes if one.level is level]
        lines = (_line(verb, [one for one in of_level if set(one.letters) & set(letters)]) for letters, verb in VERBS)
        found.append(Permission(level is Level.USER, tuple(line for line in lines if line is not None)))
    return tuple(one for one in found if one.lines)


def _line(verb: str, scopes: Sequence[Scope]) -> Line | None:
    if not scopes:
        return None
    if any(one.type == ANY for one in scopes):
        return Line(verb, (EVERYTHING,), False)
    whole = {kind for one in scopes if not one.constraint for kind in _kinds(one.type)}
    kinds = {kind for one in scopes for kind in _kinds(one.type)}
    return Line(verb, tuple(words for kind, words in KINDS.items() if kind in kinds), not kinds <= whole)


def _kinds(type_name: str) -> tuple[Domain, ...]:
    """What a type may hold; an Observation is a reading from home when it is labelled so."""
    return (Domain.READINGS, Domain.HEALTH) if type_name == "Observation" else (DOMAIN_OF_TYPE[type_name],)
