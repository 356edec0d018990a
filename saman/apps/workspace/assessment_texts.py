"""What the pages of the self-assessment say that templates do not: groups, refusals."""

from __future__ import annotations

from types import MappingProxyType

import msgspec

from saman.apps.ui.locales import mark
from saman.apps.workspace.words import told
from saman.flows.governance.assessment import State
from saman.kernel.outcome import Refusal
from saman.model.care.assessment import Audience

GROUPS = MappingProxyType(
    {
        Audience.LEADER: mark("Leaders"),
        Audience.STAFF: mark("Staff"),
        Audience.CITIZEN: mark("Citizens and relatives"),
    }
)
"""Who is asked, in the order in which they are shown."""

STATES = MappingProxyType(
    {
        State.COMING: mark("has not begun"),
        State.OPEN: mark("can be answered"),
        State.CLOSED: mark("is over"),
    }
)

PARTY = mark("Staff: %(party)s")
CHANGE = mark("What carries a change")
"""Over the statements about success factors, for those who answer."""
SUCCESSES = mark("Success factors")
DARKER = mark("Darker means that they agree more. The table below has the same figures.")

_SENTENCES = MappingProxyType(
    {
        "assessment.overlaps": mark("There is another round in these days. Close it first, or choose other days."),
        "assessment.closed": mark("This round is not open."),
        "assessment.not-asked": mark("Your group or organisation is not asked in this round."),
        "assessment.nothing": mark("Answer at least one."),
        "assessment.long": mark("This is too long. Write less."),
        "assessment.again": mark("You have answered in this round. Nobody can see what, so it cannot be changed."),
        "assessment.name": mark("Give the round a name."),
        "assessment.long-name": mark("Write a shorter name."),
        "assessment.until": mark("It ends before it begins."),
        "assessment.past": mark("That day is over."),
        "assessment.too-long": mark("A round takes 92 days at most."),
        "assessment.groups": mark("Choose who is asked."),
        "assessment.day": mark("Write a day, such as 2027-01-31."),
        "assessment.number": mark("Write a whole number, or nothing."),
    }
)


def worded(refusal: Refusal) -> Refusal:
    """The refusal in words that the catalogues translate."""
    issues = tuple(msgspec.structs.replace(one, key=_SENTENCES.get(one.key, one.key)) for one in refusal.issues)
    return told(Refusal(refusal.kind, issues))
