"""A report from the kitchen: sent once, read on Monday, answered, and what happens when it does not come."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from saman.apps.auth.identity import Identity
from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import find_users
from saman.flows.monitoring.enrolment import enrolments_of
from saman.flows.monitoring.limits import NewLimit, change_limit
from saman.flows.monitoring.missing import note_missing
from saman.flows.monitoring.report import Report, Value, send
from saman.flows.monitoring.series import latest, readings_of
from saman.flows.referral.visit import Visit, ask_for_visit
from saman.flows.tasks import Said, acknowledge, act, claim, release, undo
from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Assignment
from saman.model.care.handover import Act, Reason
from saman.ops.application import rights_of
from saman.record import Record, system
from saman.record.work import Stretch, open_work

pytestmark = pytest.mark.postgres

GOOD = {"spo2": "91", "pulse": "80", "weight": "70.40", "systolic": "138", "diastolic": "82"}
UNITS = {"spo2": "%", "pulse": "/min", "weight": "kg", "systolic": "mm[Hg]", "diastolic": "mm[Hg]"}


async def record_of(agder, who: str) -> Record:
    """The record as one of the people sees it now."""
    rights = rights_of(agder.region.model)
    identity = Identity(agder.store, Tokens(agder.store.secret), agder.clock, rights)
    user = (await find_users(agder.system, who))[0]
    assignment = Assignment(
        number=0, kind=user.kind, purpose=user.purpose, role=user.role, party=user.party, actor=user.actor
    )
    context = await identity.of_assignment(assignment, f"test-{who}")
    assert not isinstance(context, Refusal)
    return Record(agder.store, context)


async def enrolled(record, agder, person="ingrid-aasen"):
    found = await enrolments_of(record, agder.region.model, person, "en")
    assert not isinstance(found, Refusal), found
    return found[0]


def report(key: str, **changes) -> Report:
    values = {name: Value(Decimal(number), UNITS[name]) for name, number in (GOOD | changes).items()}
    return Report(key=key, values=values, answers={"breathing": "as-usual"}, comment="Slept well")


async def test_a_report_keeps_its_digits_and_asks_the_centre_to_read_it_on_monday(agder):
    own = await record_of(agder, "ingrid-aasen")
    enrolment = await enrolled(own, agder)
    sent = await send(own, agder.region.model, enrolment, report("digits"))
    assert not isinstance(sent, Refusal), sent
    readings = await readings_of(own, agder.region.model, "ingrid-aasen")
    assert str(latest(readings, "weight").value) == "70.40"
    nurse = await record_of(agder, "silje-haugen")
    items = await open_work(nurse.store, nurse.context, Stretch(party=enrolment.owner, persons=("ingrid-aasen",)))
    task = next(item for item in items if item.focus == sent.stored.reference)
    assert task.due == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


async def test_a_report_sent_many_times_at_once_is_one_report(agder):
    own = await record_of(agder, "olav-tveit")
    enrolment = await enrolled(own, agder, "olav-tveit")
    asked = {q.id for m, _ in enrolment.asked.measurements for q in m.quantities}
    one = Report(
        key="many",
        values={name: Value(Decimal(GOOD[name]), UNITS[name]) for name in asked},
        answers={},
    )
    results = await asyncio.gather(*(send(own, agder.region.model, enrolment, one) for _ in range(8)))
    assert not any(isinstance(result, Refusal) for result in results)
    assert sum(not result.already for result in results) == 1
    assert len({result.stored.id for result in results}) == 1
    page = await agder.system.search("Task", [("focus", results[0].stored.reference)])
    assert len(page.matches) == 1


@pytest.mark.parametrize(
    ("name", "value", "issue"),
    [
        ("weight", Value(Decimal("71.8"), "[lb_av]"), "report.unit"),
        ("weight", Value(Decimal(718), "kg"), "report.confirm"),
        ("height", Value(Decimal(180), "cm"), "report.unasked"),
    ],
)
async def test_what_cannot_be_taken_is_named_and_nothing_is_stored(agder, name, value, issue):
    own = await record_of(agder, "ingrid-aasen")
    enrolment = await enrolled(own, agder)
    refusal = await send(own, agder.region.model, enrolment, Report(key="bad", values={name: value}, answers={}))
    assert isinstance(refusal, Refusal)
    assert (refusal.issues[0].path, refusal.issues[0].key) == (name, issue)
    page = await agder.system.search("QuestionnaireResponse", [("identifier", "urn:saman:reading|bad")])
    assert page.matches == ()


async def test_a_confirmed_value_is_stored_as_confirmed(agder):
    own = await record_of(agder, "ingrid-aasen")
    enrolment = await enrolled(own, agder)
    odd = Report(key="sure", values={"spo2": Value(Decimal(78), "%", confirmed=True)}, answers={})
    sent = await send(own, agder.region.model, enrolment, odd)
    readings = await readings_of(own, agder.region.model, "ingrid-aasen")
    mine = [one for one in readings if one.report == sent.stored.id]
    assert [(one.quantity, one.confirmed) for one in mine] == [("spo2", True)]


async def test_two_nurses_claim_one_report_and_one_gets_it(agder):
    own = await record_of(agder, "ingrid-aasen")
    sent = await send(own, agder.region.model, await enrolled(own, agder), report("claimed"))
    task = (await agder.system.search("Task", [("focus", sent.stored.reference)])).matches[0]
    silje, jon = await record_of(agder, "silje-haugen"), await record_of(agder, "jon-bakke")
    results = await asyncio.gather(claim(silje, task.id, task.version), claim(jon, task.id, task.version))
    assert sum(isinstance(result, Refusal) for result in results) == 1
    winner = silje if not isinstance(results[0], Refusal) else jon
    taken = await winner.read("Task", task.id)
    done = await acknowledge(winner, task.id, taken.version)
    assert done.stored.resource()["status"] == "completed"
    back = await undo(winner, task.id, done.stored.version)
    assert back.stored.resource()["status"] == "in-progress"
    free = await release(winner, task.id, back.stored.version)
    assert free.stored.resource()["status"] == "requested"


async def test_a_visit_is_asked_for_answered_and_reported_back(agder):
    agder.clock.now = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    nurse = await record_of(agder, "silje-haugen")
    service = agder.region.model.service("digital-home-follow-up")
    before = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    wanted = Visit(text="Swollen ankles", before=before)
    asked = await ask_for_visit(nurse, agder.region.model, service, "ingrid-aasen", wanted, "visit-1")
    assert not isinstance(asked, Refusal), asked
    task = asked.stored
    again = await ask_for_visit(nurse, agder.region.model, service, "ingrid-aasen", wanted, "visit-1")
    assert again.already
    stranger = await record_of(agder, "silje-haugen")
    refused = await act(stranger, task.id, task.version, Act.ACCEPT, Said(starts=before))
    assert refused.kind is Kind.CONFLICT
    home_care = await record_of(agder, "eli-strand")
    silent = await act(home_care, task.id, task.version, Act.DECLINE, Said())
    assert [issue.path for issue in silent.issues] == ["reason"]
    accepted = await act(home_care, task.id, task.version, Act.ACCEPT, Said(starts=before))
    late = await act(home_care, task.id, task.version, Act.DECLINE, Said(reason=Reason.WRONG_PLACE))
    assert isinstance(late, Refusal)
    done = await act(home_care, task.id, accepted.stored.version, Act.REPORT_BACK, Said(text="Stockings too loose"))
    assert done.stored.resource()["status"] == "completed"


async def test_home_care_reads_readings_only_while_it_is_asked(agder):
    agder.clock.now = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    home_care = await record_of(agder, "eli-strand")
    assert await readings_of(home_care, agder.region.model, "ingrid-aasen") == ()
    nurse = await record_of(agder, "silje-haugen")
    service = agder.region.model.service("digital-home-follow-up")
    wanted = Visit(text="See her", before=datetime(2026, 11, 24, 14, 0, tzinfo=UTC))
    asked = await ask_for_visit(nurse, agder.region.model, service, "ingrid-aasen", wanted, "visit-2")
    assert len(await readings_of(home_care, agder.region.model, "ingrid-aasen")) > 100
    declined = Said(reason=Reason.DONE_ELSEWHERE, text="At the GP today")
    assert not isinstance(await act(home_care, asked.stored.id, 1, Act.DECLINE, declined), Refusal)
    agder.clock.forward(seconds=1)
    home_care = await record_of(agder, "eli-strand")
    assert await readings_of(home_care, agder.region.model, "ingrid-aasen") == ()


async def test_a_nurse_changes_a_limit_with_a_reason_and_the_doctor_is_told(agder):
    nurse = await record_of(agder, "silje-haugen")
    enrolment = await enrolled(nurse, agder)
    own = enrolment.limit("spo2")
    wanted = NewLimit(quantity="spo2", low=Decimal(89), high=None, reason="Steady at 90", version=own.version)
    model = agder.region.model
    without = NewLimit(quantity="spo2", low=Decimal(89), high=None, reason=" ", version=own.version)
    refusal = await change_limit(nurse, model, enrolment, without, "Silje Haugen")
    assert [issue.path for issue in refusal.issues] == ["reason"]
    done = await change_limit(nurse, model, enrolment, wanted, "Silje Haugen")
    assert not isinstance(done, Refusal), done
    stale = await change_limit(nurse, model, enrolment, wanted, "Silje Haugen")
    assert stale.kind is Kind.PRECONDITION
    doctor = await record_of(agder, "per-nilsen")
    told = await open_work(doctor.store, doctor.context, Stretch(party=f"Organization/{doctor.context.party}"))
    assert [item.kind for item in told] == ["limit-changed"]
    citizen = await record_of(agder, "ingrid-aasen")
    assert isinstance(await change_limit(citizen, model, enrolment, wanted, "Ingrid"), Refusal)


async def test_a_report_that_does_not_come_is_noticed_once(agder):
    agder.clock.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    first = await note_missing(agder.system, agder.region.model)
    assert isinstance(first, int)
    assert first >= 1
    assert await note_missing(agder.system, agder.region.model) == 0
    page = await agder.system.search("Task", [("code", "urn:saman:task|missing-report")])
    asked = [(one.person, day["valueDate"]) for one in page.matches for day in one.resource()["input"]]
    assert len(set(asked)) == len(asked) == first


async def test_the_citizen_sees_who_looked_and_on_which_ground(agder):
    nurse = await record_of(agder, "silje-haugen")
    await nurse.read("Patient", "ingrid-aasen")
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = (await citizen.get("/citizen/who-looked?lang=en")).text
    assert "Silje Haugen" in page
    assert "They are in your care team." in page


async def test_what_was_asked_for_and_not_shown_is_not_said_to_have_been_looked_at(agder):
    agder.clock.forward(days=1)
    stranger = await record_of(agder, "per-nilsen")
    await stranger.search("ImagingStudy", [("patient", "Patient/ingrid-aasen")])
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = (await citizen.get("/citizen/who-looked?lang=en&days=7")).text
    day = page[page.index("Saturday 21 November") :].partition("</section>")[0]
    assert "Asked, and nothing was shown" in day
    assert re.search(r"Per Nilsen.*: other information", day)
    assert "Looked at" not in day
    await stranger.about("ingrid-aasen", {"Patient": 1, "Observation": 5, "ImagingStudy": 5})
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = (await citizen.get("/citizen/who-looked?lang=en&days=7")).text
    day = page[page.index("Saturday 21 November") :].partition("</section>")[0]
    assert "Looked at name and address and readings." in day
    assert "Asked for other information as well; there was nothing to show." in day
    assert "Asked, and nothing was shown" not in day


async def test_who_stands_for_a_unit_and_the_unit_are_one_line(agder):
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = (await citizen.get("/citizen?lang=en")).text
    around = page[page.index('id="around"') :]
    lines = [line for line in around.split("<li>") if "General practitioner" in line]
    assert len(lines) == 1
    assert "Per Nilsen" in lines[0]
    assert "Hjemmetjenesten" in around


@pytest.mark.parametrize(("hour", "greeting"), [(21, "Hello"), (3, "Hello"), (4, "Good morning"), (20, "Good evening")])
async def test_nobody_is_wished_good_night_when_they_come(agder, hour, greeting):
    agder.clock.now = agder.clock.now.replace(hour=hour)
    async with agder.signed_in("ingrid-aasen") as citizen:
        assert f"{greeting}, Ingrid" in (await citizen.get("/citizen?lang=en")).text


async def test_the_citizen_sees_what_computers_did_and_for_what(agder):
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = (await citizen.get("/citizen/who-looked?lang=en&days=365")).text
    assert "Your information was stored when this Saman was set up." in page
    assert "Your name was looked up for a sign-in." in page
    assert "Saman looked whether the readings agreed with you had come." not in page

    agder.clock.forward(days=6)
    timer = Record(agder.store, system(agder.clock(), "timer-1"))
    assert not isinstance(await note_missing(timer, agder.region.model), Refusal)
    command = Record(agder.store, system(agder.clock(), "command"))
    client = Record(agder.store, system(agder.clock(), "5f1e-of-a-client"))
    await command.read("Patient", "ingrid-aasen")
    await client.read("Goal", next(iter((await client.search("Goal", [("patient", "ingrid-aasen")])).matches)).id)
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = (await citizen.get("/citizen/who-looked?lang=en")).text
    for told in (
        "Saman looked whether the readings agreed with you had come.",
        "Saman told your unit that readings agreed with you had not come.",
        "Your information was read by those who run Saman, such as for a copy or an export.",
        "Another computer system read your information.",
    ):
        assert told in page
