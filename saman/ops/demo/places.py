"""The 25 municipalities of Agder and how many live there, and how people are shared out over them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from random import Random

import msgspec

from saman.ops.demo.packaged import read


class Municipality(msgspec.Struct, frozen=True):
    """A municipality: official code, our slug, name, post town, residents under 65, and of 65 and over."""

    code: str
    slug: str
    name: str
    town: str
    under65: int
    over65: int


def _read() -> tuple[Municipality, ...]:
    text = read("population_agder.csv").decode()
    return tuple(
        Municipality(
            row["municipality_code"], row["slug"], row["name"], row["town"], int(row["under65"]), int(row["over65"])
        )
        for row in csv.DictReader(text.splitlines())
    )


MUNICIPALITIES = _read()
"""All municipalities by code. Source: Statistics Norway, table 07459, 1 January 2021, NLOD 2.0."""

BY_SLUG = {place.slug: place for place in MUNICIPALITIES}


def shares(weights: Sequence[int], seats: int) -> list[int]:
    """`seats` shared out in proportion to `weights`, whole numbers, by largest remainder; sums to `seats`."""
    total = sum(weights)
    counts = [weight * seats // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(weights[i] * seats % total), i))
    for index in by_remainder[: seats - sum(counts)]:
        counts[index] += 1
    return counts


def homes(elders: int, others: int, rng: Random) -> tuple[list[Municipality], list[Municipality]]:
    """A home for each of `elders` and each of `others`, in proportion to where their age group lives, shuffled."""
    return _dealt([p.over65 for p in MUNICIPALITIES], elders, rng), _dealt(
        [p.under65 for p in MUNICIPALITIES], others, rng
    )


def _dealt(weights: Sequence[int], seats: int, rng: Random) -> list[Municipality]:
    counts = shares(weights, seats)
    homes = [place for place, count in zip(MUNICIPALITIES, counts, strict=True) for _ in range(count)]
    rng.shuffle(homes)
    return homes
