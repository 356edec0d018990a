"""What the pages of the workspace need: who asks, the care model that runs, words."""

from __future__ import annotations

from datetime import datetime

import msgspec

from saman.apps.ui.locales import Words
from saman.flows.governance.mandate import Matter, has_mandate
from saman.model.care.basis import said
from saman.model.care.caremodel import CareModel
from saman.record import Record


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at work before what the region works on together, for one request."""

    record: Record
    model: CareModel
    words: Words

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
