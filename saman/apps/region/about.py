"""What Saman is for and not for, the triage module, and where translations have not been read yet."""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec

from saman.apps.region import names
from saman.apps.region.facts import Fact, Ground, Said, Teller
from saman.apps.ui import catalogue
from saman.apps.ui.locales import languages, mark
from saman.model.care.monitoring import Module, Rule
from saman.model.care.service_model import ServiceModel
from saman.model.triage.purpose import VERSION, Adoption

LICENCE: Final = "Apache-2.0"

TRIAGE_PURPOSE: Final = mark(
    "Compares readings that a person has sent from home with limits that a clinician has set for that same person, "
    "and with that person's own earlier readings, by the plain rules written in the service model. Shows the result "
    "as a mark beside the reading to the professionals who read it during opening hours, with what was compared. "
    "It is no alarm, watches nobody between readings, gives no score, no likelihood and no advice, and is not meant "
    "for conditions that need action before a professional has read the report. The professional decides. "
    "It uses no machine learning."
)
"""The same words as `saman.model.triage.purpose.INTENDED_PURPOSE`, here for the catalogues."""


class Translation(msgspec.Struct, frozen=True):
    """How far a language has been read by native speakers: phrases in all, and not yet read."""

    name: str
    code: str
    phrases: int
    unread: int
    region_read: bool
    source: bool


class TriageState(msgspec.Struct, frozen=True):
    """Whether the module is on, and who stands for it."""

    on: bool
    manufacturer: str
    version: str


class AboutPage(msgspec.Struct, frozen=True):
    """The about page; `test_numbers` says how test identifiers are told from real ones."""

    region: Said
    version: str
    licence: str
    triage: TriageState
    translations: tuple[Translation, ...]
    test_numbers: tuple[Fact, ...]


class RuleLine(msgspec.Struct, frozen=True):
    """A rule in the service's words, how it compares, and its ground."""

    id: str
    text: Said
    compares: str
    ground: Ground


class ModuleRules(msgspec.Struct, frozen=True):
    """The rules of one condition in one service."""

    service: Said
    name: Said
    rules: tuple[RuleLine, ...]


class TriagePage(msgspec.Struct, frozen=True):
    """Purpose and rules of the triage module."""

    triage: TriageState
    purpose: str
    modules: tuple[ModuleRules, ...]


def about_page(tell: Teller, version: str, adoption: Adoption) -> AboutPage:
    """The about page in the reader's language; `version` is Saman's own."""
    read = tell.model.region.reviewed_languages
    return AboutPage(
        region=tell.said(tell.model.region.name),
        version=version,
        licence=LICENCE,
        triage=_state(adoption),
        translations=tuple(
            Translation(name, code, *_counted(code), code in read, code == catalogue.SOURCE_LANGUAGE)
            for code, name in languages()
        ),
        test_numbers=tuple(
            Fact(tell.said(one.test_series), Ground()) for one in tell.model.country.identifiers[:1] if one.test_series
        ),
    )


def triage_page(tell: Teller, adoption: Adoption) -> TriagePage:
    """What the triage module is for, and every rule the region's services give it."""
    return TriagePage(
        triage=_state(adoption),
        purpose=tell.words.gettext(TRIAGE_PURPOSE),
        modules=tuple(
            ModuleRules(tell.said(service.name), tell.said(module.name), _rules(tell, service, module))
            for service in tell.model.services
            for module in service.modules
        ),
    )


def _state(adoption: Adoption) -> TriageState:
    return TriageState(adoption.on, adoption.manufacturer.strip(), VERSION)


def _rules(tell: Teller, service: ServiceModel, module: Module) -> tuple[RuleLine, ...]:
    return tuple(
        RuleLine(rule.id, tell.said(rule.text), _compares(tell, service, rule), tell.ground(rule))
        for rule in module.rules
    )


def _compares(tell: Teller, service: ServiceModel, rule: Rule) -> str:
    units = {one.id: one.unit.text for measurement in service.measurements for one in measurement.quantities}
    unit = units.get(rule.quantity or "", "")
    amount = f"{tell.words.number(rule.amount)} {unit}".rstrip() if rule.amount is not None else ""
    return tell.words.gettext(names.RULES[rule.kind], amount=amount, days=rule.days or "")


@cache
def _counted(language: str) -> tuple[int, int]:
    """Phrases of a language in all apps, and those that no native speaker has read."""
    phrases = catalogue.merged(catalogue.read(path, language) for path in catalogue.po_files(language)).values()
    return len(phrases), sum(not phrase.reviewed for phrase in phrases)
