"""What the log reviewer reads: rules of patterns with their numbers, findings, and what refusals say."""

from __future__ import annotations

from types import MappingProxyType

import msgspec

from saman.apps.ui.locales import mark
from saman.kernel.outcome import Issue, Refusal

RULES = MappingProxyType(
    {
        "family": mark("Same family name"),
        "neighbour": mark("Same address or street"),
        "colleague": mark("A colleague was looked at"),
        "many": mark("Many people in one day"),
        "no-act": mark("Looked, and nothing was written"),
        "out-of-hours": mark("Looked while the unit was closed"),
    }
)
"""What each rule is called."""

MEANS = MappingProxyType(
    {
        "family": mark(
            "The one who looked has the same family name as the person, and the same address where theirs is known."
        ),
        "neighbour": mark("The one who looked lives in the same street and place as the person."),
        "colleague": mark("The person looked at works in the same organisation."),
        "many": mark(
            "Somebody looked at fifteen people or more in one day, and at three times as many as on their usual day."
        ),
        "no-act": mark(
            "At least five looks, and more than half of somebody's looks, were at people about whom the unit wrote "
            "nothing within a week before or after."
        ),
        "out-of-hours": mark("Somebody looked while the unit was closed by its opening hours."),
    }
)
"""What each rule compares."""

NUMBERS = MappingProxyType(
    {
        "family": mark("%(bearers)s of the %(people)s people your organisation looked at have this family name."),
        "many": mark("%(people)s people in one day. Usual: %(usual)s, from %(days)s days before."),
        "no-act": mark("%(alone)s of %(visits)s looks."),
        "out-of-hours": mark("%(closed)s of %(visits)s looks."),
    }
)
"""The numbers a rule used; rules without any are told by `HOW`."""

HOW = MappingProxyType(
    {
        ("address", "same"): mark("Same address."),
        ("address", "unknown"): mark("The address of the one who looked is not known here."),
        ("home", "same"): mark("Same address."),
        ("home", "street"): mark("Same street."),
        ("by", "number"): mark("Told by the same identity number."),
        ("by", "name"): mark("Told by the same name; it may be somebody else."),
    }
)

FOUND = MappingProxyType(
    {
        "checked": mark("Checked, nothing to ask about"),
        "asked": mark("Somebody was asked"),
        "serious": mark("Serious"),
        "approved": mark("Approved"),
    }
)
"""What a reviewer finds."""

OPENING_GROUNDS = MappingProxyType(
    {
        "consent": mark("The person agreed."),
        "incapable_and_needed": mark("The person could not decide, and it was absolutely needed."),
        "weighty_reasons": mark("Weighty reasons."),
        "overriding_interest": mark("An overriding interest of the person or of others."),
        "statutory_right": mark("A right to the information by law."),
        "needed_for_treatment": mark("It was necessary for the treatment."),
        "vital_interests": mark("Life or health was in danger."),
        "emergency": mark("Life or health was in danger; there was no tie."),
    }
)

_SENTENCES = MappingProxyType(
    {
        "auth.not-yours": mark("This page is for the log reviewer of an organisation."),
        "review.empty": mark("Write an answer. The person reads it as you write it."),
        "review.choose": mark("Choose what you found."),
        "review.note": mark("Write in a few words what it is about, at most 1000 characters."),
        "message.long": mark("Write at most 2000 characters."),
        "record.not-found": mark("It does not exist, or another organisation answers for it."),
        "record.conflict": mark("Somebody else has changed this. Nothing was changed. Look again."),
    }
)


def worded(refusal: Refusal) -> Refusal:
    """The refusal in words that the catalogues translate."""
    issues = (msgspec.structs.replace(one, key=_SENTENCES.get(one.key, one.key)) for one in refusal.issues)
    return Refusal(refusal.kind, tuple[Issue, ...](issues))
