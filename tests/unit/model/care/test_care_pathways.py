"""What can be wrong with pathways, distance-spanning parts, options and days that are known beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from saman.kernel.outcome import Issue, Refusal
from saman.model.care.check import check
from saman.model.care.coverage import takers
from saman.model.care.dated import days
from saman.model.care.load import load
from tests.unit.model.care.conftest import REGIONS

PATHWAY = "no-agder/pathways/admission-discharge.yaml"
ALARM = "no-agder/services/safety-alarm.yaml"
AGREEMENTS = "no-agder/agreements.yaml"
NORWAY = "countries/no.yaml"
OPTION = "take: optional, parties: [municipality-bykle"

DISTANCE = "distance:\n  sample: true\n"
DOSES = DISTANCE + (
    "  doses: {reminds_after: [5, 15], taken_back_after: 60, missed: button, refilled_every_days: 14,"
    " warns_days_before_empty: 2, sample: true}\n"
)
WATCH = DISTANCE + (
    "  watch: {looked_by: response-centre-operator, most_a_night: 2, agreed_times_only: true, each_look_logged: true,"
    " masked: true, consent: need-in-care, sample: true}\n"
)
NAME = "name: {nb: a, sv: a, da: a, fi: a, is: a, en: a}"
ROOM = DISTANCE + (
    f'  rooms:\n    - {{id: room, place: "4222", hours: {{always: true, sample: true}}, sample: true, {NAME}}}\n'
)
STOP = '{name: Hovden, place: "4222", week: 1, day: mon, arrives: "10:00", leaves: "11:00", sample: true}'
TOUR = DISTANCE + (
    "  tours:\n    - {id: tour, weeks: 2, walk_in: true, works_without_line: true, sample: true, "
    f"{NAME}, stops: [{STOP}]}}\n"
)

BROKEN = {
    "a pathway of another name": (PATHWAY, "id: admission-discharge", "id: admission", "different names", "Call"),
    "a lane of no role": (PATHWAY, "role: ward-nurse", "role: wizard", "no role `wizard`", "correct"),
    "a lane nobody stands in": (PATHWAY, "role: ward-nurse", "role: social-worker", "Nobody stands", "Give a hospital"),
    "a lane without a kind": (PATHWAY, "role: ward-nurse, party_kind: hospital,", "role: ward-nurse,", "kind", "Add"),
    "a step of no lane": (PATHWAY, "    lane: ward\n", "    lane: moon\n", "no lane `moon`", "correct"),
    "a step to nobody": (PATHWAY, "    to: municipality\n", "    to: moon\n", "no lane `moon`", "correct"),
    "a step to itself": (PATHWAY, "    to: municipality\n", "    to: ward\n", "comes from", "another lane"),
    "after no step": (PATHWAY, "after: [ready]", "after: [steady]", "no step `steady`", "correct"),
    "steps in a circle": (PATHWAY, "after: [ready]", "after: [first-visit]", "waits for itself", "Take one"),
    "no such deadline": (PATHWAY, "{deadline: admission-notice}", "{deadline: x}", "no deadline `x`", "correct"),
    "two times": (PATHWAY, "{deadline: admission-notice}",
                  "{deadline: admission-notice, span: {hours: 1, counted: clock, sample: true}}", "either", "one of"),
    "since no step": (PATHWAY, "since: ready", "since: steady", "no step `steady`", "correct"),
    "asking for ever": (PATHWAY, "    within: {deadline: admission-notice}\n", "", "for ever", "Add `within`"),
    "asking nothing, answered": (PATHWAY, "    asks: request\n", "", "do not go together", "both"),
    "declining a duty": (PATHWAY, "answers: [receive, accept, delay, dispute]", "answers: [decline]",
                         "`decline` is no answer", "dispute"),
    "an act of the sender": (PATHWAY, "[receive, accept, decline]", "[cancel]", "`cancel`", "decline"),
    "sent without a ground": (PATHWAY, "legal_bases: [make-available]", "legal_bases: []", "legal ground", "Add"),
    "sent on no ground": (PATHWAY, "[make-available]", "[own-whim]", "no legal basis `own-whim`", "correct"),
    "late, told to nobody": (PATHWAY, "tells: [ward, municipality]", "tells: [moon]", "no lane `moon`", "correct"),
    "no such indicator": (PATHWAY, "lanes:\n", "indicators: [joy]\nlanes:\n", "no indicator `joy`", "correct"),
    "alarm of no thing": (ALARM, "equipment: button, c", "equipment: bell, c", "no equipment `bell`", "Add"),
    "nobody to send out": (ALARM, "sent_out: home-care-nurse", "sent_out: wizard", "role of the service", "Add"),
    "doses taken back too early": (ALARM, DISTANCE, DOSES.replace("taken_back_after: 60", "taken_back_after: 10"),
                                   "taken back before", "later"),
    "doses always nearly empty": (ALARM, DISTANCE, DOSES.replace("empty: 2", "empty: 14"), "nearly empty", "fewer"),
    "missed doses without alarm": (ALARM, DISTANCE, DOSES.replace("missed: button", "missed: bell"), "`bell`", "Add"),
    "a look by nobody": (ALARM, DISTANCE, WATCH.replace("looked_by: response-centre-operator", "looked_by: wizard"),
                         "`wizard`", "Add"),
    "a look without consent": (ALARM, DISTANCE, WATCH.replace("need-in-care", "whim"), "`whim`", "Add"),
    "a look that is not logged": (ALARM, DISTANCE, WATCH.replace("each_look_logged: true", "each_look_logged: false"),
                                  "each_look_logged", ""),
    "a room without its mode": (ALARM, DISTANCE, ROOM, "not the mode `health-room`", "Add `health-room`"),
    "a room nowhere": (ALARM, DISTANCE, ROOM.replace("4222", "9999"), "no place `9999`", "correct"),
    "a tour without its mode": (ALARM, DISTANCE, TOUR, "not the mode `mobile-unit`", "Add `mobile-unit`"),
    "a stop in no week": (ALARM, DISTANCE, TOUR.replace("week: 1,", "week: 3,"), "week 3 of a tour of 2", "weeks"),
    "a stop that ends first": (ALARM, DISTANCE, TOUR.replace("11:00", "09:00"), "cannot stand", "Let"),
    "two stops at once": (ALARM, DISTANCE, TOUR.replace(STOP, f"{STOP}, {STOP}"), "cannot stand", "Let"),
    "an option let go": (AGREEMENTS, OPTION, OPTION.replace("optional,", "optional, option_until: 2020-01-01,"),
                         "unused", "exercised"),
    "an option taken up too late": (
        AGREEMENTS, OPTION, OPTION.replace("optional,", "optional, option_until: 2020-01-01, exercised: 2021-01-01,"),
        "after it had ended", "Correct"),
    "an option of what is active": (
        AGREEMENTS, "safety-alarm, take: active,", "safety-alarm, take: active, exercised: 2021-01-01,",
        "no option", "optional"),
    "a word missing": (NORWAY, "id: deviation", "id: mistake", "no word for `deviation`", "called"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_mistake_is_told_with_place_wrong_and_mend(case, broken, files):
    name, old, new, wrong, mend = BROKEN[case]
    issues = broken(name, old, new)
    told = [issue for issue in issues if wrong in dict(issue.args)["wrong"]]
    assert told, [issue.text for issue in issues]
    assert any(mend in dict(issue.args)["mend"] for issue in told)
    assert all(issue.path.startswith(f"regions/{name}:") for issue in told)


def changed(files: Mapping[str, str], day: str, **texts: str) -> dict[str, str]:
    """The files with some that hold from a day, by their names without ending."""
    return {**files} | {f"regions/no-agder/from-{day}/{name}.yaml": text for name, text in texts.items()}


def test_a_file_holds_from_its_day(files):
    indicators = files["regions/no-agder/indicators.yaml"]
    later = changed(files, "2027-01-01", indicators=indicators.replace("Self-rated health", "Own view of health"))
    assert days(later, "regions/no-agder") == (date(2027, 1, 1),)
    names = []
    for day in (date(2026, 12, 31), date(2027, 1, 1)):
        read = load(later, "regions/no-agder", day)
        assert not isinstance(read, Refusal)
        names.append(read.model.indicators[0].name["en"])
        assert check(read, datetime(day.year, day.month, day.day, 12, tzinfo=UTC)) == ()
    assert names == ["Self-rated health", "Own view of health"]


def test_a_file_is_gone_from_its_day(files):
    gone = changed(files, "2027-01-01", portfolio="schema: 0\n")
    gone["regions/no-agder/from-2027-01-01/pathways/admission-discharge.yaml"] = ""
    before, after = (load(gone, "regions/no-agder", day) for day in (date(2026, 1, 1), date(2027, 1, 1)))
    assert not isinstance(before, Refusal)
    assert not isinstance(after, Refusal)
    assert [one.id for one in before.model.pathways] == ["admission-discharge", "individual-plan"]
    assert [one.id for one in after.model.pathways] == ["individual-plan"]


def test_a_mistake_in_a_file_of_a_day_is_told_there(files):
    later = changed(files, "2027-01-01", indicators="schema: 0\nindicators: 3\n")
    issues: tuple[Issue, ...] = load(later, "regions/no-agder", date(2027, 1, 1)).issues
    assert [issue.path for issue in issues] == ["regions/no-agder/from-2027-01-01/indicators.yaml:2"]


def test_a_folder_of_no_day_is_told(files):
    odd = changed(files, "2027-13-01", indicators=files["regions/no-agder/indicators.yaml"])
    (issue,) = load(odd, "regions/no-agder").issues
    assert issue.path == "regions/no-agder/from-2027-13-01/indicators.yaml:1"
    assert "no day" in issue.text


def test_what_two_services_call_the_same_is_the_same(broken):
    issues = broken(ALARM, "  - id: drive-out\n", "  - id: help-in-daily-life\n")
    told = [issue for issue in issues if "something else in `digital-home-follow-up`" in issue.text]
    assert [issue.path.partition(":")[0] for issue in told] == [f"regions/{ALARM}"]


def test_a_county_takes_a_service_for_those_it_serves():
    files = {str(path.relative_to(REGIONS)): path.read_text("utf-8") for path in REGIONS.rglob("*.yaml")}
    read = load(files, "fi-paijat-hame", date(2026, 11, 20))
    assert not isinstance(read, Refusal)
    (service, *_) = read.model.services
    assert len(takers(read.model, service)) == 10
