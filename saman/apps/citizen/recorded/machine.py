"""What computers did with a citizen's information, told by the request that the log of access holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from saman.apps.auth.users import SIGN_IN
from saman.apps.citizen.log_views import MachineAct
from saman.apps.citizen.recorded.own import Own
from saman.apps.ledger.through import Apps, app_name
from saman.apps.ui.locales import mark
from saman.flows.review.people import LOG_CHECK
from saman.record.review import Rest

SETUP: Final = "system"
"""What imports of the demo and of the region call their request."""

READ_BY: Final = {
    SIGN_IN: mark("Your name was looked up for a sign-in."),
    SETUP: mark("Your name was looked up for a sign-in."),
    "timer": mark("Saman looked whether the readings agreed with you had come."),
    "command": mark("Your information was read by those who run Saman, such as for a copy or an export."),
    LOG_CHECK: mark("Your name and address were compared with those of staff who looked, to find looks to ask about."),
}
WRITTEN_BY: Final = {
    SETUP: mark("Your information was stored when this Saman was set up."),
    "timer": mark("Saman told your unit that readings agreed with you had not come."),
    "command": mark("Information about you was taken in from a file by those who run Saman."),
}
READ_OTHERWISE: Final = mark("Another computer system read your information.")
WRITTEN_OTHERWISE: Final = mark("Another computer system stored information about you.")
READ_BY_CLIENT: Final = mark("The computer system %(client)s read your information.")
WRITTEN_BY_CLIENT: Final = mark("The computer system %(client)s stored information about you.")
SOURCES: Final = frozenset((*READ_BY, *WRITTEN_BY))
"""Beginnings of requests that are told apart."""


def machine_acts(own: Own, rest: Iterable[Rest], apps: Apps) -> tuple[MachineAct, ...]:
    """Each kind of act in plain words, with how many times it was done."""
    times: dict[tuple[str, str], int] = {}
    for one in rest:
        if one.party == "system":
            what = own.tell(done(one), client=app_name(one.client, apps))
            unit = unit_name(own, one.behind) if one.client else ""
            times[unit, what] = times.get((unit, what), 0) + one.times
    return tuple(MachineAct(unit=unit, what=what, times=count) for (unit, what), count in sorted(times.items()))


def unit_name(own: Own, party: str) -> str:
    """What an organisation is called; empty when the model does not know it."""
    known = own.model.party(party)
    return known.name if known else ""


def done(one: Rest) -> str:
    """What computers of one source did, in English."""
    if one.client:
        return WRITTEN_BY_CLIENT if one.wrote else READ_BY_CLIENT
    known = WRITTEN_BY if one.wrote else READ_BY
    return known.get(one.source) or (WRITTEN_OTHERWISE if one.wrote else READ_OTHERWISE)
