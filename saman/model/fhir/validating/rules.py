"""Rules (invariants) of R4 as data: where they belong, how bad it is to break them, their text and expression."""

from __future__ import annotations

from functools import cache

import msgspec

from saman.model.fhir.definitions import lineage, read_data


class Rule(msgspec.Struct, frozen=True, array_like=True):
    """A rule by its key (`obs-6`); `severity` is error or warning, `text` what it says in the definitions' words."""

    key: str
    severity: str
    text: str
    expression: str


class _Rules(msgspec.Struct, frozen=True):
    blocks: dict[str, tuple[Rule, ...]]
    elements: dict[str, tuple[Rule, ...]]
    bindings: dict[str, str]


@cache
def _rules() -> _Rules:
    return msgspec.json.decode(read_data("rules.json.gz"), type=_Rules)


def rules_of(block: str) -> tuple[Rule, ...]:
    """The rules of a type or part of one (`Observation.component`), with those of the types it is derived from."""
    known = _rules().blocks
    return tuple(rule for name in lineage(block) for rule in known.get(name, ()))


def rules_at(block: str, element: str) -> tuple[Rule, ...]:
    """The rules that one element has beside those of its type; `element` is named as in the definitions."""
    return _rules().elements.get(f"{block}.{element}", ())


def every_rule() -> tuple[Rule, ...]:
    """All rules, each once for each place where it is defined."""
    known = _rules()
    return tuple(rule for place in (known.blocks, known.elements) for rules in place.values() for rule in rules)


def open_binding(block: str, element: str) -> str:
    """The value set that an element requires and whose codes cannot be listed; empty for all other elements."""
    return _rules().bindings.get(f"{block}.{element}", "")
