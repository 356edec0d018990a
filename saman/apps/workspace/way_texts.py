"""What pages of the guided way say: stands of steps, stages of funding, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from saman.apps.ui.locales import mark
from saman.apps.workspace import words
from saman.apps.workspace.desk import Desk
from saman.kernel.outcome import Issue, Refusal
from saman.model.care.basis import said
from saman.model.care.way_going import MeetingKind, Move, Stage, Stand

STANDS: Mapping[Stand, tuple[str, str]] = MappingProxyType(
    {
        Stand.NOT_BEGUN: ("todo", mark("Not begun")),
        Stand.BEGUN: ("waiting", mark("In progress")),
        Stand.DONE: ("done", mark("Done")),
        Stand.SKIPPED: ("unread", mark("Left out")),
    }
)
"""The shape and the words of each stand."""

MOVES: Mapping[Move, str] = MappingProxyType(
    {
        Move.BEGIN: mark("Begin this step"),
        Move.FINISH: mark("This step is done"),
        Move.SKIP: mark("Leave this step out"),
        Move.REPEAT: mark("Go through it again"),
    }
)
MEETINGS: Mapping[MeetingKind, str] = MappingProxyType(
    {MeetingKind.WORKSHOP: mark("Workshop"), MeetingKind.VISIT: mark("Inspiration visit")}
)
STAGES: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.CALL: mark("Call"),
        Stage.APPLICATION: mark("Application"),
        Stage.ASSESSMENT: mark("Assessment"),
        Stage.CONTRACT: mark("Contract"),
        Stage.REPORT: mark("Report to the funder"),
    }
)

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "way.say-why": mark("Say why."),
        "way.step-stands-otherwise": mark("The step stands otherwise by now. Look again, then choose."),
        "way.step-open": mark("This step is neither done nor left out with a reason: %(name)s"),
        "way.voice-unheard": mark("Say how they were heard, or why they were not: %(name)s"),
        "way.not-finished": mark("The way is under way already."),
        "way.finished": mark("This way is finished. Open it again to change it."),
        "way.full": mark("There is no room for more here."),
        "way.choose": mark("Choose one of the list."),
        "way.day": mark("Write the day as year, month and day."),
        "way.number": mark("Write a number."),
        "way.too-long": mark("This is too long. Write less."),
        "way.hours": mark("Write whole hours, from 0 to 5000."),
        "way.no-hours": mark("Write at least one number of hours."),
        "way.unfinished": mark("The way is not finished, so its drafts can still change."),
        "way.no-place": mark("The agreement has no place in agreements.yaml as that is written. Put it there by hand."),
        "way.only-staff": mark("Only those who work in the region can estimate their time."),
    }
)


def worded(desk: Desk, refusal: Refusal) -> Refusal:
    """The refusal with sentences in the place of keys; steps and groups are called by name."""
    return Refusal(refusal.kind, tuple(_worded(desk, issue) for issue in refusal.issues))


def _worded(desk: Desk, issue: Issue) -> Issue:
    if " " in issue.key:
        return issue
    kind, _, id = issue.path.partition("-")
    args = (("name", _name(desk, id)),) if issue.key in ("way.step-open", "way.voice-unheard") else issue.args
    path = "" if kind == "step" else issue.path
    known = {**SENTENCES, **words.SENTENCES, "way.write": words.EMPTY.get(issue.path, "")}
    return msgspec.structs.replace(issue, key=known.get(issue.key, ""), args=args, path=path)


def _name(desk: Desk, id: str) -> str:
    way = desk.model.way
    names = {one.id: one.name for one in way.steps} | {one.id: one.name for one in way.voices} if way else {}
    return said(names[id], desk.words.language) if id in names else id
