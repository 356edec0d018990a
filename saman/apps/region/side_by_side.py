"""Two or three regions side by side, by name: no score, no order of merit; of two, also what stands differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from saman.apps.region import names
from saman.apps.region.differences import PartOfTwo, differences
from saman.apps.region.facts import Said, Teller, grounded
from saman.apps.region.people import party_name
from saman.apps.region.spans import at_most
from saman.apps.ui.locales import Words
from saman.model.care.agreement import Payment
from saman.model.care.basis import Grounded, Mark
from saman.model.care.caremodel import CareModel
from saman.model.care.governance import Voting
from saman.model.care.pathway import Pathway

MOST = 3
MOST_LINES = 16
"""Of one cell; the rest is counted."""

Lines = Sequence[Said]
K = TypeVar("K")


class Cell(msgspec.Struct, frozen=True):
    """What one region has: a few lines, and how many more."""

    lines: tuple[Said, ...]
    more: int = 0


class Row(msgspec.Struct, frozen=True):
    """One thing, and what each region has of it."""

    head: str
    cells: tuple[Cell, ...]


class Section(msgspec.Struct, frozen=True):
    """Things of one sort."""

    id: str
    title: str
    rows: tuple[Row, ...]


class Choice(msgspec.Struct, frozen=True):
    """A region that can be chosen."""

    id: str
    name: Said
    country: Said
    chosen: bool


class Comparison(msgspec.Struct, frozen=True):
    """The whole page; `parts` only of two regions."""

    choices: tuple[Choice, ...]
    heads: tuple[tuple[Said, Said, str], ...]
    sections: tuple[Section, ...]
    parts: tuple[PartOfTwo, ...]
    too_many: bool
    most: int = MOST


def comparison(words: Words, own: CareModel, others: Iterable[CareModel], asked: Sequence[str]) -> Comparison:
    """The regions asked for, of those there are; one that is not there is passed over, a fourth is left out."""
    known = {own.region.id: Teller(own, words)}
    for model in others:
        known.setdefault(model.region.id, Teller(model, words))
    wanted = [id for id in dict.fromkeys(asked) if id in known]
    by_name = sorted(known.values(), key=lambda tell: tell.said(tell.model.region.name).text.casefold())
    kept = wanted[:MOST]
    shown = [tell for tell in by_name if tell.model.region.id in kept]
    marked = kept or [own.region.id]
    return Comparison(
        choices=tuple(_choice(tell, marked) for tell in by_name),
        heads=tuple(
            (tell.said(tell.model.region.name), tell.said(tell.model.country.name), tell.model.region.version)
            for tell in shown
        ),
        sections=tuple(_sections(words, shown)) if len(shown) > 1 else (),
        parts=tuple(differences(shown[0], shown[1])) if len(shown) == 2 else (),
        too_many=len(wanted) > MOST,
    )


def _choice(tell: Teller, marked: Sequence[str]) -> Choice:
    region = tell.model.region
    return Choice(region.id, tell.said(region.name), tell.said(tell.model.country.name), region.id in marked)


def _sections(words: Words, shown: Sequence[Teller]) -> Iterator[Section]:
    gettext = words.plain
    yield Section("short", gettext("In short"), tuple(_short(words, shown)))
    yield Section("parties", gettext("Parties"), _by(shown, names.PARTIES, _parties_of))
    yield Section("bodies", gettext("Bodies, and how they decide"), _by(shown, names.BODIES, _bodies_of))
    yield Section("funding", gettext("Agreements and funding"), _by(shown, names.AGREEMENTS, _agreements_of))
    yield Section("services", gettext("Services"), _by(shown, names.CATEGORIES, _services_of))
    modes = {kind: words_ for kind, (_, words_) in names.MODES.items()}
    yield Section("modes", gettext("Services by mode"), _by(shown, modes, _in_mode))
    yield Section("pathways", gettext("Pathways and their times"), _by(shown, names.PATHWAYS, _pathways_of))
    yield Section("known", gettext("What is known"), tuple(_known(shown)))


def _row(head: str, found: Iterable[Lines]) -> Row:
    return Row(head, tuple(Cell(tuple(lines[:MOST_LINES]), max(0, len(lines) - MOST_LINES)) for lines in found))


def _by(shown: Sequence[Teller], kinds: dict[K, str], of: Callable[[Teller, K], Lines]) -> tuple[Row, ...]:
    """A row for each kind that any of the regions has."""
    rows = ((words, [of(tell, kind) for tell in shown]) for kind, words in kinds.items())
    return tuple(_row(shown[0].gettext(words), found) for words, found in rows if any(found))


def _short(words: Words, shown: Sequence[Teller]) -> Iterator[Row]:
    gettext = words.plain

    def row(head: str, of: Callable[[CareModel], str]) -> Row:
        return _row(head, [[Said(of(tell.model))] for tell in shown])

    yield row(gettext("Municipalities"), lambda model: words.number(len(model.region.places)))
    yield row(gettext("Residents"), lambda model: words.number(sum(one.residents for one in model.region.places)))
    yield row(gettext("65 or older"), lambda model: words.number(sum(one.residents_65 for one in model.region.places)))
    yield row(gettext("Sources"), _marks)


def _marks(model: CareModel) -> str:
    counts = [(mark.value, sum(one.mark is mark for one in model.region.sources)) for mark in Mark]
    return ", ".join(f"{mark}: {count}" for mark, count in counts)


def _parties_of(tell: Teller, kind: object) -> Lines:
    found = [party.name for party in tell.model.parties if party.kind is kind]
    return [Said(f"{len(found)}: {', '.join(found[:3])}{' …' if len(found) > 3 else ''}")] if found else []


def _bodies_of(tell: Teller, kind: object) -> Lines:
    not_known = tell.gettext("voting rule not known")
    return [
        _with(
            tell.said(body.name),
            not_known if body.voting is Voting.NOT_KNOWN else tell.gettext(names.VOTING[body.voting]),
        )
        for body in tell.model.bodies
        if body.kind is kind
    ]


def _agreements_of(tell: Teller, kind: object) -> Lines:
    found = []
    for one in (one for one in tell.model.agreements if one.kind is kind):
        shares = [
            f"{party_name(tell, share.party)} {share.percent} %" for share in one.funding if share.percent is not None
        ]
        paid = [] if one.paid_by is Payment.NOT_KNOWN else [tell.gettext(names.PAYMENTS[one.paid_by])]
        found.append(_with(Said(one.name), ", ".join(shares + paid) or tell.gettext("funding not known")))
    return found


def _services_of(tell: Teller, category: object) -> Lines:
    return [
        _with(tell.said(one.name), ", ".join(tell.gettext(names.MODES[mode.mode][1]) for mode in one.modes))
        for one in tell.model.services
        if one.category is category
    ]


def _in_mode(tell: Teller, kind: object) -> Lines:
    return [tell.said(one.name) for one in tell.model.services if any(mode.mode is kind for mode in one.modes)]


def _pathways_of(tell: Teller, kind: object) -> Lines:
    return [line for one in tell.model.pathways if one.kind is kind for line in _timed(tell, one)]


def _timed(tell: Teller, pathway: Pathway) -> Iterator[Said]:
    """A pathway by its name, then each step that has a time."""
    yield tell.said(pathway.name)
    for step in pathway.steps:
        if step.within is not None and step.within.span is not None:
            yield _with(tell.said(step.name), at_most(tell.words, step.within.span))
        elif step.within is not None:
            deadline = tell.model.country.deadline(step.within.deadline)
            if deadline is not None and deadline.amount and deadline.unit in names.UNITS:
                yield _with(tell.said(step.name), tell.ngettext(*names.UNITS[deadline.unit], deadline.amount))


def _known(shown: Sequence[Teller]) -> Iterator[Row]:
    """How much is a sample, and what is not known, with the facts that say so."""
    gettext = shown[0].gettext
    counts = [Counter(_kind(one) for one in grounded(tell.model)) for tell in shown]
    told = [[_statements(tell, one["sample"])] for tell, one in zip(shown, counts, strict=True)]
    yield _row(gettext("Statements that are samples"), told)
    gaps = [
        [_statements(tell, one["gap"]), *(tell.said(fact.text) for fact in tell.model.region.facts if fact.not_known)]
        for tell, one in zip(shown, counts, strict=True)
    ]
    yield _row(gettext("What the sources do not say"), gaps)


def _kind(one: Grounded) -> str:
    return "gap" if one.not_known else "sample" if one.sample else ""


def _statements(tell: Teller, count: int) -> Said:
    return Said(tell.ngettext("%(count)s statement", "%(count)s statements", count))


def _with(said: Said, more: str) -> Said:
    return Said(f"{said.text}: {more}", said.lang) if more else said
