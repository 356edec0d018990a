"""Pure parts of the professionals' pages: filters, forms, states, lanes, notes of what was done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from saman.apps.team import texts
from saman.apps.team.lanes import lanes
from saman.apps.team.limits import new_limit
from saman.apps.team.loop import acts_of, events_of, is_late, loop_of, state_of
from saman.apps.team.requests import answered_at, read_moment
from saman.apps.team.show import back_of, done_note
from saman.apps.team.shown import age, identifier, is_dead, is_protected, limit_text
from saman.apps.ui.locales import Words
from saman.flows.monitoring.limits import NewLimit
from saman.flows.worklist.page import Filter, counts_of
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.care import codes
from saman.model.care.handover import Side
from saman.model.triage.purpose import INTENDED_PURPOSE
from saman.record.work import MOST_COUNTED, Counted

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 23, 7, 12, tzinfo=UTC)


class Model:
    def party(self, id: str) -> Any:
        return SimpleNamespace(id=id, name=id, phone="00 00", called={}) if id else None


class Desk:
    """As much of a desk as views are built from, without a record."""

    record = SimpleNamespace(context=SimpleNamespace(now=NOW, actor="PractitionerRole/a", party="home"))
    model = Model()
    words = Words("en", OSLO, NOW)
    language = "en"

    def t(self, message: str, **values: object) -> str:
        return str(self.words.gettext(message, **values))

    def called(self, reference: str) -> str:
        return reference.removeprefix("Organization/")


DESK: Any = Desk()


def visit(**changes: Any) -> dict[str, Any]:
    return {
        "id": "t1",
        "status": "requested",
        "code": codes.concept(codes.TASK, codes.HOME_VISIT),
        "authoredOn": "2026-11-23T06:00:00Z",
        "requester": codes.reference("PractitionerRole/a", "Silje Haugen"),
        "owner": codes.reference("Organization/home"),
        "restriction": {"period": {"end": "2026-11-23T07:00:00Z"}},
        "extension": [{"url": codes.SENT_FOR, "valueReference": codes.reference("Organization/centre")}],
        **changes,
    }


def test_filters_count_their_groups_and_say_where_there_are_more():
    counts, beyond = counts_of(Counted((19, 2, 5, 4), 2))
    assert [counts[one] for one in Filter] == [30, 19, 2, 5, 2]
    assert not beyond
    counts, beyond = counts_of(Counted((MOST_COUNTED + 1, 2, 5, 4), 0))
    assert counts[Filter.UNREAD] == MOST_COUNTED
    assert counts[Filter.ALL] == MOST_COUNTED + 11
    assert beyond == {Filter.ALL, Filter.UNREAD}


@pytest.mark.parametrize(
    ("status", "shape", "words"),
    [
        ("requested", "overdue", "Overdue 12 min"),
        ("accepted", "todo", "Accepted"),
        ("completed", "done", "Done and answered back"),
        ("rejected", "done", "Declined"),
    ],
)
def test_a_request_is_late_only_while_nobody_has_answered(status, shape, words):
    state = state_of(DESK, visit(status=status))
    assert (state.shape, state.words.replace("mins", "min")) == (shape, words)
    assert is_late(visit(status=status), NOW) is (shape == "overdue")


def test_steps_say_what_is_done_what_is_late_and_what_is_left():
    loop = loop_of(DESK, visit(), {})
    assert [step.state for step in loop.steps] == ["done", "done", "late", "todo", "todo"]
    assert loop.late
    assert not loop.duty
    accepted = loop_of(DESK, visit(status="accepted", executionPeriod={"start": "2026-11-23T12:00:00Z"}), {})
    assert [step.state for step in accepted.steps] == ["done", "done", "done", "at", "todo"]
    declined = loop_of(
        DESK, visit(status="rejected", statusReason=codes.concept(codes.REASON, "no-capacity", "Full")), {}
    )
    assert declined.steps[-1].detail.endswith("No capacity in time. Full")


def test_a_duty_is_never_declined_and_no_capacity_is_no_reason():
    duty = visit(input=[{"type": codes.concept(codes.TASK_INPUT, "duty-bound"), "valueBoolean": True}])
    offered = {act.act: act for act in acts_of(DESK, duty, Side.OWNER)}
    assert "decline" not in offered
    assert "no-capacity" not in dict(offered["dispute"].reasons)
    assert "no-capacity" in dict({act.act: act for act in acts_of(DESK, visit(), Side.OWNER)}["decline"].reasons)


def test_events_tell_the_story_and_a_missed_deadline():
    reminded = visit(lastModified="2026-11-23T07:05:00Z", note=[{"text": "reminder"}])
    events = events_of(DESK, [visit(), reminded], {})
    assert [event.what for event in events] == ["Sent", "An answer was due", "Reminder"]
    assert answered_at([visit(), reminded]) is None
    done = visit(status="accepted", lastModified="2026-11-23T07:08:00Z")
    assert answered_at([visit(), done]) == datetime(2026, 11, 23, 7, 8, tzinfo=UTC)


def test_lanes_are_hatched_only_where_an_answer_is_late():
    assert 'class="risk"' in lanes(DESK, visit(), None)
    on_time = visit(restriction={"period": {"end": "2026-11-23T09:00:00Z"}})
    assert 'class="risk"' not in lanes(DESK, on_time, None)
    answered = lanes(DESK, visit(status="accepted"), NOW - timedelta(minutes=20))
    assert 'class="hold"' in answered
    assert 'class="risk"' not in answered


def test_a_limit_is_read_with_comma_or_point_and_keeps_its_digits():
    fields = {"of": "weight", "version": "3", "low": "", "high": "71,50", "reason": " why "}
    wanted = new_limit(fields)
    assert wanted == NewLimit(quantity="weight", low=None, high=Decimal("71.50"), reason="why", version=3)
    wrong = new_limit(fields | {"low": "7O", "high": "1e3"})
    assert isinstance(wrong, Refusal)
    assert [issue.path for issue in wrong.issues] == ["low", "high"]
    assert isinstance(new_limit(fields | {"version": "-1"}), Refusal)


def test_limits_are_signs_and_numbers():
    assert limit_text(DESK, Decimal(90), None) == "≥ 90"
    assert limit_text(DESK, None, Decimal("71.5")) == "≤ 71.5"
    assert limit_text(DESK, Decimal(50), Decimal(100)) == "50 to 100"
    assert limit_text(DESK, None, None) == ""


def test_who_a_person_is():
    assert age(date(1948, 11, 24), date(2026, 11, 23)) == 77
    assert age(date(1948, 11, 23), date(2026, 11, 23)) == 78
    assert identifier({"identifier": [{"use": "official", "value": "14834849810"}]}) == "148348 49810"
    assert identifier({}) == ""
    label = {"system": "urn:saman:category", "code": "protected-address"}
    assert is_protected({"meta": {"security": [label]}})
    assert not is_protected({"meta": {"security": [{"system": "x", "code": "protected-address"}]}})
    assert is_dead({"deceasedBoolean": True})
    assert not is_dead({"deceasedBoolean": False})


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/teamwork", "/citizen", ""])
def test_a_form_leads_back_to_our_own_pages_only(wanted):
    assert back_of({"back": wanted}) == "/team"
    assert back_of({"back": "/team/people/x"}) == "/team/people/x"


def test_a_note_of_what_was_done_cannot_be_made_up():
    assert done_note(DESK.words, "claim", "abc", "2") is not None
    for act, task, version in (("steal", "abc", "2"), ("claim", "a/b", "2"), ("claim", "abc", "x")):
        assert done_note(DESK.words, act, task, version) is None


def test_times_from_a_form_are_on_the_readers_clock():
    assert read_moment(DESK, "2026-11-23T15:00") == datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    assert read_moment(DESK, "soon") is None
    assert read_moment(DESK, "2026-11-23T15:00+00:00") is None


def test_refusals_get_sentences_that_can_be_translated():
    refusal = texts.worded(
        Refusal(Kind.CONFLICT, (Issue("x", "English.", key="task.taken"), Issue("x", "E.", key="new.key")))
    )
    assert [issue.key for issue in refusal.issues] == ["Somebody else has taken it.", ""]


def test_the_purpose_on_the_page_is_the_modules_own():
    assert texts.PURPOSE == INTENDED_PURPOSE
