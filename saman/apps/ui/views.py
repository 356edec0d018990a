"""View models that several apps show in the same way. All texts in them are in the reader's language already."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec


class PhoneNumber(msgspec.Struct, frozen=True):
    """A number to call: as dialled (`116117`), as shown (`116 117`), and what it is for where the country says it."""

    dial: str
    shown: str
    text: str = ""


class Contact(msgspec.Struct, frozen=True):
    """Whom to call without the internet: name or role, number, hours as a sentence (may be empty)."""

    name: str
    dial: str
    shown: str
    hours: str = ""


class Help(msgspec.Struct, frozen=True):
    """The block at the same place on every citizen page; numbers from the country file."""

    emergency: PhoneNumber
    out_of_hours: PhoneNumber
    contact: Contact | None = None


class Reader(msgspec.Struct, frozen=True):
    """Who reads a report, from when, and by when an answer comes: opening hours and holidays of the receiving unit."""

    who: str
    from_: datetime
    answer_by: datetime
    open_now: bool
    closed_because: str = ""


class Step(msgspec.Struct, frozen=True):
    """One step of a closed loop: `late` is a step whose time has passed."""

    state: Literal["done", "at", "late", "todo"]
    title: str
    detail: str = ""
    when: datetime | None = None


class PersonBanner(msgspec.Struct, frozen=True):
    """Who a professional page is about; `identifier` is grouped for reading, `facts` and `critical` are pairs."""

    family_name: str
    given_name: str
    born: date
    age: int
    identifier: str
    sex: str
    test_person: bool = False
    died: date | None = None
    facts: tuple[tuple[str, str], ...] = ()
    critical: tuple[tuple[str, str], ...] = ()
