"""Who came in, who left and who was refused stands in the log, over FHIR too, and nobody's name stands elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import User, citizens, for_sign_in
from saman.kernel.outcome import Refusal
from saman.model.fhir import validate
from saman.ops.token import SYSTEM_USER
from saman.record.entrance import Entrance, entrance_entry
from tests.http.app.conftest import Agder
from tests.http.audit.conftest import resources
from tests.http.security.test_sessions import csrf_in

DICOM = "http://dicom.nema.org/resources/ontology/DCM"


async def asked(agder: Agder, user: User, **parameters: str) -> list[dict[str, Any]]:
    """What the log says of coming and going to whoever asks over FHIR, newest first."""
    token = Tokens(agder.store.secret).make(user, user.purpose, agder.clock(), timedelta(hours=1))
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(agder.app), base_url="http://test", headers=headers
    ) as client:
        answer = await client.get("/fhir/AuditEvent", params={"_count": "50", "type": f"{DICOM}|", **parameters})
    assert answer.status_code == 200, answer.text
    return [one for one in resources(answer.json()) if one["type"]["system"] == DICOM]


async def told(agder: Agder, **parameters: str) -> list[tuple[str, str, str]]:
    """The kind of each, its outcome, and who it was."""
    events = await asked(agder, SYSTEM_USER, **parameters)
    assert {issue for event in events for issue in validate(event)} == set()
    return [(one["subtype"][0]["code"], one["outcome"], _who(one)) for one in events]


def _who(event: dict[str, Any]) -> str:
    return next((one["who"]["reference"] for one in event["agent"] if "reference" in one["who"]), "")


async def test_coming_in_and_leaving_are_entries(agder: Agder) -> None:
    async with agder.signed_in("silje-haugen") as nurse:
        page = await nurse.get("/team")
        await nurse.post("/auth/sign-out", data={"csrf": csrf_in(page.text)})
    found = await told(agder)
    assert found[:2] == [("110123", "0", "Practitioner/silje-haugen"), ("110122", "0", "Practitioner/silje-haugen")]


async def test_leaving_when_nobody_is_signed_in_is_no_entry(agder: Agder) -> None:
    before = await told(agder)
    async with agder.browser() as client:
        await client.post("/auth/sign-out", data={"csrf": "x"})
    assert await told(agder) == before


async def test_a_change_of_assignment_is_told_apart_from_a_sign_in(agder: Agder) -> None:
    async with agder.signed_in("silje-haugen") as nurse:
        page = await nurse.get("/auth/assignment")
        answer = await nurse.post("/auth/assignment", data={"csrf": csrf_in(page.text), "assignment": ""})
        assert answer.status_code == 303
    assert (await told(agder))[0] == ("110137", "0", "Practitioner/silje-haugen")


async def test_a_citizen_is_told_of_the_own_sign_ins_and_of_nobody_elses(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen"), agder.signed_in("olav-tveit"), agder.signed_in("silje-haugen"):
        pass
    everybody = {user.id: user for user in await citizens(for_sign_in(agder.store, agder.clock()))}
    events = await asked(agder, everybody["ingrid-aasen"], patient="Patient/ingrid-aasen")
    assert {_who(one) for one in events} == {"Patient/ingrid-aasen"}
    others = await asked(agder, everybody["ingrid-aasen"], patient="Patient/olav-tveit")
    assert others == []


async def test_signing_in_is_no_look_at_anybody(agder: Agder) -> None:
    agder.clock.forward(days=3)
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = await citizen.get("/citizen/who-looked", params={"lang": "en", "show": "looks", "days": "1"})
    assert "Ingrid Aasen, " not in page.text


async def test_each_is_counted(agder: Agder) -> None:
    async with agder.browser() as client:
        before = (await client.get("/metrics")).text
        async with agder.signed_in("silje-haugen"):
            pass
        after = (await client.get("/metrics")).text
    assert _count(after, "sign-in") == _count(before, "sign-in") + 1


def _count(text: str, what: str) -> float:
    lines = [line for line in text.splitlines() if line.startswith(f'saman_sign_ins_total{{what="{what}"}}')]
    return float(lines[0].rpartition(" ")[2]) if lines else 0.0


async def test_nothing_is_shown_to_whose_sign_in_cannot_be_logged(
    agder: Agder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saman.record.audit import AuditWriter, Unlogged

    async def fails(self: AuditWriter, entries: object) -> Unlogged:
        return Unlogged("no room")

    monkeypatch.setattr(AuditWriter, "_commit", fails)
    async with agder.browser() as client:
        answer = await client.post("/auth/demo", data={"user": "silje-haugen"})
    assert answer.status_code == 503
    assert "set-cookie" not in answer.headers


async def test_a_failed_try_is_about_nobody_even_when_it_is_known_whose_key_it_was(agder: Agder) -> None:
    context = agder.system.context
    entry = entrance_entry(Entrance.SIGN_IN, context, "passkeys counter", good=False, about="Patient/ingrid-aasen")
    assert not isinstance(entry, Refusal)
    assert (entry.person, entry.outcome) == (None, 4)
