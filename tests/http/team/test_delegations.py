"""A nurse delegates to a colleague, who accepts and does the task; hostile ways around it are closed."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest

from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.record.delegation import able
from tests.http.team.conftest import CENTRE, SATURDAY

pytestmark = pytest.mark.postgres

NURSE, WORKER, LEADER = "eli-strand", "amina-yusuf", "grete-solli"
UNIT, BASE = "homecare-grimstad", "/team/delegations"
TUESDAY = "2026-11-24T15:00"


async def add(who, **fields):
    """Send the form."""
    page = await who.get(f"{BASE}/new?lang=en")
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key, page.text
    wanted = {"key": key[1], "competence": "insulin", "receiver": WORKER, "person": "", "since": "", "until": TUESDAY}
    return await who.send(f"{BASE}/new", page, **(wanted | fields))


async def step(who, act, **fields):
    """Press the button of an act on the first line that has it."""
    page = await who.get(f"{BASE}?lang=en")
    found = re.search(rf'action="{BASE}/([^/]+)/{act}".*?name="version" value="(\d+)"', page.text, re.DOTALL)
    assert found, page.text
    return await who.send(f"{BASE}/{found[1]}/{act}", page, **({"version": found[2]} | fields))


async def until(team, at=SATURDAY):
    model = team.region.model
    found = await able(team.store.pool, model.skills.known.values(), UNIT, at, f"Practitioner/{WORKER}")
    return max((one.until for one in found if one.competence == "insulin"), default=None)


async def task_of(team, person="ingrid-aasen"):
    """A task that needs insulin, held by the unit."""
    made = await team.system.create(
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "code": {
                "coding": [codes.coding(codes.TASK, "home-visit"), codes.coding(codes.ACTIVITY, "insulin-at-home")]
            },
            "for": {"reference": f"Patient/{person}"},
            "authoredOn": instant(SATURDAY),
            "requester": {"reference": f"Practitioner/{CENTRE}"},
            "owner": {"reference": f"Organization/{UNIT}"},
            "restriction": {"period": {"end": instant(SATURDAY + timedelta(days=5))}},
        }
    )
    assert not isinstance(made, Refusal), made
    return made.stored.id


@pytest.fixture(autouse=True)
async def nothing_delegated(team):
    """Every test begins without delegations and without tasks that need any."""
    yield
    for kind, asked in (
        ("PractitionerRole", ("role", f"{codes.COMPETENCE}|insulin")),
        ("Task", ("code", f"{codes.ACTIVITY}|insulin-at-home")),
    ):
        page = await team.system.search(kind, [asked, ("_count", "50")])
        for one in page.matches:
            await team.system.delete(kind, one.id)


async def test_a_nurse_delegates_and_the_worker_accepts_does_the_task_and_ends_it(team):
    task = await task_of(team)
    async with team.as_(NURSE) as nurse, team.as_(WORKER) as worker:
        row = (await worker.get("/team?lang=en")).row("Aasen")
        assert "Needs: giving insulin. You may not do it." in row
        assert "Can delegate it: Eli Strand." in row
        assert "You cannot take this" in row
        assert f"/team/tasks/{task}/claim" not in row, "what would be refused is not offered"
        assert f"/team/tasks/{task}/claim" in (await nurse.get("/team?lang=en")).row("Aasen")
        page = await worker.get("/team?lang=en")
        refused = await worker.send(f"/team/tasks/{task}/claim", page, version=1)
        assert refused.status == 422
        assert "This needs: giving insulin." in refused.text
        assert "Can delegate it: Eli Strand." in refused.text
        done = await add(nurse)
        assert done.status == 303
        note = await nurse.get(f"{done.answer.headers['location']}&lang=en")
        assert "It is offered to Amina Yusuf, who accepts it." in note.text
        assert "not accepted yet" in note.text
        assert await until(team) is None
        accepted = await step(worker, "accept")
        assert "You may do it now." in (await worker.get(f"{accepted.answer.headers['location']}&lang=en")).text
        assert await until(team) is not None
        row = (await worker.get("/team?lang=en")).row("Aasen")
        assert "You have it by delegation from Eli Strand until Tue 15:00." in row
        assert "The delegation ends before this is due." in row
        assert f"/team/tasks/{task}/claim" in row
        page = await worker.get(f"/team/requests/{task}?lang=en")
        assert "You have it by delegation" in page.text
        started = await worker.send(f"/team/requests/{task}/start", page, version=1)
        assert started.status == 303
        ended = await step(worker, "end")
        assert ended.status == 303
        page = await worker.get(f"/team/requests/{task}?lang=en")
        report = await worker.send(f"/team/requests/{task}/report-back", page, version=2, report="Done")
        assert report.status == 422
        assert "This needs: giving insulin." in report.text
        assert "Done" in report.text
        id, version = ended.answer.headers["location"].partition("done=end.")[2].split(".")
        assert (await worker.send(f"{BASE}/{id}/undo", page, version=version)).status == 303
        assert (await worker.send(f"/team/requests/{task}/report-back", page, version=2, report="Done")).status == 303


async def test_what_is_withdrawn_ends_at_once_and_only_the_giver_takes_that_back(team):
    async with team.as_(NURSE) as nurse, team.as_(WORKER) as worker:
        await add(nurse)
        await step(worker, "accept")
        assert await until(team) is not None
        gone = await step(nurse, "withdraw")
        assert await until(team) is None
        id, version = gone.answer.headers["location"].partition("done=withdraw.")[2].split(".")
        page = await worker.get(f"{BASE}?lang=en")
        for act in ("undo", "accept", "end"):
            assert (await worker.send(f"{BASE}/{id}/{act}", page, version=version)).status == 409
        assert await until(team) is None
        assert (
            await nurse.send(f"{BASE}/{id}/undo", page, version=version, csrf=(await nurse.get(BASE)).token)
        ).status == 303
        assert await until(team) is not None


WRONG = [
    ({"receiver": NURSE}, "You cannot delegate to yourself."),
    ({"receiver": "silje-haugen"}, "Choose a colleague of your own unit."),
    ({"receiver": "nobody"}, "Choose a colleague of your own unit."),
    ({"competence": "catheter"}, "You can delegate what your own licence covers"),
    ({"competence": "inr"}, "You can delegate what your own licence covers"),
    ({"competence": "magic"}, "You can delegate what your own licence covers"),
    ({"until": ""}, "Say until when."),
    ({"until": "soon"}, "Write a day and a time."),
    ({"until": "2028-11-24T15:00"}, "This may be delegated for at most 366 days."),
    ({"until": "2026-11-20T15:00"}, "The end must come after the beginning"),
    ({"follow_up": "2027-11-24"}, "a day between the beginning and the end"),
    ({"follow_up": "x"}, "Write a day and a time."),
]


async def test_what_cannot_be_delegated_is_refused_beside_its_field(team):
    async with team.as_(NURSE) as nurse:
        for fields, says in WRONG:
            sent = await add(nurse, **fields)
            assert sent.status == 422, fields
            assert says in sent.text, fields
        assert "No delegations" in (await nurse.get(f"{BASE}?lang=en")).text


async def test_whoever_was_delegated_to_delegates_nothing_on_and_others_touch_nothing(team):
    async with team.as_(NURSE) as nurse, team.as_(WORKER) as worker, team.as_(CENTRE) as stranger:
        sent = await add(nurse)
        id = sent.answer.headers["location"].partition("done=offered.")[2].split(".")[0]
        assert (await add(nurse)).status == 422, "offered already"
        await step(worker, "accept")
        assert (await worker.get(f"{BASE}/new?lang=en")).status == 403
        token = (await stranger.get(BASE)).token
        for act in ("accept", "withdraw", "end", "undo", "wave"):
            answer = await stranger.send(f"{BASE}/{id}/{act}", await stranger.get("/team"), version=2, csrf=token)
            assert answer.status in (404, 409), act
        page = await nurse.get(f"{BASE}?lang=en")
        assert (await nurse.send(f"{BASE}/{id}/end", page, version=2)).status == 409
        assert (await nurse.send(f"{BASE}/{id}/accept", page, version=2)).status == 409
        assert "Amina Yusuf" in (await nurse.get(f"{BASE}/list?lang=en")).text
    assert await until(team) is not None


async def test_a_delegation_for_one_citizen_is_for_that_citizen_and_the_directory_does_not_say_whom(team):
    await task_of(team)
    other = await task_of(team, "olav-tveit")
    async with team.as_(NURSE) as nurse, team.as_(WORKER) as worker:
        form = await nurse.get(f"{BASE}/new?lang=en")
        assert 'value="ingrid-aasen"' in form.text
        sent = await add(nurse, person="ingrid-aasen")
        assert sent.status == 303
        await step(worker, "accept")
        mine = await worker.get(f"{BASE}?lang=en")
        assert "Ingrid Aasen" in mine.text
        page = await worker.get("/team?lang=en")
        assert (await worker.send(f"/team/tasks/{other}/claim", page, version=1)).status in (404, 422)
        assert (await add(nurse, person="nobody-knows")).status in (404, 422)
    id = sent.answer.headers["location"].partition("done=offered.")[2].split(".")[0]
    stored = await team.system.read("PractitionerRole", id)
    assert "ingrid" not in stored.body


async def test_a_delegation_for_one_order_is_for_that_order(team):
    about = {"subject": {"reference": "Patient/ingrid-aasen"}, "status": "active", "intent": "order"}
    made = [
        await team.system.create({"resourceType": "ServiceRequest", "code": {"text": text}} | about)
        for text in ("Insulin <morning>", "Insulin, evening")
    ]
    orders = [one.stored.id for one in made]
    tasks = [await task_of(team) for _ in orders]
    for task, order in zip(tasks, orders, strict=True):
        there = (await team.system.read("Task", task)).resource()
        changed = there | {"basedOn": [{"reference": f"ServiceRequest/{order}"}]}
        assert not isinstance(await team.system.update("Task", task, changed), Refusal)
    async with team.as_(NURSE) as nurse, team.as_(WORKER) as worker:
        form = await nurse.get(f"{BASE}/new?lang=en")
        assert f'value="ingrid-aasen/{orders[0]}"' in form.text
        assert "Insulin &lt;morning&gt;" in form.text
        for wrong in (f"olav-tveit/{orders[0]}", "ingrid-aasen/nothing", f"ingrid-aasen/{tasks[0]}"):
            assert (await add(nurse, person=wrong)).status in (404, 422), wrong
        assert (await add(nurse, person=f"ingrid-aasen/{orders[0]}")).status == 303
        assert (await add(nurse, person=f"ingrid-aasen/{orders[0]}")).status == 422, "offered already"
        await step(worker, "accept")
        assert "only for the order “Insulin &lt;morning&gt;”" in (await worker.get(f"{BASE}?lang=en")).text
        page = await worker.get("/team?lang=en")
        answers = [await worker.send(f"/team/tasks/{one}/claim", page, version=2) for one in tasks]
        assert [one.status for one in answers] == [303, 422]
    for order in orders:
        await team.system.delete("ServiceRequest", order)


async def test_a_leader_sees_who_may_do_what_and_what_nobody_can_do(team):
    task = await task_of(team)
    page = await team.system.search("PractitionerRole", [("organization", f"Organization/{UNIT}"), ("_count", "50")])
    nurses = [one for one in page.matches if "home-care-nurse" in one.body]
    async with team.as_(NURSE) as nurse, team.as_(WORKER) as worker, team.as_(LEADER) as lead:
        await add(nurse)
        await step(worker, "accept")
        seen = await lead.get(f"{BASE}?lang=en")
        assert "Who may do what by delegation" in seen.text
        assert "One ends within 30 days." in seen.text
        assert "Amina Yusuf" in seen.text
        assert "Nobody can do this" not in seen.text
        for one in nurses:
            await team.system.update("PractitionerRole", one.id, one.resource() | {"active": False})
        seen = await lead.get(f"{BASE}?lang=en")
        assert "Nobody can do this" in seen.text
        assert "Aasen" not in seen.text
        assert "does not count: giver or receiver is not there" in seen.text
    for one in nurses:
        await team.system.update("PractitionerRole", one.id, one.resource())
    assert task


async def test_nothing_is_asked_where_no_task_needs_anything(team, counting):
    async with team.as_(NURSE) as nurse:
        with counting() as counted:
            assert (await nurse.get("/team?lang=en")).status == 200
        assert not [one for one in counted.statements if "licence" in one]


def test_a_region_without_competences_requires_nothing(team):
    bare = msgspec.structs.replace(team.region.model, competences=(), services=())
    assert bare.skills.required == {}
