"""A way that somebody is on: its steps and passes, who was heard, where people met, what was decided on money.

The way is not linear: any step can be begun at any time, left out or repeated with a reason. Every change is a function
from one state to the next, so that it can be made again on what another wrote meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from types import MappingProxyType

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.care.way import WayFile

MOST_TEXT = 6000
"""Characters of one text that somebody writes."""
MOST_PARTS = 400
"""Hearings, meetings, notes and the like of one way, each kind by itself."""


class Stand(Enum):
    """Where a step stands."""

    NOT_BEGUN = "not-begun"
    BEGUN = "begun"
    DONE = "done"
    SKIPPED = "skipped"


class Move(Enum):
    """What can be done with a step."""

    BEGIN = "begin"
    FINISH = "finish"
    SKIP = "skip"
    REPEAT = "repeat"


MOVES: Mapping[Stand, Mapping[Move, Stand]] = MappingProxyType(
    {
        Stand.NOT_BEGUN: MappingProxyType({Move.BEGIN: Stand.BEGUN, Move.SKIP: Stand.SKIPPED}),
        Stand.BEGUN: MappingProxyType({Move.FINISH: Stand.DONE, Move.SKIP: Stand.SKIPPED}),
        Stand.DONE: MappingProxyType({Move.REPEAT: Stand.BEGUN}),
        Stand.SKIPPED: MappingProxyType({Move.REPEAT: Stand.BEGUN}),
    }
)
"""What each stand allows, and what it leads to."""

NEEDS_REASON = frozenset({Move.SKIP, Move.REPEAT})


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """One time that a step was gone through: `reason` says why it was repeated, `left_out` why it was not done."""

    stand: Stand
    began: date | None = None
    ended: date | None = None
    reason: str = ""
    left_out: str = ""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody of a party wrote about a step."""

    text: str
    party: str
    on: date


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a way: its passes, the newest last, and notes."""

    passes: tuple[Pass, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def stand(self) -> Stand:
        """Where it stands now."""
        return self.passes[-1].stand if self.passes else Stand.NOT_BEGUN


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """That a group was heard: how and what they said, without anybody's name."""

    voice: str
    on: date
    how: str
    said: str
    step: str = ""


class MeetingKind(Enum):
    """Where people met."""

    WORKSHOP = "workshop"
    VISIT = "visit"


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A workshop or an inspiration visit: parties and roles that took part, and what came out of it."""

    kind: MeetingKind
    on: date
    place: str
    parties: tuple[str, ...]
    roles: str
    outputs: str


class Stage(Enum):
    """The parts of being funded by a call; all are optional."""

    CALL = "call"
    APPLICATION = "application"
    ASSESSMENT = "assessment"
    CONTRACT = "contract"
    REPORT = "report"


class Funding(msgspec.Struct, frozen=True, kw_only=True):
    """What happened at a stage of a call, on which day, and what was decided."""

    stage: Stage
    on: date
    text: str
    decision: str = ""


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """One way: the challenge in the words of those who have it, whose it is, who takes part, and how far it is.

    `unheard` says why a voice was not heard, once the way is finished without it; `language` is that of the pages on
    which its title and challenge were written.
    """

    title: str
    challenge: str
    owner: str
    parties: tuple[str, ...] = ()
    steps: dict[str, Gone] = {}
    hearings: tuple[Hearing, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    funding: tuple[Funding, ...] = ()
    unheard: dict[str, str] = {}
    language: str = ""
    finished: date | None = None

    def gone(self, step: str) -> Gone:
        """How far a step is."""
        return self.steps.get(step, Gone())

    @property
    def heard(self) -> frozenset[str]:
        """The voices that were heard."""
        return frozenset(one.voice for one in self.hearings)

    @property
    def everybody(self) -> tuple[str, ...]:
        """The owner, then those who take part."""
        return tuple(dict.fromkeys((self.owner, *self.parties)))


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with a step, on which day, and why where a reason is needed."""

    step: str
    move: Move
    on: date
    reason: str = ""


def moved(going: Going, act: Act) -> Going | Refusal:
    """The way after an act; refused when the step's stand does not allow it or a reason is missing."""
    gone = going.gone(act.step)
    then = MOVES[gone.stand].get(act.move)
    if closed := barred(going):
        return closed
    if then is None:
        text = "The step stands otherwise by now. Look again, then choose."
        return refused(Kind.CONFLICT, "conflict", text, "move", key="way.step-stands-otherwise")
    if act.move in NEEDS_REASON and not act.reason:
        return refused(Kind.UNPROCESSABLE, "required", "Say why.", "reason", key="way.say-why")
    if len(gone.passes) >= MOST_PARTS:
        return full()
    changed = msgspec.structs.replace(gone, passes=_passes(gone, act, then))
    return msgspec.structs.replace(going, steps={**going.steps, act.step: changed})


def _passes(gone: Gone, act: Act, then: Stand) -> tuple[Pass, ...]:
    if act.move in (Move.BEGIN, Move.REPEAT):
        return (*gone.passes, Pass(stand=then, began=act.on, reason=act.reason if act.move is Move.REPEAT else ""))
    last = gone.passes[-1] if gone.passes else Pass(stand=then)
    left_out = act.reason if act.move is Move.SKIP else ""
    return (*gone.passes[:-1], msgspec.structs.replace(last, stand=then, ended=act.on, left_out=left_out))


def noted(going: Going, step: str, note: Note) -> Going | Refusal:
    """The way with one more note on a step."""
    gone = going.gone(step)
    if closed := barred(going):
        return closed
    if len(gone.notes) >= MOST_PARTS:
        return full()
    changed = msgspec.structs.replace(gone, notes=(*gone.notes, note))
    return msgspec.structs.replace(going, steps={**going.steps, step: changed})


Part = Hearing | Meeting | Funding

_LISTS: Mapping[type[Part], str] = MappingProxyType({Hearing: "hearings", Meeting: "meetings", Funding: "funding"})


def with_part(going: Going, part: Part) -> Going | Refusal:
    """The way with one more hearing, meeting or stage of funding."""
    name = _LISTS[type(part)]
    before = getattr(going, name)
    if closed := barred(going):
        return closed
    return full() if len(before) >= MOST_PARTS else msgspec.structs.replace(going, **{name: (*before, part)})


def finished(going: Going, way: WayFile, on: date, unheard: Mapping[str, str]) -> Going | Refusal:
    """The way as finished; refused with every step that is still open and every voice neither heard nor explained."""
    if closed := barred(going):
        return closed
    issues = tuple(_open(going, way, unheard))
    if issues:
        return Refusal(Kind.UNPROCESSABLE, issues)
    why = {voice.id: unheard[voice.id] for voice in way.voices if voice.id not in going.heard}
    return msgspec.structs.replace(going, finished=on, unheard=why)


def _open(going: Going, way: WayFile, unheard: Mapping[str, str]) -> Iterator[Issue]:
    for step in way.steps:
        stand = going.gone(step.id).stand
        if stand is Stand.BEGUN or (stand is Stand.NOT_BEGUN and not step.optional):
            text = "A step is neither done nor left out with a reason."
            yield Issue("required", text, f"step-{step.id}", key="way.step-open")
    for voice in way.voices:
        if voice.id not in going.heard and not unheard.get(voice.id):
            text = "Say how this group was heard, or why it was not."
            yield Issue("required", text, f"why-{voice.id}", key="way.voice-unheard")


def reopened(going: Going) -> Going | Refusal:
    """The way as under way again."""
    if going.finished is None:
        text = "The way is under way already."
        return refused(Kind.CONFLICT, "conflict", text, key="way.not-finished")
    return msgspec.structs.replace(going, finished=None, unheard={})


def barred(going: Going) -> Refusal | None:
    """The refusal of a change to a finished way."""
    if going.finished is None:
        return None
    text = "This way is finished. Open it again to change it."
    return refused(Kind.CONFLICT, "conflict", text, key="way.finished")


def full() -> Refusal:
    """The refusal of one more of something that there is too much of."""
    text = "There is no room for more here."
    return refused(Kind.UNPROCESSABLE, "too-long", text, key="way.full")


def next_steps(going: Going, way: WayFile) -> Iterator[str]:
    """The ids of the steps that are begun, else of the first that is not: where to go on."""
    begun = [step.id for step in way.steps if going.gone(step.id).stand is Stand.BEGUN]
    fresh = [step.id for step in way.steps if going.gone(step.id).stand is Stand.NOT_BEGUN]
    yield from begun or fresh[:1]
