"""The view model of asking for a visit. All texts in it are in the reader's language already."""

from __future__ import annotations

from datetime import datetime

import msgspec

from saman.apps.ui.views import PersonBanner


class VisitForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form for asking for a visit: whom, by when they answer, and times to choose among."""

    person: str
    banner: PersonBanner
    receiver: str
    receiver_phone: str
    answer_by: datetime | None
    soon: str
    key: str
    activities: tuple[tuple[str, str], ...] = ()
