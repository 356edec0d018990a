"""Scopes of SMART on FHIR: what an app may do, always within what its user may see.

Source: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html (2.2), with the forms of version 1
read as the same page says. A scope never opens anything; it is one more condition beside the access rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

import msgspec

LETTERS = "cruds"
"""Create, read, update, delete, search, in the only order in which they are written."""

ANY = "*"

OPENID, FHIR_USER, PROFILE = "openid", "fhirUser", "profile"
LAUNCH, LAUNCH_PATIENT = "launch", "launch/patient"
OFFLINE, ONLINE = "offline_access", "online_access"
WORDS = (OPENID, FHIR_USER, PROFILE, LAUNCH, LAUNCH_PATIENT, OFFLINE, ONLINE)
"""Scopes that are not about resources."""

MOST = 200
"""Scopes that are read of one request; the rest is passed over."""

_FORM = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]{1,63})\.(c?r?u?d?s?|read|write|\*)(?:\?(.+))?", re.ASCII)
_VERSION_1 = {"read": "rs", "write": "cud", ANY: LETTERS}

Constraint = tuple[tuple[str, tuple[str, ...]], ...]
"""Search parameters that must all match, each with the values of which one must match."""


class Level(Enum):
    """Whose data a scope is about."""

    PATIENT = "patient"
    """The one person who was chosen when the app started."""
    USER = "user"
    """Whatever the user may see."""
    SYSTEM = "system"
    """Whatever a back-end client may see."""


class Scope(msgspec.Struct, frozen=True):
    """One scope about resources; `type` is `*` for all, `letters` some of LETTERS."""

    level: Level
    type: str
    letters: str
    constraint: Constraint = ()

    @property
    def text(self) -> str:
        """The scope in the form of version 2."""
        asked = urlencode([(name, ",".join(values)) for name, values in self.constraint], safe=":/|,")
        return f"{self.level.value}/{self.type}.{self.letters}{'?' + asked if asked else ''}"

    def covers(self, other: Scope) -> bool:
        """Whether everything that `other` allows is allowed by this one."""
        return (
            self.level is other.level
            and self.type in (ANY, other.type)
            and set(other.letters) <= set(self.letters)
            and all(_implied(name, values, other.constraint) for name, values in self.constraint)
        )

    def meet(self, other: Scope) -> Scope | None:
        """What both allow, None when that is nothing."""
        letters = "".join(letter for letter in self.letters if letter in other.letters)
        types = {self.type, other.type}
        if self.level is not other.level or not letters or len(types - {ANY}) > 1:
            return None
        constraint = tuple(sorted({*self.constraint, *other.constraint}))
        type_name = next(iter(types - {ANY}), ANY)
        return None if constraint and type_name == ANY else Scope(self.level, type_name, letters, constraint)


def _implied(name: str, values: tuple[str, ...], by: Constraint) -> bool:
    return any(name == other and set(others) <= set(values) for other, others in by)


class Asked(msgspec.Struct, frozen=True):
    """The parts of a `scope` parameter: those about resources, the other words, and what nobody here understands."""

    scopes: tuple[Scope, ...] = ()
    words: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is understood, as it is written into tokens: each scope once, in a fixed order."""
        return " ".join([*(word for word in WORDS if word in self.words), *sorted(one.text for one in self.scopes)])

    def within(self, allowed: Asked) -> Asked:
        """What is left when nothing may go beyond `allowed`."""
        met = (one.meet(other) for one in self.scopes for other in allowed.scopes)
        return Asked(least(one for one in met if one is not None), self.words & allowed.words)

    def of_levels(self, *levels: Level) -> Asked:
        """The same with scopes of these levels alone."""
        return Asked(tuple(one for one in self.scopes if one.level in levels), self.words)

    def covers(self, other: Asked) -> bool:
        """Whether everything that `other` allows is allowed by this one."""
        return other.words <= self.words and all(any(one.covers(each) for one in self.scopes) for each in other.scopes)


def read_scope(text: str) -> Scope | None:
    """One scope about resources, of version 1 or 2; None when it is not one.

    A constraint belongs to a named type: `patient/*.rs?category=x` means nothing to types without a category.
    """
    found = _FORM.fullmatch(text)
    if found is None or not found[3]:
        return None
    level, type_name, letters, asked = found.groups()
    if asked and (type_name == ANY or letters in _VERSION_1):
        return None
    constraint = _constraint(asked) if asked else ()
    if constraint is None:
        return None
    return Scope(Level(level), type_name, _VERSION_1.get(letters, letters), constraint)


def _constraint(text: str) -> Constraint | None:
    if "\\" in text or "%5C" in text.upper():
        return None
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=10)
    except ValueError:
        return None
    read = [(name, tuple(sorted({one for one in value.split(",") if one}))) for name, value in pairs]
    if not all(name and values for name, values in read):
        return None
    return tuple(sorted(set(read)))


@lru_cache(1024)
def read_scopes(text: str) -> Asked:
    """A `scope` parameter taken apart."""
    parts = list(dict.fromkeys(text.split(" ")))[:MOST]
    read = {part: read_scope(part) for part in parts if part and part not in WORDS}
    return Asked(
        least(one for one in read.values() if one is not None),
        frozenset(part for part in parts if part in WORDS),
        tuple(part for part, one in read.items() if one is None),
    )


def least(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """The scopes without those that another one covers, in the order of their texts."""
    kept: list[Scope] = []
    for one in sorted(set(scopes), key=lambda scope: (len(scope.constraint), scope.text)):
        if not any(other.covers(one) for other in kept):
            kept = [other for other in kept if not one.covers(other)] + [one]
    return tuple(sorted(kept, key=lambda scope: scope.text))


class Limit(msgspec.Struct, frozen=True):
    """One way in which scopes let a resource through: of this person only when one is named, and matching `searched`.

    What is about nobody (the directory) passes as far as the person goes. `only` names the one resource that passes.
    """

    person: str | None
    searched: Constraint
    only: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it lets everything of its type through."""
        return self.person is None and not self.searched and not self.only


class Narrowing(msgspec.Struct, frozen=True):
    """What the token of an app allows: its scopes, and the Patient id that it was started with, if any.

    `user` is who signed in (`Practitioner/1`) when the app may know that: it may read that resource.
    """

    scopes: tuple[Scope, ...]
    patient: str = ""
    user: str = ""

    def limits(self, type_name: str, letters: str) -> tuple[Limit, ...]:
        """The ways in which resources of a type pass for any of `letters`; none when the scopes do not allow it.

        A scope of level patient allows nothing when no person was chosen.
        """
        found: dict[Limit, None] = {}
        for scope in self.scopes:
            own = scope.level is Level.PATIENT
            speaks = scope.type in (ANY, type_name) and set(letters) & set(scope.letters)
            if speaks and (self.patient or not own):
                found[Limit(self.patient if own else None, scope.constraint)] = None
        if "r" in letters and self.user.startswith(f"{type_name}/"):
            found[Limit(None, (), self.user)] = None
        return next(((one,) for one in found if one.is_open), tuple(found))

    def allows(self, type_name: str, letters: str) -> bool:
        """Whether the scopes allow any of `letters` on resources of a type at all."""
        return bool(self.limits(type_name, letters))
