"""Where papers are drafted: knows the line of every row, what it stands on, and leaves blank what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import NamedTuple

import msgspec

from saman.model.access.assignment import Holder
from saman.model.access.policy import Policy, days
from saman.model.access.row import RegionRow, Row, Rule
from saman.model.access.rulebook import Rulebook
from saman.model.access.terms import row_at
from saman.model.care.agreement import Agreement, LegalBasis
from saman.model.care.basis import Grounded
from saman.model.care.country import CountryPaper
from saman.model.care.load import ACCESS, Loaded
from saman.model.care.papers.paper import (
    CONTROLLER,
    Entry,
    Origin,
    Phrase,
    Question,
    Ruled,
    Sentence,
    Standing,
    Value,
    alone,
)
from saman.model.care.service_model import ServiceModel
from saman.model.care.walk import walk
from saman.model.care.yamltree import Path, Tree, parse


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What papers are made from: a region that fits together, the rows of access behind it, and the day."""

    loaded: Loaded
    policy: Policy
    rulebook: Rulebook
    on: date


class _Place(NamedTuple):
    tree: Tree
    path: Path


_OF_STATUS = {
    "S": Standing.SEEN,
    "B": Standing.SECONDARY,
    "U": Standing.UNCHECKED,
}


class Desk:
    """Makes sentences with their origins out of one region's rows as they hold on one day."""

    def __init__(self, material: Material) -> None:
        self.model = material.loaded.model
        self.on = material.on
        self._policy = material.policy
        self._at = datetime.combine(material.on, time(12), material.policy.zone)
        self._places = dict(_places(material.loaded))
        country, _ = parse(material.rulebook.country_file, material.rulebook.country)
        for index, row in enumerate(material.policy.rows):
            self._places[id(row)] = _Place(country, ("rows", index))
            self._places |= {
                id(rule): _Place(country, ("rows", index, "rules", number)) for number, rule in enumerate(row.rules)
            }
        self.agreed = tuple(self._agreed(material.loaded))

    def origin(self, part: msgspec.Struct, *field: str | int) -> Origin:
        """Where a row, or a field of it, stands, and what it stands on."""
        tree, path = self._places[id(part)]
        return Origin(f"{tree.file}:{tree.line(*path, *field)}", *_ground(part))

    def says(self, part: msgspec.Struct, said: Phrase | Value, *field: str | int, by: Phrase = CONTROLLER) -> Sentence:
        """What a row says; a blank for `by` to fill in where the row says that it is not known."""
        origin = self.origin(part, *field)
        if origin.standing is Standing.NOT_KNOWN:
            return Sentence(by, origin)
        return Sentence(said if isinstance(said, Phrase) else alone(said), origin)

    def blank(self, part: msgspec.Struct, *field: str | int, by: Phrase = CONTROLLER) -> Sentence:
        """A line to fill in, which points to the row that leaves it open."""
        return Sentence(by, Origin(self.origin(part, *field).place, Standing.NOT_KNOWN))

    def left_open(self, label: Phrase, part: msgspec.Struct, by: Phrase = CONTROLLER) -> Entry:
        """A question that no file answers."""
        return Entry(label, (self.blank(part, by=by),))

    def entry(self, label: Phrase, said: Iterable[Sentence], part: msgspec.Struct, by: Phrase = CONTROLLER) -> Entry:
        """A question with its answers, or a blank where there is none."""
        return Entry(label, tuple(said) or (self.blank(part, by=by),))

    def row(self, row_id: str) -> Entry | None:
        """What a row of access says on the day, under the question that it answers."""
        row = row_at(self._policy, row_id, self._at)
        return Entry(alone(Question(row_id)), (self.says(row, Ruled(row.value), "value"),)) if row else None

    def rows(self, *row_ids: str) -> tuple[Entry, ...]:
        """Several rows of access."""
        return tuple(entry for row_id in row_ids if (entry := self.row(row_id)))

    def rules(self, role: str) -> Iterator[Sentence]:
        """What those who hold a role may see on the day, and on which condition: by law's rows, then by agreement."""
        for row in self._policy.rows:
            if self._at not in days(row.valid_from, row.valid_to, self._policy.zone):
                continue
            for rule in row.rules:
                if _opens(rule, role):
                    place = self.origin(rule).place
                    yield Sentence(alone(Ruled(rule.says)), msgspec.structs.replace(self.origin(row), place=place))
        for one in self.agreed:
            if role in one.roles and self._at in days(one.valid_from, one.valid_to, self._policy.zone):
                yield self.says(one, Ruled(one.says))

    def role(self, role_id: str) -> Value:
        """What a role is called."""
        found = self.model.role(role_id)
        return found.name if found else role_id

    def names(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Names of parties by their ids."""
        return tuple(party.name if (party := self.model.party(one)) else one for one in ids)

    def bases(self, ids: Iterable[str]) -> tuple[LegalBasis, ...]:
        """Legal grounds that agreements name, by id; each once."""
        known = {basis.id: basis for one in reversed(self.model.agreements) for basis in one.legal_bases}
        return tuple(known[one] for one in dict.fromkeys(ids) if one in known)

    def agreements(self, service: ServiceModel | None = None) -> tuple[Agreement, ...]:
        """The agreements that hold on the day, those of one service or all."""
        covers = (one for one in self.model.agreements if one.holds(self.on))
        return tuple(
            one for one in covers if service is None or any(part.service == service.id for part in one.services)
        )

    def _agreed(self, loaded: Loaded) -> Iterator[RegionRow]:
        tree = loaded.trees.get(f"{loaded.folder}/{ACCESS}")
        for index, part in enumerate(tree.value["rows"] if tree and tree.value else ()):
            row = msgspec.convert(part, RegionRow)
            self._places[id(row)] = _Place(tree, ("rows", index)) if tree else self._places[id(loaded.model.region)]
            yield row


def _places(loaded: Loaded) -> Iterator[tuple[int, _Place]]:
    for file, part in loaded.parts.items():
        for visit in walk(part):
            if isinstance(visit.value, msgspec.Struct):
                yield id(visit.value), _Place(loaded.trees[file], visit.path)


def _ground(part: msgspec.Struct) -> tuple[Standing, tuple[str, ...], str]:
    """The standing of a row, the ids of its sources, and what it names itself."""
    if isinstance(part, Row | LegalBasis | CountryPaper):
        return _OF_STATUS[part.status.value], *_cited(part)
    if isinstance(part, RegionRow):
        ids = part.source
        return (Standing.SAMPLE if part.sample else Standing.SOURCE if ids else Standing.NOT_KNOWN), ids, ""
    if not isinstance(part, Grounded):
        return Standing.STATED, (), ""
    if part.not_known or not (part.sample or part.source):
        return Standing.NOT_KNOWN, (), ""
    return (Standing.SAMPLE if part.sample else Standing.SOURCE), part.source, ""


def _cited(part: Row | LegalBasis | CountryPaper) -> tuple[tuple[str, ...], str]:
    if isinstance(part, CountryPaper):
        return (part.source,), ""
    return (), part.source if isinstance(part, Row) else part.url


def _opens(rule: Rule, role: str) -> bool:
    return rule.who is Holder.STAFF and bool(rule.sees) and not rule.by_agreement and role in rule.roles
