"""What every professional page needs: the record as this user may see it, the care model, words, and marks or none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from saman.apps.ui.locales import Words
from saman.flows.directory import Named, named
from saman.flows.reading import all_of
from saman.kernel.outcome import Refusal
from saman.model.access import Relation
from saman.model.care.basis import Text, said
from saman.model.care.caremodel import CareModel
from saman.model.care.party import Party, PartyKind
from saman.model.triage.purpose import OFF, Adoption
from saman.record import Record, Stored

T = TypeVar("T")


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A professional before the record, for one request. `wants_marks` is the user's own choice."""

    record: Record
    model: CareModel
    words: Words
    name: str
    adoption: Adoption = OFF
    wants_marks: bool = True
    opened: Relation | None = None
    """The reader's own opening through which the person is seen; `record` is then that of one professional."""

    @property
    def language(self) -> str:
        """The reader's language."""
        return self.words.language

    @property
    def marking(self) -> Adoption:
        """The adoption that marks are made under: none when this user has switched them off."""
        return self.adoption if self.wants_marks else OFF

    @property
    def unit(self) -> str:
        """The reference of the user's own unit."""
        return f"Organization/{self.record.context.party}"

    @property
    def party(self) -> Party | None:
        """The user's own unit."""
        return self.model.party(self.record.context.party)

    @property
    def is_centre(self) -> bool:
        """Whether the user's unit reads reports from home."""
        return self.party is not None and self.party.kind is PartyKind.TELEMEDICINE_CENTRE

    def said(self, text: Text) -> str:
        """A text of the care model in the reader's language."""
        return said(text, self.language)

    def t(self, message: str, **values: object) -> str:
        """`message`, marked elsewhere, in the reader's language, for use as a plain value."""
        return self.words.plain(message, **values)

    def role(self, id: str) -> str:
        """The name of a role."""
        role = self.model.role(id)
        return self.said(role.name) if role else ""

    def called(self, reference: str) -> str:
        """What an organisation is called."""
        party = self.model.party(reference.removeprefix("Organization/"))
        return (self.said(party.called) or party.name) if party else ""

    async def about(self, person: str, type_name: str, *pairs: tuple[str, str]) -> list[Stored] | Refusal:
        """Everything of a type about a person that the user may see."""
        return await all_of(self.record, type_name, [("patient", f"Patient/{person}"), *pairs])

    async def names(self, references: Iterable[str]) -> dict[str, Named]:
        """Names of those who are referred to."""
        return await named(self.record, self.model, references)


def first_refusal(found: Iterable[Any]) -> Refusal | None:
    """The first refusal among several answers."""
    return next((one for one in found if isinstance(one, Refusal)), None)


async def together(*questions: Any) -> list[Any] | Refusal:
    """The answers to several questions asked at once, or the first refusal."""
    found = await asyncio.gather(*questions)
    return first_refusal(found) or list(found)
