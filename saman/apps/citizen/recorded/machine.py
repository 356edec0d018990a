"""What computers did with a citizen's information, told by the request that the log of access holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from saman.apps.auth.users import SIGN_IN
from saman.apps.citizen.log_views import MachineAct
from saman.apps.citizen.recorded.own import Own
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
SOURCES: Final = frozenset((*READ_BY, *WRITTEN_BY))
"""Beginnings of requests that are told apart."""


def machine_acts(own: Own, rest: Iterable[Rest]) -> tuple[MachineAct, ...]:
    """Each kind of act in plain words, with how many times it was done."""
    times: dict[str, int] = {}
    for one in rest:
        if one.party == "system":
            what = done(one)
            times[what] = times.get(what, 0) + one.times
    return tuple(MachineAct(what=own.tell(what), times=count) for what, count in sorted(times.items()))


def done(one: Rest) -> str:
    """What computers of one source did, in English."""
    known = WRITTEN_BY if one.wrote else READ_BY
    return known.get(one.source) or (WRITTEN_OTHERWISE if one.wrote else READ_OTHERWISE)
