from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from saman.ops.demo.names import slug
from saman.ops.demo.places import MUNICIPALITIES, homes, shares


def test_agder_has_its_residents() -> None:
    assert len(MUNICIPALITIES) == 25
    assert sum(place.under65 + place.over65 for place in MUNICIPALITIES) == 308843
    grimstad = next(place for place in MUNICIPALITIES if place.slug == "grimstad")
    assert (grimstad.code, grimstad.over65) == ("4202", 4019)
    assert all(place.slug == slug(place.name) for place in MUNICIPALITIES)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any), st.integers(0, 500))
def test_shares_sum_up_and_miss_proportion_by_less_than_one(weights: list[int], seats: int) -> None:
    counts = shares(weights, seats)
    assert sum(counts) == seats
    assert all(abs(count - seats * w / sum(weights)) < 1 for count, w in zip(counts, weights, strict=True))


def test_homes_are_proportional_in_both_age_groups() -> None:
    elders, others = homes(170, 230, Random(4))
    for found, weight in ((elders, "over65"), (others, "under65")):
        total = sum(getattr(place, weight) for place in MUNICIPALITIES)
        counts = Counter(place.slug for place in found)
        for place in MUNICIPALITIES:
            assert abs(counts[place.slug] - len(found) * getattr(place, weight) / total) < 1
