"""What things are called in the country, in its own words and not translated."""

from __future__ import annotations

from typing import Final

import msgspec

from saman.apps.region.facts import Said, Teller
from saman.apps.ui.locales import mark
from saman.model.care.basis import Status

MEANT: Final = {
    "citizen": mark("the citizen"),
    "relative": mark("a relative"),
    "home-care": mark("home care"),
    "home-nursing": mark("home nursing"),
    "nursing-home": mark("nursing home"),
    "case-officer": mark("case officer"),
    "coordinator": mark("coordinator"),
    "shared-plan": mark("shared plan"),
    "individual-plan": mark("individual plan"),
    "assessment": mark("assessment of needs"),
    "decision": mark("decision"),
    "appeal": mark("appeal"),
    "referral": mark("referral"),
    "discharge": mark("discharge"),
    "ready-for-discharge": mark("ready for discharge"),
    "admission": mark("admission"),
    "home-monitoring": mark("follow-up at home"),
    "self-treatment-plan": mark("self-treatment plan"),
    "video-visit": mark("visit by video"),
    "virtual-home-care-visit": mark("home care visit on a screen"),
    "medicine-dispenser": mark("medicine dispenser"),
    "night-camera": mark("camera at night"),
    "safety-alarm": mark("safety alarm"),
    "response-centre": mark("response centre"),
    "virtual-health-room": mark("virtual health room"),
    "access-log": mark("log of who has looked"),
    "deviation": mark("report of something that went wrong"),
}
"""What each word that every country has is about."""


class Term(msgspec.Struct, frozen=True):
    """A thing, what it is called here, in the country's other languages, and whether somebody there has read it."""

    meant: Said
    name: Said
    other: tuple[Said, ...]
    reviewed: bool


def terms(tell: Teller) -> tuple[Term, ...]:
    """The words of the country and what its plans are called, in the order of its file."""
    country, own = tell.model.country, tell.words.language
    words = [
        Term(
            Said(tell.words.gettext(MEANT[one.id])) if one.id in MEANT else Said(one.id.replace("-", " "), "en"),
            _in(one.name, country.language, own),
            tuple(_in(word, language, own) for language, word in one.other.items()),
            one.reviewed,
        )
        for one in country.terms
    ]
    plans = [
        Term(tell.said(one.text), _in(one.name, country.language, own), (), one.status is Status.SOURCED)
        for one in country.plans
    ]
    return (*words, *plans)


def _in(word: str, language: str, own: str) -> Said:
    return Said(word, "" if language == own else language)
