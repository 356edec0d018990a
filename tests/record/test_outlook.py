"""Before something is said: what it would change is what it then changes."""

from __future__ import annotations

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Domain, Holder
from saman.record import Context, Record, Stored
from saman.record.grants import open_context
from saman.record.outlook import outlook
from tests.record.conftest import BASE, NOW, Resource, made
from tests.record.test_fences import care_team
from tests.record.test_restrictions import Ward, acting, consent


async def citizen(record: Record, who: str) -> Record:
    actor = f"Patient/{who}"
    wanted = Assignment(number=0, kind=Holder.CITIZEN, purpose="PATRQT", role="citizen", actor=actor)
    number = await open_context(record.store.pool, wanted, record.store.policy)
    return Record(record.store, Context(number, actor, "citizen", "", "PATRQT", NOW, "r", "citizen"), BASE)


def against(who: str, unit: str, *items: str, **more: object) -> Resource:
    data = [{"meaning": "instance", "reference": {"reference": one}} for one in items]
    actor = [{"role": {"text": "x"}, "reference": {"reference": f"Organization/{unit}"}}]
    return consent(who, {"type": "deny", "data": data, "actor": actor} | more)


async def test_it_tells_who_would_lose_which_things_and_which_work(record: Record) -> None:
    ward = await Ward(record).build()
    await made(record, care_team(ward.who, "ward-2"))
    nurse = await acting(record, "home-care-nurse", "ward-2")
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "for": ward.subject}
    task |= {"code": {"coding": [{"system": "urn:saman:task", "code": "contact-wish"}]}, "authoredOn": "2026-11-20"}
    work = await made(record, task | {"owner": {"reference": "Organization/ward-2"}})
    proposed = against(ward.who, "ward-2", f"Goal/{ward.told}", f"Task/{work}")
    her = await citizen(record, ward.who)
    changes = await outlook(her, proposed)
    assert not isinstance(changes, Refusal), changes
    (change,) = [
        one for one in changes if one.assignment.party == "ward-2" and one.assignment.role == "home-care-nurse"
    ]
    assert set(change.lost) == {f"Goal/{ward.told}", f"Task/{work}"}
    assert change.work == (f"Task/{work}",)
    assert change.gained == ()
    assert [(one.domain, one.before - one.after) for one in change.shifts] == [(Domain.PLAN, 2)]
    assert not [one for one in changes if one.assignment.party != "ward-2"]
    assert isinstance(await nurse.read("Goal", ward.told), Stored), "nothing is said yet"
    await made(record, proposed)
    assert isinstance(await nurse.read("Goal", ward.told), Refusal)
    assert isinstance(await nurse.read("Goal", ward.kept), Refusal), "the earlier restriction stays"
    assert await outlook(her, proposed) == ()


async def test_taking_it_back_gives_back(record: Record) -> None:
    ward = await Ward(record).build()
    her = await citizen(record, ward.who)
    changes = await outlook(her, consent(ward.who, ward.said, id=ward.consent, status="inactive"))
    assert not isinstance(changes, Refusal)
    (change,) = [one for one in changes if one.assignment.number == ward.coordinator.context.number]
    assert (change.lost, change.gained) == ((), (f"Goal/{ward.kept}",))


async def test_nobody_asks_for_another(record: Record) -> None:
    ward, other = await Ward(record).build(), await Ward(record).build()
    her = await citizen(record, ward.who)
    assert isinstance(await outlook(her, consent(other.who, other.said)), Refusal)
    assert isinstance(await outlook(ward.coordinator, consent(ward.who, ward.said)), Refusal)
    stranger = Record(record.store, msgspec.structs.replace(her.context, actor="Patient/x"), BASE)
    assert isinstance(await outlook(stranger, consent(ward.who, ward.said)), Refusal)
