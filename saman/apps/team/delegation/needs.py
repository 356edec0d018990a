"""What a task needs in words: who may do it, by what, until when; and the refusal that says who can instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from saman.apps.team.delegation.views import NeedShown
from saman.apps.team.desk import Desk
from saman.apps.ui.locales import mark
from saman.flows.membership.delegations import Need, needs
from saman.kernel.outcome import Issue, Kind, Refusal

LACKING = "access.write.competent"


async def needs_shown(desk: Desk, tasks: Iterable[Mapping[str, Any]]) -> dict[str, tuple[NeedShown, ...]]:
    """What each of these tasks needs, by its id; nothing is asked where none needs anything."""
    found = await needs(desk.record, desk.model, [dict(one) for one in tasks])
    return {task: tuple(_shown(desk, one) for one in each) for task, each in found.items()}


def _shown(desk: Desk, need: Need) -> NeedShown:
    what = called(desk, need.competence)
    if need.until is None:
        words = mark("Needs: %(what)s. %(who)s has taken it and may not do it.") if need.holder else NEEDED
        return NeedShown(desk.t(words, what=what, who=need.holder), fine=False, more=instead(desk, need), lacks=True)
    if not need.giver:
        return NeedShown(desk.t(mark("Needs: %(what)s."), what=what), fine=True)
    words = THEIRS if need.holder else YOURS
    until = desk.words.short_moment(need.until)
    told = desk.t(words, what=what, giver=need.giver, until=until, who=need.holder)
    return NeedShown(told, not need.too_short, desk.t(TOO_SHORT) if need.too_short else "")


NEEDED = mark("Needs: %(what)s. You may not do it.")
YOURS = mark("Needs: %(what)s. You have it by delegation from %(giver)s until %(until)s.")
THEIRS = mark("Needs: %(what)s. %(who)s has it by delegation from %(giver)s until %(until)s.")
TOO_SHORT = mark("The delegation ends before this is due.")


def called(desk: Desk, competence: str) -> str:
    """The name of a competence."""
    known = desk.model.skills.known.get(competence)
    return desk.said(known.name) if known else competence


def instead(desk: Desk, need: Need) -> str:
    """Who in the unit can do it, and who can delegate it."""
    can = desk.t(mark("Can do it: %(names)s."), names=", ".join(need.can)) if need.can else desk.t(NOBODY)
    if not need.may_delegate:
        return can
    giving = desk.t(mark("Can delegate it: %(names)s."), names=", ".join(need.may_delegate))
    return f"{can} {giving}"


NOBODY = mark("Nobody else in the unit can do it now.")


async def explained(desk: Desk, task: str, refusal: Refusal) -> Refusal:
    """A refusal for want of competence with what is missing, who can do it and who can delegate; others as they are."""
    if all(issue.key != LACKING for issue in refusal.issues):
        return refusal
    there = await desk.record.read("Task", task)
    if isinstance(there, Refusal):
        return refusal
    # Asked as the reader would see it untaken: it is the reader who was refused.
    asked = {name: value for name, value in there.resource().items() if name != "extension"}
    found = await needs(desk.record, desk.model, [asked])
    issues = [_issue(desk, one) for one in found.get(task, ()) if one.until is None]
    return msgspec.structs.replace(refusal, kind=Kind.UNPROCESSABLE, issues=tuple(issues)) if issues else refusal


def _issue(desk: Desk, need: Need) -> Issue:
    args = (("what", called(desk, need.competence)), ("more", instead(desk, need)))
    return Issue("forbidden", "This needs %(what)s, which you may not do here. %(more)s", key=REFUSED, args=args)


REFUSED = mark("This needs: %(what)s. You may not do it here. %(more)s")
