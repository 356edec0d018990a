"""Municipal borders as a drawing. The geometry is the region's own file `borders.geojson`, with its licence in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import cos, radians
from pathlib import Path

import msgspec
from markupsafe import Markup

from saman.apps.region.drawing import svg, text

WIDTH = 560
EDGE = 12

Ring = list[tuple[float, float]]
_OnPaper = Callable[[tuple[float, float]], tuple[float, float]]


class Shape(msgspec.Struct, frozen=True):
    """A geometry of kind MultiPolygon: polygons of rings of (longitude, latitude) in degrees."""

    coordinates: list[list[Ring]]


class Code(msgspec.Struct, frozen=True):
    """The official code of the municipality."""

    code: str


class Feature(msgspec.Struct, frozen=True):
    """One municipality."""

    properties: Code
    geometry: Shape


class Borders(msgspec.Struct, frozen=True):
    """`borders.geojson` (https://www.rfc-editor.org/rfc/rfc7946) with whom to name beside the picture."""

    attribution: str
    licence: str
    licence_url: str
    features: list[Feature]


class Place(msgspec.Struct, frozen=True):
    """How a municipality is shown: its number in the table, words for the pointer, a class from `q1` to `q5`."""

    number: int
    words: str
    shade: str


def read_borders(path: Path) -> Borders | None:
    """The borders of a region, None when it has no such file."""
    return msgspec.json.decode(path.read_bytes(), type=Borders) if path.is_file() else None


def draw(name: str, title: str, about: str, borders: Borders, places: Mapping[str, Place]) -> Markup:
    """The map: north up, each municipality with its number; those without a place are left out."""
    shown = [one for one in borders.features if one.properties.code in places]
    points = [point for one in shown for polygon in one.geometry.coordinates for ring in polygon for point in ring]
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
    rings = [ring for polygon in feature.geometry.coordinates for ring in polygon]
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(on_paper, ring[:-1])) + "Z" for ring in rings)
    return Markup('<path class="{}" d="{}"><title>{}</title></path>').format(place.shade, path, place.words)


def _number(feature: Feature, place: Place, on_paper: _OnPaper) -> Markup:
    largest = max((polygon[0] for polygon in feature.geometry.coordinates), key=lambda ring: abs(_area(ring)))
    x, y = on_paper(_middle(largest))
    return text(x, y + 5, str(place.number), "middle")


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
