"""Reads access files; what is wrong with one is refused, naming the row and the mend."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import UTC
from itertools import combinations
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.access.assignment import Holder
from saman.model.access.policy import Policy, clause_of, days, with_region
from saman.model.access.relation import RelationKind
from saman.model.access.row import LAW_ROWS, CountryHead, RegionHead, RegionRow, Row, Rule, Status
from saman.model.access.sensitivity import INCLUDED
from saman.model.access.terms_check import own_faults, row_faults
from saman.model.access.terms_kinds import TERMS_OF, Terms
from saman.model.care.yamltree import Tree, finding, parse

T = TypeVar("T", bound=msgspec.Struct)

SECTOR_OF = {"readings": "health", "health": "health", "social": "social"}
"""Kinds of data that belong to one side; the others are shared by both."""


def read_country(file: str, text: str, roles: Collection[str]) -> Policy | Refusal:
    """The policy of one `regions/countries/xx.access.yaml`; `roles` are the ids that rules may name.

    Every row of LAW_ROWS has to be there. Nothing is read in part: one bad row refuses the file.
    """
    tree, issues = parse(file, text)
    if issues:
        return _refused(issues)
    reader = _File(tree)
    head, rows = reader.parts(CountryHead, Row)
    if head is not None:
        reader.issues += _zone_issues(reader, head)
    reader.issues += _row_set_issues(reader, rows)
    reader.issues += _between_issues(reader, rows)
    for row in rows:
        reader.issues += _row_issues(reader, row)
        for rule in row.rules:
            reader.issues += _rule_issues(reader, row, rule, roles)
    if reader.issues or head is None:
        return _refused(reader.issues)
    zone = ZoneInfo(head.time_zone)
    clauses = tuple(clause_of(rule, row, zone) for row in rows for rule in row.rules)
    return Policy(country=head.country, zone=zone, rows=rows, clauses=clauses)


def add_region(policy: Policy, file: str, text: str, organization_id: Callable[[str], str] = str) -> Policy | Refusal:
    """The policy with a region's `access.yaml`, which may fill a slot by agreement or narrow, never open more.

    `organization_id` gives the Organization id of a party id of the region.
    """
    tree, issues = parse(file, text)
    if issues:
        return _refused(issues)
    reader = _File(tree)
    head, rows = reader.parts(RegionHead, RegionRow)
    seen = {clause.id for clause in policy.clauses}
    for row in rows:
        if row.id in seen:
            reader.fault(row.id, "duplicate", f"The id `{row.id}` is taken.", "Give the row an id of its own.")
        seen.add(row.id)
        reader.issues += _region_row_issues(reader, policy, row)
    if reader.issues or head is None:
        return _refused(reader.issues)
    return with_region(policy, head.region, rows, organization_id)


def _refused(issues: list[Issue]) -> Refusal:
    return Refusal(Kind.UNPROCESSABLE, tuple(issues))


class _File:
    """One file being read: its tree, its rows' lines, and what was found wrong."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.issues: list[Issue] = []
        self.line_of: dict[str, int] = {}

    def fault(self, row: str, code: str, wrong: str, mend: str) -> None:
        """Note what is wrong with a row."""
        self.issues.append(self.issue(row, code, wrong, mend))

    def issue(self, row: str, code: str, wrong: str, mend: str) -> Issue:
        """An issue that names the row and its line."""
        return finding(f"{self.tree.file}:{self.line_of.get(row, 1)}", code, f"Row {row}: {wrong}", mend)

    def parts(self, head: type[T], row: type[Row] | type[RegionRow]) -> tuple[T | None, tuple[Any, ...]]:
        """The head of the file and its rows, each read by itself."""
        value = self.tree.value
        if not isinstance(value, dict) or not isinstance(value.get("rows"), list):
            wrong, mend = "The file has no list of `rows`.", "Write `rows:` and a row for each question."
            self.issues.append(finding(f"{self.tree.file}:1", "structure", wrong, mend))
            return None, ()
        top = self._converted({key: part for key, part in value.items() if key != "rows"}, head, "head", 1)
        rows = [self._row(part, row, index) for index, part in enumerate(value["rows"])]
        return top, tuple(each for each in rows if each is not None)

    def _row(self, part: Any, type_: type[T], index: int) -> T | None:
        line = self.tree.line("rows", index)
        name = str(part.get("id") or f"number {index + 1}") if isinstance(part, dict) else f"number {index + 1}"
        self.line_of.setdefault(name, line)
        if type_ is not Row or not isinstance(part, dict):
            return self._converted(part, type_, name, line)
        plain = {key: value for key, value in part.items() if key != "terms"}
        row, terms = self._converted(plain, type_, name, line), self._terms(part, name, index)
        return None if row is None else msgspec.structs.replace(row, terms=terms)

    def _terms(self, part: dict[str, Any], row: str, index: int) -> Terms | None:
        shape = TERMS_OF.get(row)
        if shape is None or "terms" not in part:
            if shape is not None:
                self.fault(row, "missing", "It has no `terms`.", f"Write them: {_fields(shape)}.")
            elif "terms" in part:
                self.fault(row, "unknown", "It has `terms`, and none belong to this row.", "Remove them.")
            return None
        try:
            return msgspec.convert(part["terms"], shape)
        except msgspec.ValidationError as error:
            named = re.search(r"\$\.(\w+)|unknown field `(\w+)`", str(error))
            term = (named.group(1) or named.group(2)) if named else ""
            line = self.tree.line("rows", index, "terms", term) if term else self.tree.line("rows", index, "terms")
            wrong = f"Row {row}: terms: {error}."
            self.issues.append(finding(f"{self.tree.file}:{line}", "terms", wrong, f"They are: {_fields(shape)}."))
            return None

    def _converted(self, part: Any, type_: type[T], name: str, line: int) -> T | None:
        try:
            return msgspec.convert(part, type_)
        except msgspec.ValidationError as error:
            mend = "See the page on access in the documentation for the fields and their words."
            self.issues.append(finding(f"{self.tree.file}:{line}", "structure", f"Row {name}: {error}.", mend))
            return None


def _fields(shape: type[Terms]) -> str:
    return ", ".join(f"`{name}`" for name in shape.__struct_fields__)


def _zone_issues(reader: _File, head: CountryHead) -> Iterator[Issue]:
    try:
        ZoneInfo(head.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        mend = "Use a name of the IANA time zone database, such as `Europe/Oslo`."
        yield reader.issue("head", "unknown", f"`{head.time_zone}` is no time zone.", mend)


def _row_set_issues(reader: _File, rows: tuple[Row, ...]) -> Iterator[Issue]:
    for id_, name in LAW_ROWS.items():
        # A row that could not be read has been named already.
        if id_ not in reader.line_of:
            yield reader.issue(id_, "missing", f"`{name}` is missing.", "Add it; say `status: U` if nobody knows.")
    for row in rows:
        known = LAW_ROWS.get(row.id)
        if known != row.name:
            mend = f"Call it `{known}`." if known else "Use one of the ids that every country has."
            yield reader.issue(row.id, "unknown", f"`{row.name}` is not its name.", mend)
    for first, second in combinations(rows, 2):
        if first.id == second.id and days(first.valid_from, first.valid_to, UTC) & days(
            second.valid_from, second.valid_to, UTC
        ):
            mend = "Versions of a row follow each other: set `valid_to` and `valid_from`."
            yield reader.issue(second.id, "duplicate", "It is written twice for the same days.", mend)
    rules = Counter(rule.id for row in rows for rule in row.rules)
    for rule, count in rules.items():
        if count > 1:
            yield reader.issue(rule, "duplicate", "This rule is written twice.", "Give each an id of its own.")


def _between_issues(reader: _File, rows: tuple[Row, ...]) -> Iterator[Issue]:
    for row_id, (wrong, mend) in row_faults(rows):
        yield reader.issue(row_id, "terms", f"terms: {wrong}.", mend)


def _row_issues(reader: _File, row: Row) -> Iterator[Issue]:
    for wrong, mend in own_faults(row.terms) if row.terms is not None else ():
        yield reader.issue(row.id, "terms", f"terms: {wrong}.", mend)
    if row.status is not Status.UNCHECKED and not row.source:
        yield reader.issue(row.id, "unsourced", "It has no source.", "Add the source that was read, or mark it U.")
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        yield reader.issue(row.id, "dates", "It ends before it begins.", "Set `valid_to` after `valid_from`.")


def _rule_issues(reader: _File, row: Row, rule: Rule, roles: Collection[str]) -> Iterator[Issue]:
    def issue(wrong: str, mend: str) -> Issue:
        return reader.issue(row.id, "rule", f"rule `{rule.id}` {wrong}.", mend)

    if not rule.id.startswith(f"{row.id}-") or not rule.id.replace("-", "").isalnum():
        yield issue("does not carry the id of its row", f"Call it `{row.id}-` and a few plain words.")
    if bool(rule.sees) == bool(rule.never_sees):
        yield issue("must have one of `sees` and `never_sees`", "Write what it opens or what it closes, not both.")
    for role in sorted(set(rule.roles) - set(roles)):
        yield issue(f"names the unknown role `{role}`", "Use an id of `regions/roles.yaml`.")
    for word in (*rule.sees, *rule.never_sees):
        if row.sector not in ("both", SECTOR_OF.get(word, row.sector)):
            yield issue(f"speaks of {word} data in a row about {row.sector} care", "Move it to a row about both.")
    for wrong, mend in _combination_faults(rule):
        yield issue(wrong, mend)


_CLOSE = {
    RelationKind.RELATIVE, RelationKind.GUARDIAN, RelationKind.MANDATE, RelationKind.EXTENDED,
    RelationKind.OWN_PROTECTED,
}  # fmt: skip
_FACTS = {RelationKind.PROTECTED, RelationKind.BORN, RelationKind.AT_HOME}
_TIES_OF = {
    Holder.CITIZEN: {RelationKind.SELF},
    Holder.RELATIVE: {*_CLOSE, RelationKind.CONSENT},
    Holder.STAFF: set(RelationKind) - {RelationKind.SELF, *_CLOSE, *_FACTS},
    Holder.SYSTEM: set(),
}


def _combination_faults(rule: Rule) -> Iterator[tuple[str, str]]:
    """What the fields of a rule may not say together."""
    facts = {RelationKind.PROTECTED} if rule.never_sees else set()
    beside = {RelationKind.AT_HOME} if rule.who is Holder.RELATIVE else set()
    named = set(rule.ties) | (set(rule.also) - beside)
    if strange := sorted(tie.value for tie in named - _TIES_OF[rule.who] - facts):
        yield f"names ties that {rule.who.value} cannot have: {', '.join(strange)}", "Remove them."
    opens_persons = set(rule.sees) - {"directory"}
    if opens_persons and not rule.ties and rule.who is not Holder.SYSTEM:
        yield "opens data about everybody", "Name the ties to the person that it needs."
    if opens_persons and rule.who is Holder.STAFF and not rule.roles:
        yield "opens data about persons to every role", "Name the roles that need it."
    if rule.by_agreement and (rule.who is not Holder.STAFF or rule.never_sees or rule.obligations):
        yield "cannot be by agreement", "Only a plain rule that opens data to staff can."
    if rule.never_sees and (rule.obligations or rule.grace_days):
        yield "closes data and cannot have obligations or days of grace", "Remove them."
    if rule.grace_days and not rule.ties:
        yield "has days of grace and no tie that ends", "Remove `grace_days`, or name the ties."
    if rule.sees and RelationKind.CONSENT in rule.ties and not rule.about:
        yield "takes any consent as a tie", "Name under `about` what it is a consent to, or move it to `also`."
    if rule.also and not rule.ties:
        yield "has a second tie and no first", "Name the ties under `ties`."
    if rule.sees and RelationKind.OWN_PROTECTED in rule.ties:
        yield "opens something because an address is protected", "Name it under `ties` of a rule with `never_sees`."
    if (rule.visits or rule.but_not) and (rule.who is not Holder.RELATIVE or not rule.ties or rule.never_sees):
        yield "keeps something back that it does not open to somebody close", "Remove `visits` and `but_not`."
    if unknown := sorted(set(rule.but_not) - set(INCLUDED)):
        yield f"names unknown labels: {', '.join(unknown)}", "Use codes of `sensitivity.yaml`."
    yield from _age_faults(rule)


def _age_faults(rule: Rule) -> Iterator[tuple[str, str]]:
    """What the ages of a rule may not be."""
    aged = rule.age_from is not None or rule.age_to is not None
    if aged and rule.age_to is not None and (rule.age_from or 0) >= rule.age_to:
        yield "ends before the age at which it begins", "Set `age_to` above `age_from`."
    if aged and not rule.ties:
        yield "has ages and names no tie to the person whose age it is", "Name the ties, or remove the ages."


def _region_row_issues(reader: _File, policy: Policy, row: RegionRow) -> Iterator[Issue]:
    if any(letter.isspace() for letter in row.id):
        yield reader.issue(row.id, "structure", "Its id has a space in it.", "Join the words with hyphens.")
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        yield reader.issue(row.id, "dates", "It ends before it begins.", "Set `valid_to` after `valid_from`.")
    if row.never_sees and not row.sees and not row.fills:
        return
    slot = policy.clause(row.fills)
    rule = slot.rule if slot is not None else None
    if row.never_sees or not row.sees or not isinstance(rule, Rule) or not rule.by_agreement:
        mend = "Give `fills` (a rule marked `by_agreement`) and `sees`, or `never_sees` alone."
        yield reader.issue(row.id, "widens", "An agreement may only fill an open slot or narrow.", mend)
        return
    more = sorted(set(row.sees) - set(rule.sees)) + sorted(set(row.roles) - set(rule.roles))
    if more:
        mend = f"`{rule.id}` leaves open at most {', '.join(rule.sees)}, for {', '.join(rule.roles)}."
        yield reader.issue(row.id, "widens", f"It opens more than the law's slot: {', '.join(more)}.", mend)


def unconfirmed(policy: Policy) -> tuple[Row, ...]:
    """The rows that nobody has confirmed, for showing as such."""
    return tuple(row for row in policy.rows if row.status is not Status.SEEN)
