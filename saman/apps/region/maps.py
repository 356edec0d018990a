"""The map of the municipalities: who lives there, or where a service is; from borders, else from points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec
from markupsafe import Markup

from saman.apps.region import borders as borders_
from saman.apps.region import names, points
from saman.apps.region.borders import Borders
from saman.apps.region.facts import Ground, Said, Teller
from saman.apps.region.taking import Taken, takes
from saman.model.care.region import Place
from saman.model.care.service_model import ServiceModel

SHADES = 5
FEWEST = 2
"""A map of fewer municipalities than this says nothing."""

SIGNS = {
    Taken.ACTIVE: "●",
    Taken.EXERCISED: "◐",
    Taken.OPTIONAL: "○",
    Taken.ENDED: "×",
    Taken.NONE: "–",
}
"""What stands beside the number of a municipality on the map of a service, so that no colour is needed."""


class PlaceLine(msgspec.Struct, frozen=True):
    """A municipality as counted; `share` is written in per cent; of a chosen service how it stands to it."""

    number: int
    name: str
    residents: int
    residents_65: int
    share: str
    sign: str = ""
    taken: str = ""


class Key(msgspec.Struct, frozen=True):
    """A line of the legend: class of the surface, sign, words, how many municipalities."""

    css: str
    sign: str
    words: str
    count: int


class MapView(msgspec.Struct, frozen=True):
    """Municipalities and the map; `choices` lead to the services, `service` is the one that is shown."""

    places: tuple[PlaceLine, ...]
    counted: date
    ground: Ground
    key: tuple[Key, ...]
    svg: Markup | None
    borders: Borders | None
    choices: tuple[tuple[str, Said], ...]
    service: str
    title: str


def map_view(tell: Teller, borders: Borders | None, service: ServiceModel | None) -> MapView:
    """The map by the share of older residents, or of one service."""
    places = sorted(tell.model.region.places, key=lambda place: place.code)
    choices = tuple((one.id, tell.said(one.name)) for one in tell.model.services)
    lines, shades, key = _by_service(tell, places, service) if service else _by_share(tell, places)
    title = tell.gettext("Map of the municipalities")
    if service is not None:
        title = tell.gettext("Where it is: %(name)s", name=tell.said(service.name).text)
    drawn = {
        place.code: borders_.Place(
            line.number, f"{line.name}: {line.taken or f'{line.share} %'}", shade, line.sign.strip(SIGNS[Taken.NONE])
        )
        for place, line, shade in zip(places, lines, shades, strict=True)
    }
    return MapView(
        places=lines,
        counted=tell.model.region.population_counted,
        ground=tell.ground(*places),
        key=key,
        svg=_drawn(tell, title, borders, places, drawn),
        borders=borders,
        choices=choices,
        service=service.id if service else "",
        title=title,
    )


def _drawn(
    tell: Teller,
    title: str,
    borders: Borders | None,
    places: Sequence[Place],
    drawn: Mapping[str, borders_.Place],
) -> Markup | None:
    about = tell.gettext("Each municipality has the number and the figures of the table.")
    if borders is not None and borders_.has_any(borders, drawn):
        return borders_.draw("map", title, about, borders, drawn)
    if len(places) < FEWEST:
        return None
    spots = [points.Spot(float(one.longitude), float(one.latitude), drawn[one.code]) for one in places]
    return points.draw("map", title, about, spots)


def _by_share(tell: Teller, places: Sequence[Place]) -> tuple[tuple[PlaceLine, ...], list[str], tuple[Key, ...]]:
    shares = [_share(place) for place in places]
    least = min(shares, default=Decimal(0))
    step = (max(shares, default=Decimal(0)) - least) / SHADES or Decimal(1)
    steps = [min(SHADES, 1 + int((share - least) / step)) for share in shares]
    lines = tuple(_line(tell, number, place) for number, place in enumerate(places, 1))
    edges = [_per_cent(tell, least + step * index) for index in range(SHADES + 1)]
    if min(steps, default=1) == max(steps, default=1):
        alone = (Key("q1", "", f"{edges[0]} %", len(places)),) if places else ()
        return lines, ["q1"] * len(places), alone
    key = tuple(
        Key(f"q{shade}", "", f"{edges[shade - 1]}–{edges[shade]} %", steps.count(shade))
        for shade in range(1, SHADES + 1)
    )
    return lines, [f"q{one}" for one in steps], key


def _by_service(
    tell: Teller, places: Sequence[Place], service: ServiceModel
) -> tuple[tuple[PlaceLine, ...], list[str], tuple[Key, ...]]:
    standings = takes(tell.model, service, tell.words.today)
    taken = [standings[place.code].taken for place in places]
    lines = tuple(
        _line(tell, number, place, SIGNS[one], tell.gettext(names.TAKEN[one]))
        for number, (place, one) in enumerate(zip(places, taken, strict=True), 1)
    )
    key = tuple(
        Key(f"t-{one.value}", SIGNS[one], tell.gettext(names.TAKEN[one]), taken.count(one))
        for one in Taken
        if one in taken
    )
    return lines, [f"t-{one.value}" for one in taken], key


def _line(tell: Teller, number: int, place: Place, sign: str = "", taken: str = "") -> PlaceLine:
    share = _per_cent(tell, _share(place))
    return PlaceLine(number, place.name, place.residents, place.residents_65, share, sign, taken)


def _share(place: Place) -> Decimal:
    whole = Decimal(max(1, place.residents))
    return (100 * place.residents_65 / whole).quantize(Decimal("0.1"))


def _per_cent(tell: Teller, share: Decimal) -> str:
    return tell.words.number(share, 1)
