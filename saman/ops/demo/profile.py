"""The shape of the hand-made people's data files; a misspelt field fails at load."""

from __future__ import annotations

from datetime import date
from functools import cache

import msgspec

from saman.ops.demo.identity import synthetic_number
from saman.ops.demo.packaged import read
from saman.ops.demo.places import BY_SLUG, Municipality

Words = dict[str, str]
"""The same text by language: `en` and `nb`."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every row in the files. Days count from the day of loading: -1 is yesterday."""


class Illness(Part, frozen=True, kw_only=True):
    """A condition by its key in the code table, and the year it began."""

    code: str
    since: int | None = None


class Allergy(Part, frozen=True, kw_only=True):
    """An allergy by its key in the code table."""

    code: str
    reaction: Words
    year: int


class Notice(Part, frozen=True, kw_only=True):
    """What staff must see first; `kind` is a code of FHIR's flag categories."""

    kind: str
    day: int
    text: Words


class Relative(Part, frozen=True, kw_only=True):
    """Somebody close, and what the citizen shares: `plan`, `messages`, `readings`; a mandate covers more.

    `turn` tells the national test number of who is close to several people, all with the same number; who is a demo
    citizen as well (`same_as`) has that one's. `at_home` is a guardian registered at the child's address.
    """

    name: str
    sex: str
    born: date
    relation: str
    shares: list[str]
    first: bool = False
    same_as: str = ""
    turn: int | None = None
    guardian: bool = False
    at_home: bool = False
    mandate: bool = False


class Wish(Part, frozen=True, kw_only=True):
    """A goal in the citizen's own words."""

    day: int
    text: Words


class Support(Part, frozen=True, kw_only=True):
    """Help in daily life: what, from which day, by whom (home care unless named), and what the citizen says to it."""

    code: str
    day: int
    text: Words
    answer: str
    when: Words | None = None
    by: str = ""


class Decision(Part, frozen=True, kw_only=True):
    """A decision about social care: asked for, outcome, why, and for how many months."""

    day: int
    months: int
    code: str
    outcome: str
    asked: Words
    reason: Words


class Fall(Part, frozen=True, kw_only=True):
    """A fall: when and how."""

    day: int
    text: Words


class EarlierLimit(Part, frozen=True, kw_only=True):
    """A limit that has been replaced."""

    by: str
    day: int
    low: str | None = None
    high: str | None = None


class Limit(Part, frozen=True, kw_only=True):
    """A personal limit: `by` is `gp` or a member of staff."""

    measure: str
    by: str
    day: int
    reason: Words
    low: str | None = None
    high: str | None = None
    was: EarlierLimit | None = None


class Remark(Part, frozen=True, kw_only=True):
    """What the citizen wrote with a report."""

    day: int
    text: Words


class Slip(Part, frozen=True, kw_only=True):
    """A typing error: `typed` instead of what was shown, put right (`corrected`) or confirmed by mistake."""

    day: int
    measure: str
    typed: str
    corrected: bool = False


class Enrolment(Part, frozen=True, kw_only=True):
    """Home follow-up: when and what is measured, and what happened on the way (see the module simulate)."""

    since: int
    schedule: str
    at: str
    measures: dict[str, tuple[float, float]]
    limits: list[Limit] = []
    tail: dict[str, list[str]] = {}
    confirmed: dict[str, int] = {}
    comments: list[Remark] = []
    away: list[tuple[int, int]] = []
    errors: list[Slip] = []
    missed: float = 0.06
    last: str = "schedule"
    last_at: str = ""
    silent_since: int | None = None
    unread: bool = False
    claimed_by: str = ""
    told_to: str = ""


class Profile(Part, frozen=True, kw_only=True):
    """A hand-made person."""

    name: str
    sex: str
    born: date
    home: str
    lives: Words
    ability: str
    conditions: list[Illness]
    medicines: list[str]
    relatives: list[Relative]
    wishes: list[Wish]
    social: list[Support]
    allergies: list[Allergy] = []
    flags: list[Notice] = []
    equipment: list[str] = []
    decisions: list[Decision] = []
    falls: list[Fall] = []
    enrolled: Enrolment | None = None
    language: str = "nb"
    interpreter: bool = False
    protected: bool = False
    hospital: bool = False
    volunteer: str = ""


class Joiner(Part, frozen=True, kw_only=True):
    """What is added for a published person who takes part in home follow-up."""

    reason: Illness
    enrolled: Enrolment


class Person(msgspec.Struct, frozen=True):
    """Somebody of the demo, hand-made or published: `id` is the Patient's id."""

    id: str
    name: str
    sex: str
    born: date
    place: Municipality
    turn: int
    """A number of their own, from which telephone and address are made."""

    @property
    def patient(self) -> str:
        """Reference to the Patient."""
        return f"Patient/{self.id}"

    @property
    def number(self) -> str:
        """The national test number."""
        return synthetic_number(self.born, self.sex, self.turn % 20)


@cache
def read_profiles() -> dict[str, Profile]:
    """The hand-made people by Patient id, in the order of the file."""
    return msgspec.yaml.decode(read("people.yaml"), type=dict[str, Profile])


def read_joiners() -> dict[str, Joiner]:
    """The published people in home follow-up, by the beginning of their file's name."""
    return msgspec.yaml.decode(read("enrolled_synthea.yaml"), type=dict[str, Joiner])


def person_of(identity: str, profile: Profile, turn: int) -> Person:
    """The person a profile describes."""
    return Person(identity, profile.name, profile.sex, profile.born, BY_SLUG[profile.home], turn)
