"""Small changes of the access files, each of which some case of the tables has to notice."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access.row import Status
from saman.model.access.terms_kinds import TERMS_OF
from saman.model.care.yamltree import parse
from tests.policy.book import faults, policy_of, rows_text, terms_faults

DOMAINS = ("person", "plan", "readings", "health", "social", "finance", "consent")
OTHER_TIES = {
    "staff": ("managing", "appointment", "opening", "task", "general_practitioner"),
    "relative": ("relative", "guardian", "mandate", "consent", "extended"),
    "citizen": (),
    "system": (),
}
YESTERDAY, TOMORROW = "2026-11-21", "2026-11-23"
Tree = dict[str, Any]


class Mutant(NamedTuple):
    """A changed access file: of which country, which row, and what was changed."""

    code: str
    row: str
    change: str
    text: str

    def fate(self) -> str:
        """`refused` when the file does not load, `found` when a case differs, else `survived`."""
        policy = policy_of(self.code, self.text)
        if isinstance(policy, Refusal):
            return "refused"
        ways = (terms_faults, faults) if self.row in TERMS_OF else (faults, terms_faults)
        found = any(next(way(self.code, policy, self.row), None) for way in ways)
        return "found" if found else "survived"

    def __str__(self) -> str:
        return f"{self.code} {self.row}: {self.change}"


def mutants(code: str) -> Iterator[Mutant]:
    """Every mutant of a country's file."""
    tree, _ = parse(code, rows_text(code))
    value: Tree = tree.value
    for place, row in enumerate(value["rows"]):
        for change, made in _rows(row):
            rows = [*value["rows"][:place], *([made] if made else []), *value["rows"][place + 1 :]]
            yield Mutant(code, row["id"], change, json.dumps({**value, "rows": rows}, ensure_ascii=False))
    for zone in ("Europe/Lisbon", "Asia/Tokyo"):
        yield Mutant(code, "head", f"time_zone {zone}", json.dumps({**value, "time_zone": zone}, ensure_ascii=False))


def _rows(row: Tree) -> Iterator[tuple[str, Tree | None]]:
    yield "row gone", None
    for status in Status:
        if status.value != row["status"]:
            yield f"status {status.value}", {**row, "status": status.value}
    yield from (("valid_from " + day, {**row, "valid_from": day}) for day in _days(row, "valid_from", TOMORROW))
    yield from (("valid_to " + day, {**row, "valid_to": day}) for day in _days(row, "valid_to", YESTERDAY))
    yield from ((f"{name} gone", _without(row, name)) for name in ("valid_from", "valid_to", "terms") if name in row)
    for place, rule in enumerate(row.get("rules", ())):
        for change, made in _rules(rule):
            rules = [*row["rules"][:place], *([made] if made else []), *row["rules"][place + 1 :]]
            yield f"{rule['id']} {change}", {**row, "rules": rules}
    for change, terms in _terms(row):
        yield change, {**row, "terms": terms}


def _days(row: Tree, name: str, new: str) -> list[str]:
    if name not in row:
        return [new]
    return [str(date.fromisoformat(row[name]) + timedelta(days=step)) for step in (-1, 1)]


def _without(part: Tree, name: str) -> Tree:
    return {key: value for key, value in part.items() if key != name}


def _with(part: Tree, name: str, value: Any) -> Tree:
    return {**deepcopy(part), name: value}


def _rules(rule: Tree) -> Iterator[tuple[str, Tree | None]]:
    yield "gone", None
    yield "renamed", _with(rule, "id", rule["id"] + "-x")
    for name, more in (
        ("roles", ("gp-assistant", "ward-nurse")),
        ("ties", OTHER_TIES[rule["who"]]),
        ("also", ("opening",)),
        ("about", ("other",)),
        ("but_not", ("PSY",)),
        ("purposes", ("HRESCH", "BTG", "HOPERAT", "PATRQT")),
        ("sees", DOMAINS),
        ("never_sees", (*DOMAINS, "directory")),
    ):
        if rule.get(name):
            yield from ((f"{name}: {change}", _with(rule, name, made)) for change, made in _lists(rule[name], more))
    turned = {"sees": "never_sees", "never_sees": "sees"}
    yield "turned round", {turned.get(name, name): value for name, value in rule.items()}
    yield from _conditions(rule)


def _lists(values: list[str], more: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    strangers = [each for each in more if each not in values]
    for place, value in enumerate(values):
        rest = [*values[:place], *values[place + 1 :]]
        yield f"less {value}", rest
        if strangers:
            yield f"{strangers[0]} for {value}", [*rest, strangers[0]]
    yield from ((f"more {each}", [*values, each]) for each in strangers)


def _conditions(rule: Tree) -> Iterator[tuple[str, Tree]]:
    """Changes of the fields that are a number, a word or not there."""
    if rule.get("ties"):
        for name, new in (("age_from", (1, 18)), ("age_to", (2, 18))):
            ages = [rule[name] - 1, rule[name] + 1] if name in rule else new
            yield from ((f"{name} {age}", _with(rule, name, age)) for age in ages)
        yield from ((f"{name} gone", _without(rule, name)) for name in ("age_from", "age_to") if name in rule)
        if "also" not in rule and rule["who"] == "staff":
            yield "also consent", _with(rule, "also", ["consent"])
        if "about" not in rule:
            yield "about home-visit", _with(rule, "about", ["home-visit"])
        grace = rule.get("grace_days", 0)
        yield f"grace_days {grace + 1}", _with(rule, "grace_days", grace + 1)
        if grace:
            yield f"grace_days {grace - 1}", _with(rule, "grace_days", grace - 1)
    for word in ("unless_hidden", "only_opened"):
        if rule["who"] == "relative" and rule.get("ties") and rule.get("sees") and rule.get("visits") != word:
            yield f"visits {word}", _with(rule, "visits", word)
    for name in ("by_agreement", "grace_days", "visits", "but_not"):
        if name in rule:
            yield f"{name} gone", _without(rule, name)
    if "by_agreement" in rule:
        return
    yield "by_agreement", _with(rule, "by_agreement", True)
    yield "obligations", _with(rule, "obligations", ["reason"])
    yield "who", _with(rule, "who", "relative" if rule["who"] == "staff" else "staff")


def _terms(row: Tree) -> Iterator[tuple[str, Tree]]:
    shape = TERMS_OF.get(row["id"])
    terms = row.get("terms", {})
    hints = typing.get_type_hints(shape, include_extras=True) if shape else {}
    defaults = {field.name: field.default for field in msgspec.structs.fields(shape)} if shape else {}
    for name, kind in hints.items():
        if name == "set_here":
            others = [each for each in hints if each not in ("set_here", *terms.get("set_here", ()))]
            made: Iterator[tuple[str, Any]] = _lists(terms.get("set_here", []), tuple(others))
        elif name in terms:
            made = _values(terms[name], tuple(_words(kind)))
            yield f"terms: {name} gone", _without(terms, name)
        else:
            # To write out the value that a term has by itself is no change.
            made = ((str(value), value) for value in _new(kind) if _plain(value) != _plain(defaults[name]))
        yield from ((f"terms: {name}: {change}", {**terms, name: value}) for change, value in made)


def _words(kind: Any) -> Iterator[Any]:
    """The words that a type allows."""
    if typing.get_origin(kind) is typing.Literal:
        yield from typing.get_args(kind)
    for part in typing.get_args(kind):
        if not isinstance(part, str | int):
            yield from _words(part)


def _values(value: Any, words: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from _lists(value, words or ("another",))
    elif isinstance(value, bool):
        yield str(not value), not value
    elif words:
        yield from ((str(word), word) for word in words if word != value)
    elif isinstance(value, int):
        yield from ((str(each), each) for each in (value - 1, value + 1))
    else:
        number = "".join(each for each in value if each.isdigit())
        for each in (int(number) - 1, int(number) + 1):
            yield f"{value} to {each}", value.replace(number, str(each))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _new(kind: Any) -> list[Any]:
    """Values for a term that was left out; none where every value is the one it has by itself."""
    words = list(_words(kind))
    if kind is bool:
        return [True, False]
    if words:
        return [[word] for word in words] if "tuple" in str(kind) else words
    return [9] if "int" in str(kind) else ["P9Y"]
