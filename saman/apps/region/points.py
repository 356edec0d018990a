"""Municipalities as points, where there are no borders: north up, moved apart where they would cover each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import cos, hypot, radians

import msgspec
from markupsafe import Markup

from saman.apps.region.borders import Place
from saman.apps.region.drawing import svg, text

WIDTH, TALLEST = 560, 640
RADIUS, EDGE = 21, 40
ROUNDS = 60
"""How often points that cover each other are moved apart; more than any region needs."""


class Spot(msgspec.Struct, frozen=True):
    """A municipality at a longitude and a latitude, in degrees."""

    longitude: float
    latitude: float
    place: Place


def draw(name: str, title: str, about: str, spots: Sequence[Spot]) -> Markup:
    """The map: a disc for each municipality, with its number."""
    placed, height = _on_paper(spots)
    discs = [_disc(at, spot.place) for at, spot in zip(_apart(placed), spots, strict=True)]
    return svg(name, WIDTH, height, title, about, [Markup('<g class="map">'), *discs, Markup("</g>")])


def _on_paper(spots: Sequence[Spot]) -> tuple[list[tuple[float, float]], int]:
    """Where each stands, and how tall the drawing is."""
    west, east = min(one.longitude for one in spots), max(one.longitude for one in spots)
    south, north = min(one.latitude for one in spots), max(one.latitude for one in spots)
    narrowing = cos(radians((north + south) / 2))
    across, down = (east - west) * narrowing, north - south
    scale = min(
        (WIDTH - 2 * EDGE) / across if across else float("inf"),
        (TALLEST - 2 * EDGE) / down if down else float("inf"),
    )
    scale = 0.0 if scale == float("inf") else scale
    left = (WIDTH - across * scale) / 2
    placed = [
        (left + (one.longitude - west) * narrowing * scale, EDGE + (north - one.latitude) * scale) for one in spots
    ]
    return placed, round(down * scale + 2 * EDGE)


def _apart(placed: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same points, none nearer to another than they are wide."""
    moved = [list(one) for one in placed]
    nearest = 2 * RADIUS + 2
    for _ in range(ROUNDS):
        close = [(a, b) for a, b in combinations(range(len(moved)), 2) if _distance(moved[a], moved[b]) < nearest]
        if not close:
            break
        for a, b in close:
            _push(moved[a], moved[b], nearest)
    return [(min(max(x, RADIUS + 2), WIDTH - RADIUS - 2), max(y, RADIUS + 2)) for x, y in moved]


def _distance(a: Sequence[float], b: Sequence[float]) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])


def _push(a: list[float], b: list[float], nearest: float) -> None:
    far = _distance(a, b)
    across, down = ((a[0] - b[0]) / far, (a[1] - b[1]) / far) if far else (1.0, 0.0)
    by = (nearest - far) / 2 + 0.5
    a[0], a[1] = a[0] + across * by, a[1] + down * by
    b[0], b[1] = b[0] - across * by, b[1] - down * by


def _disc(at: tuple[float, float], place: Place) -> Markup:
    x, y = at
    disc = Markup('<circle class="spot {}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>')
    return disc.format(place.shade, round(x, 1), round(y, 1), RADIUS, place.words) + text(
        x, y + 5, place.label, "middle"
    )
