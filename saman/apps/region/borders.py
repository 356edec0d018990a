"""Municipal borders as a drawing. The geometry is the region's own file `borders.geojson`, with its licence in it.

A region that has polygons of its municipalities puts them there: `code` of each in `properties`, degrees of WGS84.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import cos, radians
from pathlib import Path
from typing import Annotated

import msgspec
from markupsafe import Markup
from msgspec import Meta

from saman.apps.region.drawing import svg, text
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.care.basis import Address

BORDERS = "borders.geojson"
WIDTH = 560
EDGE = 12

Ring = Annotated[list[tuple[float, float]], Meta(min_length=4)]
Rings = Annotated[list[Ring], Meta(min_length=1)]
_OnPaper = Callable[[tuple[float, float]], tuple[float, float]]


class Polygon(msgspec.Struct, frozen=True, tag_field="type", tag="Polygon"):
    """One polygon: rings of (longitude, latitude) in degrees."""

    coordinates: Rings

    @property
    def polygons(self) -> list[list[Ring]]:
        """It alone."""
        return [self.coordinates]


class MultiPolygon(msgspec.Struct, frozen=True, tag_field="type", tag="MultiPolygon"):
    """Several polygons."""

    coordinates: Annotated[list[Rings], Meta(min_length=1)]

    @property
    def polygons(self) -> list[list[Ring]]:
        """All of them."""
        return self.coordinates


class Code(msgspec.Struct, frozen=True):
    """The official code of the municipality."""

    code: str


class Feature(msgspec.Struct, frozen=True):
    """One municipality."""

    properties: Code
    geometry: Polygon | MultiPolygon


class Borders(msgspec.Struct, frozen=True):
    """`borders.geojson` (https://www.rfc-editor.org/rfc/rfc7946) with whom to name beside the picture."""

    features: list[Feature]
    attribution: str = ""
    licence: str = ""
    licence_url: Address = ""


class Place(msgspec.Struct, frozen=True):
    """How a municipality is shown: its number in the table, words for the pointer, class of the surface, a sign."""

    number: int
    words: str
    shade: str
    sign: str = ""

    @property
    def label(self) -> str:
        """What stands on it."""
        return f"{self.number} {self.sign}" if self.sign else str(self.number)


def read_borders(path: Path) -> Borders | Refusal | None:
    """The borders of a region, None when it has no such file; refused when they cannot be drawn."""
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Borders)
    except (msgspec.DecodeError, OSError, RecursionError) as error:
        wrong = f"These borders cannot be read: {error}."
        mend = "Write GeoJSON polygons with the `code` of each municipality, or take the file away."
        issue = Issue(
            "structure", f"{wrong} {mend}", f"{path.parent.name}/{path.name}:1", args=(("wrong", wrong), ("mend", mend))
        )
        return Refusal(Kind.INVALID, (issue,))


def has_any(borders: Borders, places: Mapping[str, Place]) -> bool:
    """Whether there is a border of any of the municipalities."""
    return any(one.properties.code in places for one in borders.features)


def draw(name: str, title: str, about: str, borders: Borders, places: Mapping[str, Place]) -> Markup:
    """The map: north up, each municipality with its number; those without a place are left out."""
    shown = [one for one in borders.features if one.properties.code in places]
    points = [point for one in shown for polygon in one.geometry.polygons for ring in polygon for point in ring]
    west, north = min(point[0] for point in points), max(point[1] for point in points)
    south = min(point[1] for point in points)
    narrowing = cos(radians((north + south) / 2))
    scale = (WIDTH - 2 * EDGE) / ((max(point[0] for point in points) - west) * narrowing)

    def on_paper(point: tuple[float, float]) -> tuple[float, float]:
        return EDGE + (point[0] - west) * narrowing * scale, EDGE + (north - point[1]) * scale

    drawn = [_shape(one, places[one.properties.code], on_paper) for one in shown]
    numbers = [_number(one, places[one.properties.code], on_paper) for one in shown]
    height = round((north - south) * scale + 2 * EDGE)
    return svg(name, WIDTH, height, title, about, [Markup('<g class="map">'), *drawn, *numbers, Markup("</g>")])


def _shape(feature: Feature, place: Place, on_paper: _OnPaper) -> Markup:
    rings = [ring for polygon in feature.geometry.polygons for ring in polygon]
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(on_paper, ring[:-1])) + "Z" for ring in rings)
    return Markup('<path class="{}" d="{}"><title>{}</title></path>').format(place.shade, path, place.words)


def _number(feature: Feature, place: Place, on_paper: _OnPaper) -> Markup:
    largest = max((polygon[0] for polygon in feature.geometry.polygons), key=lambda ring: abs(_area(ring)))
    x, y = on_paper(_middle(largest))
    return text(x, y + 5, place.label, "middle")


def _area(ring: Sequence[tuple[float, float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def _middle(ring: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The centre of gravity of a closed ring (https://en.wikipedia.org/wiki/Centroid#Of_a_polygon)."""
    x = y = 0.0
    for a, b in pairwise(ring):
        cross = a[0] * b[1] - b[0] * a[1]
        x, y = x + (a[0] + b[0]) * cross, y + (a[1] + b[1]) * cross
    area = _area(ring)
    return x / (6 * area), y / (6 * area)
