"""The region's drawings: seats of one size, boxes in their own lane, bars at their hours, each place once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from saman.apps.region import borders, lanes, seats, week
from saman.apps.region.borders import Borders, Code, Feature, Polygon
from saman.apps.region.seats import Chair, Table
from saman.apps.ui.locales import Words
from saman.kernel.outcome import Refusal
from saman.model.care.party import Hours

OFFICE = ("08:00-15:30",)


def words(language: str = "en") -> Words:
    return Words(language, ZoneInfo("Europe/Oslo"), datetime(2026, 11, 20, 9, tzinfo=UTC))


def table(members: list[Chair], observers: list[Chair]) -> Table:
    return Table(
        title="Steering group",
        about="Who sits there",
        on_table=["Steering group"],
        members=members,
        observers=observers,
        observers_title="Observers",
    )


def numbers(pattern: str, svg: str) -> list[tuple[float, ...]]:
    return [tuple(map(float, found)) for found in re.findall(pattern, svg)]


def test_every_seat_has_the_same_size_and_the_same_way_to_the_table() -> None:
    svg = str(seats.draw("b", table([Chair("Small"), Chair("Large", 3), Chair("Trust", 2, hospital=True)], [])))
    round_ = numbers(r'<circle class="n-m seat" cx="([\d.]+)" cy="([\d.]+)" r="(\d+)"', svg)
    square = numbers(r'<rect class="n-h seat" x="([\d.]+)" y="([\d.]+)" width="(\d+)" height="(\d+)"', svg)
    assert len(round_) == 4
    assert len(square) == 2
    assert {2 * radius for _, _, radius in round_} == {side for seat in square for side in seat[2:]}
    middles = [(x, y) for x, y, _ in round_] + [(x + side / 2, y + side / 2) for x, y, side, _ in square]
    ways = {round(((x - seats.MIDDLE[0]) ** 2 + (y - seats.MIDDLE[1]) ** 2) ** 0.5) for x, y in middles}
    assert ways == {seats.ROUND}


def test_several_seats_of_one_name_have_one_label_with_their_number() -> None:
    svg = str(seats.draw("b", table([Chair("Councils", 5)], [])))
    assert svg.count("n-m seat") == 5
    assert svg.count("Councils (5)") == 1


def test_names_below_the_table_do_not_meet() -> None:
    svg = str(seats.draw("b", table([Chair(f"The municipality of the place {number}") for number in range(13)], [])))
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"( text-anchor="end")? class="ink">', svg)
    below = sorted((float(x), bool(ends)) for x, y, ends in found if float(y) > seats.MIDDLE[1] + seats.ROUND)
    assert [ends for _, ends in below] == [True, False]
    assert below[0][0] < below[1][0]


def test_a_drawing_is_no_wider_than_its_names() -> None:
    def width(name: str) -> float:
        return numbers(r'viewBox="-?\d+ 0 (\d+) \d+"', str(seats.draw("b", table([Chair(name)] * 4, []))))[0][0]

    assert width("A") < width("The association of the old")


def test_observers_stand_apart_dashed_and_within_the_drawing() -> None:
    names = ["State Administrator", "KS Agder", "County municipality", "Manager of the ICT reference group"]
    svg = str(seats.draw("b", table([Chair("A"), Chair("B")], [Chair(name) for name in names])))
    left, wide, height = numbers(r'viewBox="(-?\d+) 0 (\d+) (\d+)"', svg)[0]
    pills = numbers(r'<rect class="n-o" x="(-?[\d.]+)" y="([\d.]+)" width="([\d.]+)" height="(\d+)"', svg)
    lowest_seat = max(y + r for _, y, r in numbers(r'n-m seat" cx="([\d.]+)" cy="([\d.]+)" r="(\d+)"', svg))
    assert len(pills) == 4
    for x, y, width, tall in pills:
        assert y > lowest_seat
        assert left <= x
        assert x + width <= left + wide
        assert y + tall <= height


def test_names_are_escaped_in_drawings() -> None:
    assert "<b>" not in str(seats.draw("b", table([Chair("<b>x</b>")], [])))


def test_each_box_lies_within_its_lane_and_steps_are_joined_within_an_occasion() -> None:
    stops = (lanes.Stop("citizen", "Report"), lanes.Stop("nurse", "Read"), lanes.Stop("nurse", "Answer"))
    parts = [lanes.Part("comes", stops), lanes.Part("missing", (lanes.Stop("nurse", "Call"),))]
    svg = str(lanes.draw("p", "Pathway", "All of it", [("citizen", "Citizen"), ("nurse", "Nurse")], parts))
    rows = numbers(r'class="lane" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg)
    boxes = numbers(r'class="box" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg)
    taken = [
        index
        for _, y, _, tall in boxes
        for index, row in enumerate(rows)
        if row[1] <= y and y + tall <= row[1] + row[3]
    ]
    assert taken == [0, 1, 1, 1]
    assert svg.count('class="arrow"') == 2


def test_bars_stand_at_their_hours() -> None:
    bars = week.bars(Hours(tue=("06:00-12:00",)))
    svg = str(week.draw("w", "Week", "Hours", list("MTWTFSS"), [week.Row("Centre", bars)]))
    (bar,) = numbers(r'class="hold" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)
    assert bar == (week.LEFT + 1.25 * week.DAY, week.DAY / 4)


@pytest.mark.parametrize(
    ("hours", "language", "said"),
    [
        (Hours(always=True), "en", "day and night, every day"),
        (Hours(mon=OFFICE, tue=OFFICE, wed=OFFICE, thu=OFFICE, fri=OFFICE), "en", "Mon–Fri 08:00–15:30"),
        (Hours(mon=("10:00-14:00",), thu=("10:00-14:00",)), "en", "Mon 10:00–14:00, Thu 10:00–14:00"),
        (Hours(sat=("07:30-12:00", "13:00-24:00")), "en", "Sat 07:30–12:00, 13:00–24:00"),
        (Hours(sat=("13:00-24:00",)), "fi", "la 13.00–24.00"),
    ],
)
def test_hours_are_said_with_days_that_are_alike_joined(hours: Hours, language: str, said: str) -> None:
    assert week.hours_words(hours, words(language)) == said


def square(code: str, west: float) -> Feature:
    ring = [(west, 58.0), (west + 1, 58.0), (west + 1, 59.0), (west, 59.0), (west, 58.0)]
    return Feature(Code(code), Polygon([ring]))


def test_each_place_is_drawn_once_and_strangers_are_left_out() -> None:
    drawn = Borders([square("1", 7), square("2", 8), square("3", 9)], "© Somebody", "CC BY 4.0", "https://example.org/")
    places = {"1": borders.Place(1, "West: 20 %", "q1"), "2": borders.Place(2, "East: 25 %", "q5")}
    svg = str(borders.draw("m", "Map", "Two places", drawn, places))
    assert re.findall(r'<path class="(q\d)"', svg) == ["q1", "q5"]
    assert "<title>East: 25 %</title>" in svg
    west, east = numbers(r'<text x="([\d.]+)" y="([\d.]+)"', svg)
    assert west[1] == east[1]
    assert west[0] == pytest.approx(borders.EDGE + (borders.WIDTH - 2 * borders.EDGE) / 4, abs=0.1)


CROOKED = {
    "no JSON": "{",
    "nothing": "",
    "a list": "[]",
    "no code": '{"features": [{"properties": {}, "geometry": {"type": "Polygon", "coordinates": []}}]}',
    "no ring": '{"features": [{"properties": {"code": "1"}, "geometry": {"type": "Polygon", "coordinates": []}}]}',
    "a short ring": '{"features": [{"properties": {"code": "1"}, "geometry":'
    ' {"type": "Polygon", "coordinates": [[[7, 58], [8, 58]]]}}]}',
    "a line": '{"features": [{"properties": {"code": "1"}, "geometry": {"type": "LineString", "coordinates": []}}]}',
    "a deep nest": '{"features": ' + "[" * 100_000,
}


@pytest.mark.parametrize("case", CROOKED)
def test_borders_that_cannot_be_drawn_are_refused_with_the_mend(case: str, tmp_path: Path) -> None:
    (tmp_path / "borders.geojson").write_text(CROOKED[case], "utf-8")
    said = borders.read_borders(tmp_path / "borders.geojson")
    assert isinstance(said, Refusal)
    assert said.issues[0].path == f"{tmp_path.name}/borders.geojson:1"
    assert "GeoJSON" in said.issues[0].text


def test_a_region_without_borders_has_no_map(tmp_path: Path) -> None:
    assert borders.read_borders(tmp_path / "borders.geojson") is None
