"""What computers did with a citizen's information, told by the request that the log of access holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from saman.apps.auth.users import SIGN_IN
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import MachineAct
from saman.apps.ui.locales import mark
from saman.record.audit import Logged

WRITES: Final = frozenset("CUD")
SETUP: Final = "system"
"""What imports of the demo and of the region call their request."""

READ_BY: Final = {
    SIGN_IN: mark("Your name was looked up for a sign-in."),
    SETUP: mark("Your name was looked up for a sign-in."),
    "timer": mark("Saman looked whether the readings agreed with you had come."),
    "command": mark("Your information was read by those who run Saman, such as for a copy or an export."),
}
WRITTEN_BY: Final = {
    SETUP: mark("Your information was stored when this Saman was set up."),
    "timer": mark("Saman told your unit that readings agreed with you had not come."),
    "command": mark("Information about you was taken in from a file by those who run Saman."),
}
READ_OTHERWISE: Final = mark("Another computer system read your information.")
WRITTEN_OTHERWISE: Final = mark("Another computer system stored information about you.")


def machine_acts(own: Own, entries: Iterable[Logged]) -> tuple[MachineAct, ...]:
    """Each kind of act in plain words, with how many times it was done."""
    requests: dict[str, set[str]] = {}
    for one in entries:
        requests.setdefault(done(one), set()).add(one.request)
    return tuple(MachineAct(what=own.tell(what), times=len(found)) for what, found in requests.items())


def done(entry: Logged) -> str:
    """What one entry of the system's own says, in English."""
    wrote = entry.action in WRITES
    known = WRITTEN_BY if wrote else READ_BY
    source = next((one for one in known if entry.request == one or entry.request.startswith(f"{one}-")), "")
    return known.get(source) or (WRITTEN_OTHERWISE if wrote else READ_OTHERWISE)
