"""Which papers a region gets: five kinds for all, and those that the file of its country names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from saman.model.care.country import CountryPaper, PaperKind
from saman.model.care.papers import arrangement, impact, information, need, processing, processor, risk
from saman.model.care.papers.desk import Desk, Material
from saman.model.care.papers.paper import Paper, Phrase, phrase

_OF_COUNTRIES: Mapping[PaperKind, Callable[[Desk, Phrase], Paper]] = {
    PaperKind.NEED_AND_RISK_ANALYSIS: need.analysis,
    PaperKind.RISK_ASSESSMENT: risk.assessment,
}


def drafts(material: Material) -> tuple[Paper, ...]:
    """Every paper of a region as it stands on the day of the material."""
    desk = Desk(material)
    model = desk.model
    return (
        processing.record(desk),
        arrangement.arrangement(desk),
        impact.assessment(desk),
        processor.annex(desk),
        *(_of_country(desk, one) for one in model.country.papers),
        *_information(desk),
    )


def _of_country(desk: Desk, named: CountryPaper) -> Paper:
    rule = phrase("Drafted for: %(name)s, %(law)s", name=named.name, law=named.law)
    paper = _OF_COUNTRIES[named.kind](desk, rule)
    return msgspec.structs.replace(paper, ruled_by=desk.origin(named))


def _information(desk: Desk) -> Iterator[Paper]:
    return (information.information(desk, service) for service in desk.model.services)
