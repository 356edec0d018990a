"""What pages say about access: message keys with their English texts, for translation into every language."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from saman.model.access.relation import RelationKind

MESSAGES: Mapping[str, str] = {
    "access.rule.confirmed": "{says} (rule {rule})",
    "access.rule.unconfirmed": "{says} (rule {rule}: a local setting that nobody has confirmed as law)",
    "access.rule.agreement": "{says} (agreement {agreement}, row {rule})",
    "access.why_not.role": "No rule lets this role see data about persons.",
    "access.why_not.purpose": "This role may not see data about persons for this purpose.",
    "access.why_not.domain": "This role does not need this kind of data.",
    "access.why_not.in_force": "The rule that would allow it is not in force at this time (rule {rule}).",
    "access.why_not.tie": "It needs a tie to the person, such as a care team or request; there is none (rule {rule}).",
    "access.why_not.time": "There is a tie to the person, but it has not begun or is over (rule {rule}).",
    "access.why_not.age": "The person is not of the age that the rule speaks of (rule {rule}).",
    "access.why_not.also": "It needs more than the tie there is, such as the person's consent (rule {rule}).",
    "access.why_not.agreement": "It is open to agreement, and no agreement in force covers it (rule {rule}).",
    "access.ground.self": "The information is your own.",
    "access.ground.relative": "You have shared this with them.",
    "access.ground.care_team": "They are in your care team.",
    "access.ground.task": "They were asked to do something for you.",
    "access.ground.request": "They take part in a request about you.",
    "access.ground.appointment": "You have an appointment with them.",
    "access.ground.episode": "You take part in a service that they run.",
    "access.ground.general_practitioner": "It is your own general practice.",
    "access.ground.managing": "They keep your record.",
    "access.ground.protected": "Your address is protected.",
    "access.ground.consent": "You have allowed it.",
    "access.ground.guardian": "They have custody of you.",
    "access.ground.mandate": "They have a mandate from you.",
    "access.ground.extended": "It has been decided that they see more than by your age.",
    "access.ground.own_protected": "Their address is protected.",
    "access.ground.at_home": "They are registered at your address.",
    "access.ground.opening": "They opened what is restricted and gave a reason.",
    "access.ground.born": "It goes by your age.",
    "access.ground.system": "It was done by a system, without anyone reading.",
    "access.write.no_rule": "This role may not do this.",
    "access.write.right": "The service has not given this role the right.",
    "access.write.about_self": "It must be about yourself.",
    "access.write.own_sharing": "Only what is shared with somebody close, and until when, can change; no mandate can.",
    "access.write.own_answer": "Only your own answers to the items of the plan can change.",
    "access.write.opened": "Only that the receiver has opened it can be added.",
    "access.write.a_limit": "It must be a personal limit.",
    "access.write.no_limit": "A personal limit is set by those whose service gives them that right.",
    "access.write.same_labels": "A label that says how sensitive something is cannot be taken away.",
    "access.write.opening": "What is restricted is opened on its own page, not by writing it.",
    "access.write.competent": "Whoever takes, begins or finishes this needs what they do not hold here: {needs}.",
    "access.write.same_needs": "What a task requires cannot be taken away.",
    "access.write.same_kind": "It cannot become another kind of data.",
    "access.write.own_task": "The task must be held by your own unit.",
    "access.write.as_self": "It must be sent in your own name.",
    "access.write.own_or_sent_task": "The task must be held or sent by your own unit.",
}
"""English text of every message key; `{name}` is filled from the arguments."""


class Words(msgspec.Struct, frozen=True):
    """A message to translate: its key, its arguments, and the English text as a reader sees it."""

    key: str
    args: tuple[tuple[str, str], ...]
    text: str


def words(key: str, **args: str) -> Words:
    """The message of `key` with its arguments filled in; raises KeyError for a key that is not in MESSAGES."""
    return Words(key, tuple(args.items()), MESSAGES[key].format_map(args))


GROUND_KINDS: Mapping[str, RelationKind] = {
    "Patient": RelationKind.GENERAL_PRACTITIONER,
    "RelatedPerson": RelationKind.RELATIVE,
    "CareTeam": RelationKind.CARE_TEAM,
    "Task": RelationKind.TASK,
    "ServiceRequest": RelationKind.REQUEST,
    "Appointment": RelationKind.APPOINTMENT,
    "EpisodeOfCare": RelationKind.EPISODE,
    "Consent": RelationKind.CONSENT,
}
"""What a ground says by its type alone; a Patient also says who keeps the record (MANAGING).

A RelatedPerson may also be a guardian or have a mandate, and a Task may be an opening.
"""


def ground_words(kind: RelationKind | None) -> Words:
    """Why a look was allowed, in the citizen's words; None stands for a machine."""
    return words(f"access.ground.{kind.value if kind else 'system'}")
