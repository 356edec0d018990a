"""What a row of law may say in terms a machine carries out: one shape for each row id.

`value` of a row says the same in words. A row without reading rules has terms; both are read together, so that a bad
or missing term refuses the file like any other mistake.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Duration = Annotated[str, msgspec.Meta(pattern=r"^P([1-9][0-9]{0,2}[YM]|[1-9][0-9]{0,3}D|T[1-9][0-9]{0,3}[HM])$")]
"""An ISO 8601 duration of one unit, such as `P5Y`, `P18M`, `P7D` or `PT24H`; see `terms_time` for reckoning."""

Age = Annotated[int, msgspec.Meta(ge=1, le=150)]
WorkingDays = Annotated[int, msgspec.Meta(ge=1, le=60)]

Holder = Literal["person", "unit"]
"""Whose an opening is: of the one professional, or of everybody in her role at the unit."""

Visible = Literal["hidden", "existence", "existence_and_holder"]

Followed = Literal["log", "ground", "inform", "review", "national_log"]
"""What follows an opening: it is logged, with its ground; the person is told; somebody reviews it; a national log."""

Ground = Literal[
    "consent",
    "incapable_and_needed",
    "weighty_reasons",
    "overriding_interest",
    "statutory_right",
    "needed_for_treatment",
    "vital_interests",
]


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of one row.

    `set_here` names the terms that no source gave: choices of the platform, shown as local settings whatever the
    status of the row. A term left out is what its default says, and no source spoke of it.
    """

    set_here: tuple[str, ...] = ()


class RestrictionUnit(Terms, frozen=True, kw_only=True):
    """R05: what a person can close, against whom, and whether in advance."""

    units: Annotated[
        tuple[
            Literal[
                "all", "part", "item", "document", "care_provider", "unit", "service_task", "visit", "course", "episode"
            ],
            ...,
        ],
        msgspec.Meta(min_length=1),
    ]
    against: tuple[Literal["everybody", "group", "person"], ...] = ("everybody",)
    future_entries: bool = False
    named_staff_allowed: bool = False
    bought_services_too: bool = True
    """False: a provider that the controller buys from counts as the controller, and cannot be closed out."""


class RestrictionVisible(Terms, frozen=True, kw_only=True):
    """R06: what professionals see of a restriction when it keeps them out."""

    visible: Visible
    in_emergency: Visible
    """What an emergency lets them see besides."""
    seen_by: Literal["professionals", "custodian"] = "professionals"


class GuardianRestriction(Terms, frozen=True, kw_only=True):
    """R07: whether a guardian may close a child's data, until the child turns `until_age`."""

    allowed: bool
    until_age: Age | None = None
    child_heard_from: Age | None = None


class OverrideGround(Terms, frozen=True, kw_only=True):
    """R08: on which grounds a closed part may be opened."""

    grounds: Annotated[tuple[Ground, ...], msgspec.Meta(min_length=1)]


class OverrideSteps(Terms, frozen=True, kw_only=True):
    """R09: in how many active steps it is opened, and whether with a reason in words."""

    steps: Literal[1, 2]
    reason: bool
    inform: bool = False


class OverrideEnd(Terms, frozen=True, kw_only=True):
    """R10: for how long it stays open at most, until what ends, and for whom; the first of `whose` is proposed."""

    longest: Duration
    until: Literal["time", "episode", "treatment", "service_event"]
    whose: Annotated[tuple[Holder, ...], msgspec.Meta(min_length=1)]


class OverrideAfter(Terms, frozen=True, kw_only=True):
    """R11: what follows an opening, and within which time it is reviewed and the person told."""

    after: Annotated[tuple[Followed, ...], msgspec.Meta(min_length=1)]
    review_within: Duration
    inform_within: Duration | None = None
    """None: the person need not be told."""


class ConsentForm(Terms, frozen=True, kw_only=True):
    """R12: in which forms a consent counts; always recorded."""

    forms: Annotated[tuple[Literal["any", "spoken", "written", "structured"], ...], msgspec.Meta(min_length=1)]
    recorded_in: Literal["record", "national_service"] = "record"
    written_for_sensitive: bool = False


class ConsentWithdraw(Terms, frozen=True, kw_only=True):
    """R13: when a consent can be taken back, and from when that counts."""

    when: Literal["any_time"]
    takes_effect: Literal["at_once"]


class Incapacity(Terms, frozen=True, kw_only=True):
    """R14: who or what decides when the person cannot."""

    decided_by: Annotated[
        tuple[Literal["explored_will", "next_of_kin", "guardian", "proxy", "representative"], ...],
        msgspec.Meta(min_length=1),
    ]
    unless_objects: bool = False
    """True: allowed when there is no reason to think that the person would object."""


class LogContent(Terms, frozen=True, kw_only=True):
    """R19: what each entry of the log says."""

    says: Annotated[
        tuple[
            Literal[
                "who", "person", "unit", "organisation", "when", "period", "act", "data", "documents", "criterion",
                "recipient", "purpose", "ground",
            ],
            ...,
        ],
        msgspec.Meta(min_length=1),
    ]  # fmt: skip


class LogKeep(Terms, frozen=True, kw_only=True):
    """R20: how long an entry of the log is kept at least."""

    keep: Duration
    national: Duration | None = None
    """How long a national log beside ours keeps it, then deletes it."""


class LogShow(Terms, frozen=True, kw_only=True):
    """R21: how far back the person sees the log, what of the staff, and how soon an organisation answers.

    `show_with_reason` goes further back when the person says why (None: no further). `answer_days` are the working
    days in which an organisation answers "I don't recognise this".
    """

    show: Duration
    show_with_reason: Duration | None = None
    ways: Annotated[tuple[Literal["portal", "extract", "request"], ...], msgspec.Meta(min_length=1)]
    staff: Literal["name", "role_and_unit"]
    reason_shown: bool
    refusal_says_why: bool = False
    answer_days: WorkingDays


class LogReview(Terms, frozen=True, kw_only=True):
    """R22: who goes through the log, how, and how often."""

    by: Literal["controller", "authority"]
    ways: Annotated[
        tuple[Literal["systematic", "recurring", "documented", "random", "on_suspicion"], ...],
        msgspec.Meta(min_length=1),
    ]
    every: Duration


class JointPlan(Terms, frozen=True, kw_only=True):
    """R23: on what a joint plan rests, what it holds, and who leads it."""

    rests_on: Literal["consent", "wish", "agreement", "law"]
    holds: tuple[Literal["services_needed", "who_does_which", "what_others_do", "who_leads"], ...] = ()
    one_leads: bool
    coordinator_without_plan: bool = False
    starts_within_days: bool = False
    """True: it begins within some days; the law names no number."""
    only_children: bool = False


class ReadOwn(Terms, frozen=True, kw_only=True):
    """R24: whether persons read their own record themselves, or have a right to a copy."""

    direct: Literal["yes", "by_decision"]
    copy_on_request: bool = False


class Correction(Terms, frozen=True, kw_only=True):
    """R25: how something wrong is put right, and who may erase it."""

    ways: Annotated[
        tuple[Literal["append", "mark_wrong", "note_disagreement", "correct_with_approval"], ...],
        msgspec.Meta(min_length=1),
    ]
    erased_by: Literal["nobody", "authority", "own_rules"]


class SignInLevel(Terms, frozen=True, kw_only=True):
    """R26: how sure it must be who signs in as staff; levels of Regulation (EU) 910/2014 art. 8."""

    level: Literal["low", "substantial", "high"]
    means: tuple[str, ...] = ()
    assignment_chosen: bool = False


Category = Literal["patient_summary", "prescription", "dispensation", "images", "laboratory", "discharge"]


class EuropeanAccess(Terms, frozen=True, kw_only=True):
    """EU01: how far back each access is shown, what is said of it, of which data, and how the person is told."""

    show: Duration
    says: Annotated[tuple[Literal["who", "when", "data"], ...], msgspec.Meta(min_length=1)]
    notice: Literal["on_and_off"]
    categories: Annotated[tuple[Category, ...], msgspec.Meta(min_length=1)]


class EuropeanRestriction(Terms, frozen=True, kw_only=True):
    """EU02: what a restriction does: the person is warned first, it is hidden, vital interests open it."""

    warn_first: bool
    visible: Visible
    grounds: Annotated[tuple[Ground, ...], msgspec.Meta(min_length=1)]
    categories: Annotated[tuple[Category, ...], msgspec.Meta(min_length=1)]


TERMS_OF: dict[str, type[Terms]] = {
    "R05": RestrictionUnit,
    "R06": RestrictionVisible,
    "R07": GuardianRestriction,
    "R08": OverrideGround,
    "R09": OverrideSteps,
    "R10": OverrideEnd,
    "R11": OverrideAfter,
    "R12": ConsentForm,
    "R13": ConsentWithdraw,
    "R14": Incapacity,
    "R19": LogContent,
    "R20": LogKeep,
    "R21": LogShow,
    "R22": LogReview,
    "R23": JointPlan,
    "R24": ReadOwn,
    "R25": Correction,
    "R26": SignInLevel,
    "EU01": EuropeanAccess,
    "EU02": EuropeanRestriction,
}
"""The shape of the terms of each row that has them; every version of such a row has terms."""
