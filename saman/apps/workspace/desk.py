"""What the pages of the workspace need: who asks, the care model that runs, words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from saman.apps.ui.locales import Words
from saman.flows.directory import Named, named
from saman.flows.governance.changes_applying import Files
from saman.flows.governance.mandate import Matter, has_mandate
from saman.model.care.basis import said
from saman.model.care.caremodel import CareModel
from saman.record import Record


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at work before what the region works on together, for one request."""

    record: Record
    model: CareModel
    words: Words
    files: Files

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.record.context.now

    @property
    def region(self) -> str:
        """The region's name in the reader's language."""
        return said(self.model.region.name, self.words.language)

    def t(self, message: str, **values: object) -> str:
        """`message`, marked elsewhere, in the reader's language."""
        return self.words.plain(message, **values)

    def may(self, matter: Matter) -> bool:
        """Whether the one who asks has a mandate for it."""
        return has_mandate(self.record.context, matter)

    def party(self, id: str) -> str:
        """The name of a party."""
        known = self.model.party(id)
        return known.name if known else id

    async def names(self, references: Iterable[str]) -> Mapping[str, Named]:
        """Names of staff by their references."""
        return await named(self.record, self.model, references)

    def role(self, id: str) -> str:
        """What a role is called."""
        known = self.model.role(id)
        return self.said(known.name) if known else id

    def said(self, text: Mapping[str, str]) -> str:
        """A text of the care model in the reader's language."""
        return said(dict(text), self.words.language)
