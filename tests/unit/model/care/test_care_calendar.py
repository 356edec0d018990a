"""Opening hours, holidays, daylight saving and deadlines."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saman.kernel.outcome import Refusal
from saman.model.care.calendar import answer_by, deadline, due_times, easter, falls_on, holidays_on, opening
from saman.model.care.country import Country, Holiday, Weekday
from saman.model.care.load import load_country
from saman.model.care.measurement import Schedule
from saman.model.care.party import ExceptionDay, Hours, Party, PartyKind
from saman.model.care.timing import Counted, Span
from saman.model.care.worklist import Item, ordered

OSLO = ZoneInfo("Europe/Oslo")
MOMENTS = st.integers(0, 3 * 366 * 24 * 3600).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def at(text: str) -> datetime:
    """A time on the clock in Norway."""
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


def clock(moment: datetime | None) -> str:
    assert moment is not None
    assert moment.tzinfo is UTC
    return moment.astimezone(OSLO).strftime("%a %Y-%m-%d %H:%M")


def unit(**hours: object) -> Party:
    return Party(
        id="u", name="u", kind=PartyKind.HOME_CARE, place="4204", sample=True, hours=Hours(sample=True, **hours)
    )


@pytest.fixture(scope="session")
def norway(files) -> Country:
    return country(files, "no")


def country(files: dict[str, str], code: str) -> Country:
    read = load_country(files, f"regions/countries/{code}.yaml")
    assert not isinstance(read, Refusal)
    return read


@pytest.fixture
def centre(agder) -> Party:
    found = agder.party("agder-telemedicine-centre")
    assert found is not None
    return found


@pytest.fixture
def service(agder):
    return agder.service("digital-home-follow-up")


def test_easter_sundays_as_published():
    # The earliest and the latest possible day, and years that other rules get wrong.
    years = {1818: "03-22", 1943: "04-25", 1954: "04-18", 1981: "04-19", 2000: "04-23", 2026: "04-05", 2049: "04-18"}
    assert {year: easter(year).strftime("%m-%d") for year in years} == years


@settings(deadline=None)
@given(st.integers(1583, 4000))
def test_easter_is_a_sunday_in_spring(year):
    day = easter(year)
    assert day.weekday() == 6
    assert date(year, 3, 22) <= day <= date(year, 4, 25)


@pytest.mark.parametrize(
    ("code", "year", "id", "day"),
    [
        ("no", 2027, "ascension", "2027-05-06"),
        ("no", 2027, "whit-monday", "2027-05-17"),
        ("se", 2026, "midsummer-day", "2026-06-20"),
        ("se", 2027, "midsummer-eve", "2027-06-25"),
        ("se", 2026, "all-saints", "2026-10-31"),
        ("fi", 2027, "all-saints", "2027-11-06"),
        ("dk", 2023, "prayer-day", "2023-05-05"),
        ("dk", 2024, "prayer-day", None),
        ("is", 2026, "first-day-of-summer", "2026-04-23"),
        ("is", 2026, "commerce-day", "2026-08-03"),
    ],
)
def test_holidays_move_by_their_rules(files, code, year, id, day):
    holiday = next(one for one in country(files, code).holidays if one.id == id)
    fallen = falls_on(holiday, year)
    assert (fallen and fallen.isoformat()) == day


def test_a_day_can_be_two_holidays(norway):
    assert {one.id for one in holidays_on(norway, date(2027, 5, 17))} == {"constitution-day", "whit-monday"}


@pytest.mark.parametrize("code", ["no", "se", "dk", "fi", "is"])
def test_every_country_says_what_is_needed(files, code):
    profile = country(files, code)
    assert {one.id for one in profile.numbers if one.dial and one.shown} >= {"emergency", "out-of-hours"}
    assert all(falls_on(one, 2020) or one.from_year > 2020 for one in profile.holidays)
    assert profile.deadlines
    assert {row.status.value for row in profile.deadlines} == {"U"}
    assert {"sv", "nb", "da", "fi", "is", "en"} <= set(profile.languages)


def test_a_report_on_friday_night_is_read_on_monday_and_answered_by_noon(service, centre, norway):
    answer = answer_by(service.monitoring, centre, norway, at("2026-11-20T22:00"))
    assert not answer.open_now
    assert clock(answer.read_from) == "Mon 2026-11-23 08:00"
    assert clock(answer.answer_by) == "Mon 2026-11-23 12:00"


def test_it_stands_first_among_mondays_unread():
    friday = Item(id="b", received=at("2026-11-20T22:00"), unread=True)
    monday = Item(id="a", received=at("2026-11-23T07:31"), unread=True)
    read = Item(id="c", received=at("2026-11-19T09:00"))
    assert [one.id for one in ordered([read, monday, friday])] == ["b", "a", "c"]


def test_hours_left_of_a_day_run_on_the_next(service, centre, norway):
    answer = answer_by(service.monitoring, centre, norway, at("2026-11-20T14:00"))
    assert answer.open_now
    assert clock(answer.read_from) == "Fri 2026-11-20 14:00"
    assert clock(answer.answer_by) == "Mon 2026-11-23 10:30"


def test_the_last_minute_of_a_day_is_open_and_the_next_is_not(centre, norway):
    assert opening(centre, norway, at("2026-11-20T15:29:59")).open
    closed = opening(centre, norway, at("2026-11-20T15:30"))
    assert (closed.open, clock(closed.next_opening)) == (False, "Mon 2026-11-23 08:00")


def test_easter_is_passed_over(service, centre, norway):
    answer = answer_by(service.monitoring, centre, norway, at("2026-04-01T15:00"))
    assert clock(answer.answer_by) == "Tue 2026-04-07 11:30"


def test_a_half_day_closes_early(centre, norway):
    state = opening(centre, norway, at("2026-12-24T11:00"))
    assert (state.open, clock(state.next_closing)) == (True, "Thu 2026-12-24 12:00")
    assert not opening(centre, norway, at("2026-12-24T12:00")).open


def test_open_on_holidays_stays_open(agder, norway):
    home_care = agder.party("homecare-grimstad")
    assert opening(home_care, norway, at("2026-12-25T10:00")).open


def test_always_open_never_opens_or_closes(agder, norway):
    state = opening(agder.party("response-centre-kristiansand"), norway, at("2026-12-25T03:00"))
    assert (state.open, state.next_opening, state.next_closing) == (True, None, None)


def test_unknown_hours_are_not_guessed(service, agder, norway):
    trust = agder.party("sorlandet-hospital")
    assert opening(trust, norway, at("2026-11-20T10:00")) == opening(trust, norway, at("2026-11-21T10:00"))
    answer = answer_by(service.monitoring, trust, norway, at("2026-11-20T10:00"))
    assert (answer.read_from, answer.answer_by) == (None, None)


def test_an_exception_replaces_the_weekday_even_on_a_holiday(norway):
    days = (ExceptionDay(date=date(2026, 12, 25), hours=("09:00-10:00",)), ExceptionDay(date=date(2026, 12, 28)))
    party = unit(fri=("08:00-16:00",), mon=("08:00-16:00",), tue=("08:00-16:00",), exceptions=days)
    state = opening(party, norway, at("2026-12-25T09:30"))
    assert (state.open, clock(state.next_closing)) == (True, "Fri 2026-12-25 10:00")
    assert clock(state.next_opening) == "Tue 2026-12-29 08:00"


def test_a_night_on_two_days_is_one_opening(norway):
    party = unit(fri=("22:00-24:00",), sat=("00:00-07:00",))
    state = opening(party, norway, at("2026-11-20T23:00"))
    assert clock(state.next_closing) == "Sat 2026-11-21 07:00"
    assert opening(party, norway, at("2026-11-21T00:00")).open


def test_the_hour_that_is_skipped_in_spring_does_not_count(norway):
    party = unit(sun=("00:00-06:00",))
    start = at("2026-03-29T00:00")
    promised = deadline(Span(hours=Decimal(4), counted=Counted.OPENING, sample=True), party, norway, start)
    assert clock(promised) == "Sun 2026-03-29 05:00"


def test_the_hour_that_comes_twice_in_autumn_counts_twice(norway):
    party = unit(sun=("00:00-06:00",))
    start = at("2026-10-25T00:00")
    promised = deadline(Span(hours=Decimal(4), counted=Counted.OPENING, sample=True), party, norway, start)
    assert clock(promised) == "Sun 2026-10-25 03:00"


def test_opening_stays_on_the_local_clock_when_summer_time_ends(centre, norway):
    assert clock(opening(centre, norway, at("2026-10-23T16:00")).next_opening) == "Mon 2026-10-26 08:00"
    assert opening(centre, norway, at("2026-10-23T16:00")).next_opening == datetime(2026, 10, 26, 7, tzinfo=UTC)


def test_time_on_the_clock_ignores_opening_hours(service, centre, norway):
    start = at("2026-11-20T22:00")
    assert deadline(service.response.request_done, centre, norway, start) == start + timedelta(hours=24)


def test_a_unit_that_never_opens_gives_no_time(norway):
    party = unit()
    assert opening(party, norway, at("2026-11-20T10:00")).next_opening is None
    span = Span(hours=Decimal(1), counted=Counted.OPENING, sample=True)
    assert deadline(span, party, norway, at("2026-11-20T10:00")) is None


@settings(deadline=None)
@given(
    MOMENTS,
    st.decimals(Decimal("0.25"), Decimal(40), places=2),
)
def test_a_deadline_is_that_much_opening_time_away(norway, agder, moment, hours):
    centre = agder.party("agder-telemedicine-centre")
    start = moment
    span = Span(hours=hours, counted=Counted.OPENING, sample=True)
    promised = deadline(span, centre, norway, start)
    assert promised is not None
    state = opening(centre, norway, promised - timedelta(microseconds=1))
    assert state.open
    assert _open_seconds(centre, norway, start, promised) == pytest.approx(float(hours) * 3600, abs=1)


def _open_seconds(party: Party, profile: Country, start: datetime, end: datetime) -> float:
    """Open time between two moments, by walking from one change to the next."""
    total, moment = timedelta(), start
    while moment < end:
        state = opening(party, profile, moment)
        change = state.next_closing if state.open else state.next_opening
        assert change is not None
        until = min(change, end)
        total += until - moment if state.open else timedelta()
        moment = until
    return total.total_seconds()


@settings(deadline=None)
@given(MOMENTS)
def test_what_opens_next_is_open_then_and_closed_before(norway, agder, moment):
    centre = agder.party("agder-telemedicine-centre")
    state = opening(centre, norway, moment)
    assert state.next_opening is not None
    assert opening(centre, norway, state.next_opening).open
    assert not opening(centre, norway, state.next_opening - timedelta(seconds=1)).open


def test_due_times_follow_the_days_asked_for(norway):
    schedule = Schedule(days=(Weekday.MON, Weekday.FRI), opens="06:00", closes="20:00", sample=True)
    due = due_times(schedule, norway, at("2026-11-20T06:00"), at("2026-11-27T06:00"))
    assert [clock(one.opens) for one in due] == ["Fri 2026-11-20 06:00", "Mon 2026-11-23 06:00"]
    assert clock(due[0].missed_at) == "Sat 2026-11-21 20:00"


@settings(deadline=None)
@given(
    MOMENTS,
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_two_stretches_of_due_times_are_one(norway, moment, first, second):
    schedule = Schedule(days=tuple(Weekday), sample=True)
    start = moment
    middle = start + timedelta(days=first)
    end = middle + timedelta(days=second)
    whole = due_times(schedule, norway, start, end)
    assert whole == due_times(schedule, norway, start, middle) + due_times(schedule, norway, middle, end)


def test_a_holiday_without_a_date_never_falls():
    bare = Holiday(id="x", name={"en": "x"}, sample=True)
    assert falls_on(bare, 2026) is None
    assert falls_on(msgspec.structs.replace(bare, month=1, day=2), 2026) == date(2026, 1, 2)
