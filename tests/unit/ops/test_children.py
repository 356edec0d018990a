"""Processes that die are replaced, unless they die again and again."""

from __future__ import annotations

from saman.ops.children import WITHIN, Deaths


def test_deaths_far_apart_are_replaced_for_ever_and_many_at_once_are_not():
    deaths = Deaths(2)
    assert not any(deaths.too_many(at * WITHIN) for at in range(1, 50))
    at = 50 * WITHIN
    assert not deaths.too_many(at)
    assert not deaths.too_many(at + 1)
    assert deaths.too_many(at + 2)
    assert not deaths.too_many(at + 3 * WITHIN)
