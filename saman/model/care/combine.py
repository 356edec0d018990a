"""Modules of one service combined: everything asked for, and nothing asked twice."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from saman.model.care.measurement import Measurement, Quantity, Schedule
from saman.model.care.monitoring import Asked, Module, Rule
from saman.model.care.questionnaire import Question, Questionnaire
from saman.model.care.service_model import ServiceModel


class AskedFor(msgspec.Struct, frozen=True):
    """What one person is asked for in a service: measurements and questions in the order of its files."""

    measurements: tuple[tuple[Measurement, Schedule], ...]
    questions: tuple[tuple[Question, Schedule], ...]


def chosen(service: ServiceModel, modules: Iterable[str]) -> tuple[Module, ...]:
    """The modules named, in the order of the file; a name the service does not have is passed over."""
    names = set(modules)
    return tuple(module for module in service.modules if module.id in names)


def asked_for(service: ServiceModel, questionnaire: Questionnaire | None, modules: Iterable[str]) -> AskedFor:
    """The union of what the modules ask for; where two ask for the same, their days and times are joined."""
    picked = chosen(service, modules)
    measured = _schedules(asked for module in picked for asked in module.measurements)
    asked = _schedules(asked for module in picked for asked in module.questions)
    questions = questionnaire.questions if questionnaire else ()
    return AskedFor(
        tuple((one, measured[one.id]) for one in service.measurements if one.id in measured),
        tuple((one, asked[one.id]) for one in questions if one.id in asked),
    )


def rules_of(service: ServiceModel, modules: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of the modules, each once."""
    found: dict[str, Rule] = {}
    for module in chosen(service, modules):
        for rule in module.rules:
            found.setdefault(rule.id, rule)
    return tuple(found.values())


def quantity(service: ServiceModel, id: str) -> Quantity | None:
    """One number that the service measures, by its id."""
    return next((one for measured in service.measurements for one in measured.quantities if one.id == id), None)


def _schedules(asked: Iterable[Asked]) -> dict[str, Schedule]:
    found: dict[str, Schedule] = {}
    for one in asked:
        found[one.id] = _joined(found[one.id], one.schedule) if one.id in found else one.schedule
    return found


def _joined(one: Schedule, other: Schedule) -> Schedule:
    days = sorted({*one.days, *other.days}, key=lambda day: day.number)
    return msgspec.structs.replace(
        one,
        days=tuple(days),
        opens=min(one.opens, other.opens),
        closes=max(one.closes, other.closes),
        missed_after_hours=min(one.missed_after_hours, other.missed_after_hours),
    )
