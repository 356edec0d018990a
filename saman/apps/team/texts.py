"""What refusals of the flows say to a professional: their keys as sentences that the catalogues translate."""

from __future__ import annotations

from types import MappingProxyType

import msgspec

from saman.apps.team.opening.words import SENTENCES as OF_OPENING
from saman.apps.ui.locales import mark
from saman.kernel.outcome import Issue, Refusal

PURPOSE = mark(
    "Compares readings that a person has sent from home with limits that a clinician has set for that same person, "
    "and with that person's own earlier readings, by the plain rules written in the service model. Shows the result "
    "as a mark beside the reading to the professionals who read it during opening hours, with what was compared. "
    "It is no alarm, watches nobody between readings, gives no score, no likelihood and no advice, and is not meant "
    "for conditions that need action before a professional has read the report. The professional decides. "
    "It uses no machine learning."
)
"""The intended purpose of `saman.model.triage`, word for word, so that it can be translated."""

SENTENCES = MappingProxyType(
    {
        "task.state": mark("This cannot be answered so in its present state."),
        "task.taken": mark("Somebody else has taken it."),
        "task.not-yours": mark("You have not taken it."),
        "task.closed": mark("It is closed already."),
        "task.needs-reason": mark("Choose a reason."),
        "task.needs-starts": mark("Say when."),
        "task.needs-report": mark("Write what was done."),
        "visit.no-home-care": mark("No home care is part of the care team, so there is nobody to ask."),
        "visit.needs-text": mark("Write what the visit is for."),
        "visit.past": mark("Choose a time from now on."),
        "limit.empty": mark("Give a lowest or a highest value."),
        "limit.crossed": mark("The lowest value must be under the highest."),
        "limit.impossible": mark("No meter shows this value."),
        "limit.reason": mark("Write why the limit is changed."),
        "limit.unknown": mark("There is no such limit."),
        "limit.digits": mark("Write a number with digits only."),
        "visit.label": mark("Choose what was decided."),
        "visit.reason": mark("Write why, in a sentence."),
        "message.empty": mark("Write something first."),
        "message.long": mark("Write at most 4000 characters."),
        "membership.unit": mark("Choose your own unit, or a unit within it."),
        "membership.role": mark("You cannot give this role in this unit."),
        "membership.until": mark("Say until when."),
        "membership.over": mark("The end must come after the beginning, and after now."),
        "membership.long": mark("A substitute is there for at most %(days)s days from today."),
        "membership.time": mark("Write a day and a time."),
        "membership.reason": mark("Write why."),
        "membership.licence": mark("This role needs a licence, and the directory has none that lasts as long."),
        "membership.look-up": mark("Look the number up in the register first, and say that you have."),
        "membership.self": mark("You cannot give yourself a role. Ask somebody else who may."),
        "membership.held": mark("They hold this role in this unit then."),
        "membership.name": mark("Write the name."),
        "membership.known": mark("Somebody with this number is in the directory already. Find them by name."),
        "delegation.competence": mark("You can delegate what your own licence covers, where that may be delegated."),
        "delegation.self": mark("You cannot delegate to yourself."),
        "delegation.receiver": mark("Choose a colleague of your own unit."),
        "delegation.licensed": mark("Their own licence covers it."),
        "delegation.held": mark("They have it, or have been offered it, for that time."),
        "delegation.long": mark("This may be delegated for at most %(days)s days."),
        "delegation.follow-up": mark("Go through it again on a day between the beginning and the end."),
        "delegation.order": mark("Choose an order of this person's that is open."),
        "delegation.state": mark("It has another state now. Look again."),
        "delegation.over": mark("It is over."),
        "delegation.gone": mark("Who gave it can give it no more, or you act for another unit now."),
        "record.conflict": mark("Somebody else has changed this. Nothing was changed. Look again."),
        "record.not-found": mark("It does not exist, or your unit has no part in it. Both look the same from here."),
        "record.gone": mark("It has been deleted."),
        "record.full": mark("The storage is full. Nothing was changed."),
        "record.busy": mark("Many are writing at once. Nothing was changed. Try again."),
        "record.unavailable": mark("The record does not answer just now. Nothing was changed. Try again soon."),
        "record.hidden": mark("Your role may not write this about this person."),
        "access.write.no_rule": mark("Your role may not do this."),
        "access.write.right": mark("The service has not given your role this right."),
        "access.write.own_task": mark("The task must be held by your own unit."),
        "access.write.own_or_sent_task": mark("The task must be held or sent by your own unit."),
        "access.write.as_self": mark("It must be sent in your own name."),
        "access.write.competent": mark("This needs a competence that you do not have here."),
        "access.write.same_needs": mark("What a task requires cannot be taken away."),
    }
    | OF_OPENING
)
"""Sentence of each key; a key that is not here keeps its English text."""


def worded(refusal: Refusal) -> Refusal:
    """The refusal with sentences in the place of keys, as templates translate them."""
    return Refusal(refusal.kind, tuple(_worded(issue) for issue in refusal.issues))


def _worded(issue: Issue) -> Issue:
    if " " in issue.key:
        return issue
    return msgspec.structs.replace(issue, key=SENTENCES.get(issue.key, ""))
