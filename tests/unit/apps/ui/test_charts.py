from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from saman.apps.ui import charts
from saman.apps.ui.charts import NARROW, SMALL, Labels, Limit, Note, Point, Series
from saman.apps.ui.readings import gaps_between, outside

FIRST, LAST = date(2026, 8, 23), date(2026, 11, 20)
LABELS = Labels("Oxygen", "From 88 to 95", "no readings", "Your limit: 90", lambda day: f"{day:%b}", str)


def at(day: date, value: str) -> Point:
    return Point(datetime(day.year, day.month, day.day, 8, tzinfo=UTC), Decimal(value))


def daily(values: list[str], first: date = FIRST, limits: tuple[Limit, ...] = ()) -> Series:
    return Series(tuple(at(first + timedelta(number), value) for number, value in enumerate(values)), limits)


def numbers(svg: str) -> list[str]:
    return re.findall(r' (?:x|y|x1|x2|y1|y2|cx|cy|width|height)="([^"]+)"', svg)


def test_a_picture_has_a_name_a_description_and_one_decimal_at_most() -> None:
    chart = charts.trend(
        "a", [daily(["93.4", "91.7", "94"] * 20, limits=(Limit(low=Decimal(90)),))], (FIRST, LAST), LABELS
    )
    assert 'role="img" aria-labelledby="a-t a-d"' in chart.svg
    assert '<title id="a-t">Oxygen</title><desc id="a-d">From 88 to 95</desc>' in chart.svg
    assert all(re.fullmatch(r"-?\d+(\.\d)?", number) for number in numbers(chart.svg))
    assert "style=" not in chart.svg


def test_texts_in_a_picture_are_escaped() -> None:
    labels = Labels("<script>", "&", "none", "", lambda day: "<", str)
    assert "<script>" not in charts.trend("a", [daily(["1"])], (FIRST, LAST), labels).svg


def test_points_outside_the_own_limit_are_marked_and_named_in_the_table() -> None:
    series = daily(["93"] * 86 + ["90", "89", "88"], limits=(Limit(low=Decimal(90)),))
    chart = charts.trend("a", [series], (FIRST, LAST), LABELS)
    assert chart.svg.count('class="out"') == 2
    assert chart.weeks[0].outside == "under"
    assert all(week.outside == "" for week in chart.weeks[1:])


def test_a_reading_is_held_against_the_limit_of_its_own_day() -> None:
    limits = (Limit(low=Decimal(92), until=date(2026, 11, 1)), Limit(low=Decimal(88), since=date(2026, 11, 1)))
    assert outside(at(date(2026, 10, 31), "90"), limits) == "under"
    assert outside(at(date(2026, 11, 1), "90"), limits) == ""
    assert outside(at(date(2026, 11, 1), "87"), limits) == "under"
    assert Limit(high=Decimal(100)).outside(Decimal(101)) == "over"
    chart = charts.trend("a", [daily(["90"] * 90, limits=limits)], (FIRST, LAST), LABELS)
    assert chart.svg.count('class="lim"') == 2
    assert chart.svg.count('class="band"') == 2


def test_a_gap_breaks_the_line_is_hatched_and_listed() -> None:
    points = (*daily(["93"] * 20).points, *daily(["92"] * 30, date(2026, 10, 1)).points)
    chart = charts.trend("a", [Series(points)], (FIRST, LAST), LABELS)
    assert chart.gaps == ((date(2026, 9, 12), date(2026, 9, 30)), (date(2026, 10, 31), LAST))
    assert chart.svg.count('fill="url(#hatch-a)"') == 2
    line = re.search(r'class="line" d="([^"]+)"', chart.svg)
    assert line is not None
    assert line[1].count("M") == 2


def test_the_rhythm_says_what_a_gap_is() -> None:
    weekly = Series(tuple(at(FIRST + timedelta(7 * week), "93") for week in range(13)))
    assert len(charts.trend("a", [weekly], (FIRST, LAST), LABELS).gaps) == 13
    assert charts.trend("a", [weekly], (FIRST, LAST), LABELS, rhythm=7).gaps == ()


def test_the_table_says_the_same_as_the_picture() -> None:
    chart = charts.trend(
        "a",
        [daily(["93", "91", "95"])],
        (FIRST, LAST),
        LABELS,
        notes=[Note(FIRST, "Slept badly"), Note(date(2020, 1, 1), "Long ago")],
    )
    oldest = chart.weeks[-1]
    assert (oldest.lowest, oldest.highest, oldest.count, oldest.notes) == ("91", "95", 3, ("Slept badly",))
    assert (chart.weeks[0].lowest, chart.weeks[0].count) == ("", 0)
    assert chart.svg.count('class="note"') == 1
    assert sum(week.count for week in chart.weeks) == 3


def test_blood_pressure_has_two_lines_and_pairs_in_the_table() -> None:
    chart = charts.trend("bp", [daily(["138", "142"]), daily(["82", "80"])], (FIRST, LAST), LABELS)
    assert chart.svg.count('class="line"') == 2
    assert (chart.weeks[-1].lowest, chart.weeks[-1].highest) == ("138/80", "142/82")


def test_nothing_to_show_is_still_a_picture() -> None:
    chart = charts.trend("a", [Series(())], (FIRST, LAST), LABELS)
    assert chart.gaps == ((FIRST, LAST),)
    assert 'class="line"' not in chart.svg


def test_the_small_size_leaves_the_words_out() -> None:
    series = daily(["93"] * 40, limits=(Limit(low=Decimal(90)),))
    narrow = charts.trend("a", [series], (FIRST, LAST), LABELS, NARROW).svg
    small = charts.trend("a", [series], (FIRST, LAST), LABELS, SMALL).svg
    assert "Your limit: 90" in narrow
    assert "Your limit: 90" not in small


@given(
    st.lists(st.tuples(st.integers(0, 89), st.decimals("0.1", "500", places=1)), max_size=40),
    st.none() | st.decimals("0.1", "500", places=1),
    st.none() | st.decimals("0.1", "500", places=1),
)
def test_every_mark_lies_inside_the_picture(
    readings: list[tuple[int, Decimal]], low: Decimal | None, high: Decimal | None
) -> None:
    points = tuple(at(FIRST + timedelta(day), str(value)) for day, value in sorted(readings))
    chart = charts.trend("a", [Series(points, (Limit(low, high),))], (FIRST, LAST), LABELS)
    for x, y in re.findall(r"(-?\d+\.\d),(-?\d+\.\d)", chart.svg):
        assert NARROW.left <= float(x) <= NARROW.width - NARROW.right
        assert NARROW.top <= float(y) <= NARROW.height - NARROW.bottom
    assert all(float(height) >= 0 for height in re.findall(r'class="band"[^>]*height="([^"]+)"', chart.svg)) or (
        low or 0
    ) > (high or 0)


@given(st.sets(st.integers(0, 89)), st.integers(1, 30))
def test_gaps_hold_no_reading_and_are_as_long_as_asked(days: set[int], least: int) -> None:
    read = sorted(FIRST + timedelta(day) for day in days)
    for begin, end in gaps_between(read, FIRST, LAST, least):
        assert (end - begin).days + 1 >= least
        assert not any(begin <= day <= end for day in read)
