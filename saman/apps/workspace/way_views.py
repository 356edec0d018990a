"""What the pages of ways show: the list, one way as a picture of phases, one step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from saman.apps.workspace.desk import Desk
from saman.apps.workspace.way_texts import MEETINGS, MOVES, STAGES, STANDS
from saman.flows.governance.mandate import Matter
from saman.flows.governance.ways import WAYS, papers
from saman.model.care.basis import Source, said
from saman.model.care.way import Phase, Step, WayFile
from saman.model.care.way_going import MOVES as ALLOWED
from saman.model.care.way_going import NEEDS_REASON, Going, Pass, Stand, next_steps
from saman.record.workspace import Item

Pairs = tuple[tuple[str, str], ...]
"""Values and words of a choice."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A way in the list."""

    id: str
    title: str
    owner: str
    done: int
    total: int
    unheard: tuple[str, ...]
    finished: date | None


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """All ways of the region."""

    region: str
    ways: tuple[Line, ...]
    may: bool
    sources: tuple[Source, ...]


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A step in the picture: where it stands, by shape and words, how often it was gone through, whether it is next."""

    id: str
    name: str
    shape: str
    words: str
    passes: int
    optional: bool
    is_next: bool


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A phase in the picture."""

    id: str
    name: str
    purpose: str
    marks: tuple[Mark, ...]


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One time a group was heard."""

    on: date
    how: str
    said: str
    step: str


class VoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """A group: when it was heard, or why not."""

    id: str
    name: str
    hearings: tuple[Heard, ...]
    why_not: str


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """A workshop or visit."""

    kind: str
    on: date
    place: str
    who: str
    outputs: str


class Funded(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of funding."""

    stage: str
    on: date
    text: str
    decision: str


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """One way."""

    id: str
    version: int
    may: bool
    going: Going
    owner: str
    parties: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    voices: tuple[VoiceView, ...]
    meetings: tuple[Met, ...]
    funding: tuple[Funded, ...]
    party_choices: Pairs
    step_choices: Pairs
    voice_choices: Pairs
    meeting_choices: Pairs
    stage_choices: Pairs
    today: date

    @property
    def unheard(self) -> tuple[str, ...]:
        """The names of groups that nobody has heard."""
        return tuple(one.name for one in self.voices if not one.hearings)


class PaperLink(msgspec.Struct, frozen=True, kw_only=True):
    """A paper of a step, and whether anything is written in it."""

    id: str
    name: str
    version: int


class MoveView(msgspec.Struct, frozen=True, kw_only=True):
    """What can be done with the step now."""

    move: str
    words: str
    needs_reason: bool


class NoteView(msgspec.Struct, frozen=True, kw_only=True):
    """A note on a step."""

    text: str
    party: str
    on: date


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one way."""

    way: str
    title: str
    may: bool
    phase: str
    mark: Mark
    purpose: str
    questions: tuple[str, ...]
    voices: tuple[VoiceView, ...]
    papers: tuple[PaperLink, ...]
    passes: tuple[tuple[str, Pass], ...]
    moves: tuple[MoveView, ...]
    notes: tuple[NoteView, ...]
    sources: tuple[Source, ...]
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    today: date


def today(desk: Desk) -> date:
    """The day of the request on the region's own calendar."""
    return desk.words.local(desk.now).date()


async def list_view(desk: Desk, way: WayFile) -> Listed:
    """All ways, those under way first."""
    items = sorted(await WAYS.all(desk.record.store), key=lambda one: (one.is_ended, one.body.title.lower()))
    lines = tuple(_line(desk, way, item) for item in items)
    sources = tuple(one for phase in way.phases for one in way.sources_of(phase))
    return Listed(region=desk.region, ways=lines, may=desk.may(Matter.WAYS), sources=tuple(dict.fromkeys(sources)))


def _line(desk: Desk, way: WayFile, item: Item[Going]) -> Line:
    going = item.body
    stands = [going.gone(step.id).stand.value for step in way.steps]
    unheard = tuple(said(one.name, desk.words.language) for one in way.voices if one.id not in going.heard)
    return Line(
        id=item.id,
        title=going.title,
        owner=desk.party(going.owner),
        done=stands.count("done"),
        total=len(stands) - stands.count("skipped"),
        unheard=unheard,
        finished=going.finished,
    )


def overview(desk: Desk, way: WayFile, item: Item[Going]) -> Overview:
    """One way with everything on it but its papers."""
    going, language = item.body, desk.words.language
    return Overview(
        id=item.id,
        version=item.version,
        may=desk.may(Matter.WAYS),
        going=going,
        owner=desk.party(going.owner),
        parties=tuple(desk.party(id) for id in going.parties),
        stretches=tuple(_stretch(desk, way, going, phase) for phase in way.phases),
        voices=voices(desk, way, going),
        meetings=tuple(_meetings(desk, going)),
        funding=tuple(_funding(desk, going)),
        party_choices=party_choices(desk),
        step_choices=tuple((step.id, said(step.name, language)) for step in way.steps),
        voice_choices=tuple((one.id, said(one.name, language)) for one in way.voices),
        meeting_choices=tuple((kind.value, desk.t(name)) for kind, name in MEETINGS.items()),
        stage_choices=tuple((stage.value, desk.t(name)) for stage, name in STAGES.items()),
        today=today(desk),
    )


def party_choices(desk: Desk) -> Pairs:
    """The region's parties by name."""
    return tuple(sorted(((one.id, one.name) for one in desk.model.parties), key=lambda pair: pair[1].lower()))


def voices(desk: Desk, way: WayFile, going: Going, only: tuple[str, ...] | None = None) -> tuple[VoiceView, ...]:
    """The groups, all or those of a step, each with when it was heard."""
    names = {step.id: said(step.name, desk.words.language) for step in way.steps}
    return tuple(
        VoiceView(
            id=voice.id,
            name=said(voice.name, desk.words.language),
            hearings=tuple(
                Heard(on=one.on, how=one.how, said=one.said, step=names.get(one.step, ""))
                for one in sorted(going.hearings, key=lambda one: one.on)
                if one.voice == voice.id
            ),
            why_not=going.unheard.get(voice.id, ""),
        )
        for voice in way.voices
        if only is None or voice.id in only
    )


def _stretch(desk: Desk, way: WayFile, going: Going, phase: Phase) -> Stretch:
    language = desk.words.language
    marks = tuple(mark_of(desk, way, going, step) for step in phase.steps)
    return Stretch(id=phase.id, name=said(phase.name, language), purpose=said(phase.purpose, language), marks=marks)


def mark_of(desk: Desk, way: WayFile, going: Going, step: Step) -> Mark:
    """A step as it stands in the picture."""
    gone = going.gone(step.id)
    shape, words = STANDS[gone.stand]
    return Mark(
        id=step.id,
        name=said(step.name, desk.words.language),
        shape=shape,
        words=desk.t(words),
        passes=len(gone.passes),
        optional=step.optional,
        is_next=going.finished is None and step.id in tuple(next_steps(going, way)),
    )


def _meetings(desk: Desk, going: Going) -> Iterator[Met]:
    for one in sorted(going.meetings, key=lambda one: one.on):
        who = ", ".join(part for part in (*(desk.party(id) for id in one.parties), one.roles) if part)
        yield Met(kind=desk.t(MEETINGS[one.kind]), on=one.on, place=one.place, who=who, outputs=one.outputs)


def _funding(desk: Desk, going: Going) -> Iterator[Funded]:
    for one in sorted(going.funding, key=lambda one: one.on):
        yield Funded(stage=desk.t(STAGES[one.stage]), on=one.on, text=one.text, decision=one.decision)


async def step_view(desk: Desk, way: WayFile, item: Item[Going], step: Step) -> StepView:
    """One step with its questions, voices, papers, passes and notes."""
    going, language = item.body, desk.words.language
    gone = going.gone(step.id)
    may = desk.may(Matter.WAYS) and going.finished is None
    place = way.steps.index(step)
    around = {at: (way.steps[at].id, said(way.steps[at].name, language)) for at in _around(place, len(way.steps))}
    return StepView(
        way=item.id,
        title=going.title,
        may=may,
        phase=next(said(phase.name, language) for phase in way.phases if step in phase.steps),
        mark=mark_of(desk, way, going, step),
        purpose=said(step.purpose, language),
        questions=tuple(said(one.text, language) for one in step.questions),
        voices=voices(desk, way, going, step.heard),
        papers=await _papers(desk, way, item.id, step),
        passes=tuple((desk.t(STANDS[one.stand][1]), one) for one in gone.passes),
        moves=tuple(_moves(desk, gone.stand)) if may else (),
        notes=tuple(NoteView(text=one.text, party=desk.party(one.party), on=one.on) for one in gone.notes),
        sources=way.sources_of(step),
        before=around.get(place - 1),
        after=around.get(place + 1),
        today=today(desk),
    )


def _moves(desk: Desk, stand: Stand) -> Iterator[MoveView]:
    for move in ALLOWED[stand]:
        yield MoveView(move=move.value, words=desk.t(MOVES[move]), needs_reason=move in NEEDS_REASON)


def _around(place: int, length: int) -> tuple[int, ...]:
    return tuple(at for at in (place - 1, place + 1) if 0 <= at < length)


async def _papers(desk: Desk, way: WayFile, id: str, step: Step) -> tuple[PaperLink, ...]:
    written = await papers(desk.record, id)
    found = (way.template(name) for name in step.templates)
    return tuple(
        PaperLink(
            id=one.id,
            name=said(one.name, desk.words.language),
            version=written[one.id].version if one.id in written else 0,
        )
        for one in found
        if one is not None
    )
