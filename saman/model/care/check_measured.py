"""Checks of what is measured and asked: modules name what exists, bounds lie within each other, rules are whole."""

from __future__ import annotations

from collections.abc import Iterator

from saman.kernel.outcome import Issue
from saman.model.care.check_parties import missing
from saman.model.care.load import Loaded
from saman.model.care.measurement import Bounds, Quantity, Schedule
from saman.model.care.monitoring import Module, Rule, RuleKind, Statement
from saman.model.care.service_model import ServiceModel
from saman.model.care.yamltree import Path, finding

SAFETY_NUMBERS = ("{emergency}", "{out-of-hours}")

NEEDS = {
    RuleKind.OWN_LIMIT: ("quantity",),
    RuleKind.RISE: ("quantity", "amount", "days"),
    RuleKind.MISSED: ("days",),
}


def issues(loaded: Loaded, file: str, service: ServiceModel) -> Iterator[Issue]:
    """What is wrong with a service's measurements, questions, modules and fixed words."""
    if service.monitoring is None:
        return
    equipment = {one.id for one in service.equipment}
    for index, measurement in enumerate(service.measurements):
        at: Path = ("monitoring", "measurements", index)
        names = [measurement.equipment] if measurement.equipment else []
        yield from missing(loaded, file, (*at, "equipment"), "equipment", names, equipment)
        for position, quantity in enumerate(measurement.quantities):
            yield from _bounds(loaded, file, (*at, "quantities", position), quantity)
    if service.questionnaire and loaded.model.questionnaire(service.questionnaire) is None:
        asked: Path = ("monitoring", "questionnaire")
        yield from missing(loaded, file, asked, "questionnaire", [service.questionnaire], set())
    for index, module in enumerate(service.modules):
        yield from _module(loaded, file, service, ("monitoring", "modules", index), module)
    yield from _safety(loaded, file, service.monitoring.not_an_alarm)


def _bounds(loaded: Loaded, file: str, path: Path, quantity: Quantity) -> Iterator[Issue]:
    for name, bounds in (("usual", quantity.usual), ("default_limit", quantity.default_limit)):
        if not _within(bounds, quantity.possible):
            wrong = f"`{name}` of `{quantity.id}` reaches outside `possible`."
            yield finding(loaded.at(file, *path, name), "value", wrong, "Widen `possible`, or narrow it.")


def _within(inner: Bounds, outer: Bounds) -> bool:
    ends = [end for end in (inner.low, inner.high) if end is not None]
    return all(outer.holds(end) for end in ends) and ends == sorted(ends)


def _module(loaded: Loaded, file: str, service: ServiceModel, at: Path, module: Module) -> Iterator[Issue]:
    measured = {one.id for one in service.measurements}
    questionnaire = loaded.model.questionnaire(service.questionnaire)
    questions = {one.id for one in questionnaire.questions} if questionnaire else set()
    for index, asked in enumerate(module.measurements):
        path = (*at, "measurements", index)
        yield from missing(loaded, file, (*path, "id"), "measurement", [asked.id], measured)
        yield from _schedule(loaded, file, (*path, "schedule"), asked.schedule)
    for index, asked in enumerate(module.questions):
        path = (*at, "questions", index)
        yield from missing(loaded, file, (*path, "id"), "question", [asked.id], questions)
        yield from _schedule(loaded, file, (*path, "schedule"), asked.schedule)
    for index, rule in enumerate(module.rules):
        yield from _rule(loaded, file, service, (*at, "rules", index), rule)


def _schedule(loaded: Loaded, file: str, path: Path, schedule: Schedule) -> Iterator[Issue]:
    if not schedule.days or schedule.opens >= schedule.closes:
        wrong = "Nothing is ever asked for by this schedule."
        yield finding(loaded.at(file, *path), "value", wrong, "Name the days, and let it close after it opens.")


def _rule(loaded: Loaded, file: str, service: ServiceModel, path: Path, rule: Rule) -> Iterator[Issue]:
    for name in NEEDS[rule.kind]:
        if getattr(rule, name) is None:
            wrong = f"A rule of kind `{rule.kind.value}` needs `{name}`."
            yield finding(loaded.at(file, *path), "required", wrong, f"Add `{name}:`.")
    quantities = {one.id for measured in service.measurements for one in measured.quantities}
    names = [rule.quantity] if rule.quantity else []
    yield from missing(loaded, file, (*path, "quantity"), "quantity", names, quantities)
    others = (one for module in service.modules for one in module.rules if one.id == rule.id)
    if any(other != rule for other in others):
        wrong = f"The rule `{rule.id}` is written differently in two modules."
        yield finding(loaded.at(file, *path, "id"), "duplicate", wrong, "Write it once and repeat it with an alias.")


def _safety(loaded: Loaded, file: str, fixed: Statement) -> Iterator[Issue]:
    for language, text in fixed.text.items():
        for number in SAFETY_NUMBERS:
            if number not in text:
                wrong = f"The fixed text in {language} does not say {number}."
                place = loaded.at(file, "monitoring", "not_an_alarm", "text", language)
                yield finding(place, "required", wrong, "Add the number.")
