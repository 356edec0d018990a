"""What a citizen has restricted, of somebody whom many may see otherwise: hidden and absent are the same over HTTP."""

from __future__ import annotations

from typing import Any

from saman.ops.token import SYSTEM_USER

from .conftest import Ears, World
from .looking import learned
from .test_fhir import Call, absent_like, ask, by_id

WHO = "olav-tveit"
SECRET = "of no business to others"
ABOUT = {"reference": f"Patient/{WHO}"}
SCOPE = {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
LOINC = {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]}

KEPT: tuple[dict[str, Any], ...] = (
    {"resourceType": "Goal", "id": "kept-goal", "lifecycleStatus": "active", "description": {"text": SECRET},
     "subject": ABOUT},
    {"resourceType": "Observation", "id": "kept-observation", "status": "final", "code": LOINC, "subject": ABOUT,
     "valueString": SECRET},
    {"resourceType": "Condition", "id": "kept-condition", "code": {"text": SECRET}, "subject": ABOUT},
    {"resourceType": "Communication", "id": "kept-message", "status": "completed", "subject": ABOUT,
     "payload": [{"contentString": SECRET}]},
    {"resourceType": "Task", "id": "kept-task", "status": "completed", "intent": "order", "description": SECRET,
     "for": ABOUT, "authoredOn": "2026-11-01T10:00:00Z", "lastModified": "2026-11-02T10:00:00Z"},
)  # fmt: skip


def restricting() -> dict[str, Any]:
    items = [{"meaning": "instance", "reference": {"reference": f"{one['resourceType']}/{one['id']}"}} for one in KEPT]
    return {
        "resourceType": "Consent", "id": "kept-consent", "status": "active", "scope": {"coding": [SCOPE]},
        "category": [{"text": "x"}], "patient": ABOUT, "provision": {"type": "deny", "data": items},
        "policyRule": {"text": "x"},
    }  # fmt: skip


def pointing(kind: str) -> list[Call]:
    """Ways of asking for something by what it has to do with a resource."""
    own = f"{kind}/{{}}"
    asked = (
        f"{kind}?_id={{}}&_summary=count", f"{kind}?patient={WHO}&_id={{}}&_include=*", f"CarePlan?goal={own}",
        f"CarePlan?condition={own}", f"Observation?has-member={own}", f"Task?focus={own}&patient={WHO}",
        f"Provenance?target={own}", f"AuditEvent?entity={own}", f"Patient?_has:{kind}:patient:_id={{}}",
        "CarePlan?goal._id={}", f"{kind}?_id={{}}&_revinclude=Provenance:target", f"Communication?about={own}",
    )  # fmt: skip
    return [("GET", address, {}) for address in asked]


async def test_restricted_and_absent_are_the_same(world: World, ears: Ears) -> None:
    wrong: list[str] = []
    alone, seen = 0, 0
    places = [(one["resourceType"], one["id"]) for one in (*KEPT, restricting())]
    async with world.fhir(SYSTEM_USER) as client:
        for resource in (*KEPT, *KEPT, restricting()):
            answer = await client.put(f"{resource['resourceType']}/{resource['id']}", json=resource)
            assert answer.status_code in (200, 201), answer.text
    for user in (one for one in world.users if one.actor != f"Patient/{WHO}"):
        async with world.fhir(user) as client:
            seen += (await client.get(f"Goal?patient={WHO}")).json().get("entry", []) != []
            for kind, id in places:
                calls = [*(one for calls in by_id(kind).values() for one in calls), *pointing(kind)]
                for call in calls:
                    nobody = absent_like(id)
                    there, absent = await ask(client, call, id), await ask(client, call, nobody)
                    alone += SECRET in there.text
                    if learned(there, id) != learned(absent, nobody):
                        wrong.append(f"{user.role}: {call[:2]} {id}: {there.text[:300]} is not {absent.text[:300]}")
    assert wrong == []
    assert alone == 0
    assert seen, "somebody sees other goals of the same person"
    async with world.fhir(SYSTEM_USER) as client:
        assert (await client.delete("Consent/kept-consent")).status_code in (200, 204)
        for kind, id in reversed(places[:-1]):
            assert (await client.get(f"{kind}/{id}")).status_code == 200
            assert (await client.delete(f"{kind}/{id}")).status_code in (200, 204)
    assert ears.leaked == []
