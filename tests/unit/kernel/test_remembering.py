"""Short texts are remembered, and long ones are not, however often they come."""

from __future__ import annotations

from saman.kernel.remembering import SHORT, remembered


def test_short_texts_are_asked_for_once_and_long_ones_each_time() -> None:
    asked: list[str] = []

    @remembered(2)
    def doubled(text: str) -> str:
        asked.append(text)
        return text * 2

    short, long = "a" * SHORT, "b" * (SHORT + 1)
    assert [doubled(one) for one in (short, short, long, long)] == [short * 2] * 2 + [long * 2] * 2
    assert asked == [short, long, long]


def test_only_so_many_are_remembered() -> None:
    asked: list[str] = []
    same = remembered(2)(lambda text: asked.append(text) or text)
    assert [same(one) for one in "abcab"] == list("abcab")
    assert asked == list("abcab")
