"""What the region offers: services by mode, each with a page of its own, and how they are measured."""

from __future__ import annotations

import msgspec

from saman.apps.region import names
from saman.apps.region.facts import Ground, Said, Teller
from saman.apps.region.indicators import IndicatorLine, indicator_line
from saman.apps.region.spans import within
from saman.model.care.service_model import Mode, ServiceModel


class Cell(msgspec.Struct, frozen=True):
    """A service in a mode: `yes`, `option` or nothing, with what limits it and its ground."""

    kind: str = ""
    limits: str = ""
    ground: Ground | None = None


class MatrixRow(msgspec.Struct, frozen=True):
    """One service over all modes."""

    id: str
    name: Said
    ground: Ground
    cells: tuple[Cell, ...]


class ServiceLink(msgspec.Struct, frozen=True):
    """A service as the region's page leads to its own."""

    id: str
    name: Said
    category: str
    summary: Said
    target_group: Said
    answered: str
    ground: Ground


class Offered(msgspec.Struct, frozen=True):
    """Services and indicators; `modes` are pairs of icon and words, the columns of the matrix."""

    modes: tuple[tuple[str, str], ...]
    matrix: tuple[MatrixRow, ...]
    services: tuple[ServiceLink, ...]
    indicators: tuple[IndicatorLine, ...]


def offered(tell: Teller) -> Offered:
    """Everything about services and how they are measured."""
    return Offered(
        modes=tuple((icon, tell.words.gettext(words)) for icon, words in names.MODES.values()),
        matrix=tuple(_matrix_row(tell, service) for service in tell.model.services),
        services=tuple(_link(tell, service) for service in tell.model.services),
        indicators=tuple(indicator_line(tell, one) for one in tell.model.indicators),
    )


def _matrix_row(tell: Teller, service: ServiceModel) -> MatrixRow:
    modes = {mode.mode: mode for mode in service.modes}
    cells = tuple(_cell(tell, modes.get(kind)) for kind in names.MODES)
    return MatrixRow(service.id, tell.said(service.name), tell.ground(service), cells)


def _cell(tell: Teller, mode: Mode | None) -> Cell:
    if mode is None:
        return Cell()
    limits = ", ".join(tell.words.gettext(names.LIMITS[limit]) for limit in mode.limited_by)
    return Cell("option" if mode.optional else "yes", limits, tell.ground(mode))


def _link(tell: Teller, service: ServiceModel) -> ServiceLink:
    asked = service.monitoring.report_answered if service.monitoring else service.response.own_request_answered
    return ServiceLink(
        id=service.id,
        name=tell.said(service.name),
        category=tell.words.gettext(names.CATEGORIES[service.category]),
        summary=tell.said(service.summary),
        target_group=tell.said(service.target_group),
        answered=within(tell.words, asked),
        ground=tell.ground(service),
    )
