"""Words of bodies and meetings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from saman.apps.papers.pdf import NONE as NO_PDF
from saman.apps.ui.locales import mark
from saman.flows.governance.meetings import Presence
from saman.model.care.governance import BodyKind, Voting

RULES: Mapping[Voting, str] = MappingProxyType(
    {
        Voting.ONE_PARTY_ONE_VOTE: mark("Each party has one vote, however many seats it has."),
        Voting.MAJORITY: mark("Each seat has one vote; more for than against carries."),
        Voting.CONSENSUS: mark("It is carried when nobody is against."),
        Voting.NOT_KNOWN: mark("How this body votes is not known; the chair says whether it is carried."),
    }
)

KINDS: Mapping[BodyKind, str] = MappingProxyType(
    {
        BodyKind.STEERING: mark("steering"),
        BodyKind.COORDINATION: mark("coordination"),
        BodyKind.REFERENCE: mark("advice"),
        BodyKind.POLITICAL: mark("political"),
        BodyKind.PROFESSIONAL: mark("professional"),
        BodyKind.OWNER: mark("owners"),
    }
)

PRESENT: Mapping[Presence, str] = MappingProxyType(
    {
        Presence.MEMBER: mark("the member"),
        Presence.DEPUTY: mark("a deputy"),
        Presence.OBSERVER: mark("the observer"),
    }
)

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "voting.observer": mark("Observers have no vote."),
        "voting.absent": mark("Who is not there has no vote. Say first who is there."),
        "voting.party": mark("A party has one vote: its members vote alike."),
        "meetings.approved": mark("The minutes are approved and stand as they are."),
        "meetings.presence": mark("Members and deputies sit on members' seats, observers on observers' seats."),
        "meetings.voted": mark("Who has voted was there."),
        "meetings.point": mark("Choose a point of the agenda."),
        "meetings.carried": mark("Say whether it was carried: how this body votes is not known."),
        "meetings.party": mark("Choose who does it."),
        "meetings.role": mark("Choose a role of the region."),
        "meetings.due": mark("The day must not be before the meeting."),
        "meetings.day": mark("Write a day, such as 2026-12-01."),
        "meetings.later": mark("Minutes are approved at a later meeting of the same body."),
        "meetings.required": mark("Write something here."),
        "meetings.full": mark("No more goes in here. Call another meeting."),
        "meetings.pdf-long": mark("These minutes are too long for one PDF. Print the page of the meeting instead."),
        NO_PDF: mark("No PDF can be made on this server. Print the page of the meeting instead."),
    }
)
"""Sentence of each key of the flows of meetings."""
