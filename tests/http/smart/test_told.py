"""A back-end client is named to the people whose information it reads, with the organisation behind it."""

from __future__ import annotations

import re
from html import unescape

from tests.http.app.conftest import Agder
from tests.http.smart.conftest import BEHIND, INGRID, OLAV, fhir, machine_token

WHO_LOOKED = "/citizen/who-looked"


async def lines(agder: Agder, user: str, **asked: str) -> list[str]:
    """What stands below "Done by computers", line by line."""
    async with agder.signed_in(user) as citizen:
        page = (await citizen.get(WHO_LOOKED, params={"lang": "en", "show": "machines", **asked})).text
    main = page[page.index("<main") : page.index("</main>")]
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in re.findall(r"<li>(.*?)</li>", main)]


def name_of(agder: Agder) -> str:
    """What the organisation behind the client is called."""
    party = agder.region.model.party(BEHIND)
    assert party is not None
    return party.name


async def test_a_back_end_client_is_named_with_its_organisation_once_a_day(agder: Agder) -> None:
    agder.clock.forward(days=3)
    token = await machine_token(agder, "system/*.rs")
    for path in (f"Patient/{INGRID}", f"Observation?patient={INGRID}", f"Patient?_id={INGRID},{OLAV}"):
        assert (await fhir(agder, token, path)).status_code == 200
    told = f"{name_of(agder)}: The computer system Machine read your information."
    assert [one for one in await lines(agder, INGRID, days="7") if "Machine" in one] == [f"{told} (3 times)"]
    assert [one for one in await lines(agder, OLAV, days="7") if "Machine" in one] == [told]
    agder.clock.forward(days=1)
    token = await machine_token(agder, "system/*.rs")
    assert (await fhir(agder, token, f"Goal?patient={INGRID}")).status_code == 200
    found = [one for one in await lines(agder, INGRID, days="7") if "Machine" in one]
    assert found == [told, f"{told} (3 times)"]


async def test_what_an_organisation_s_client_read_is_found_by_that_organisation(agder: Agder) -> None:
    agder.clock.forward(days=40)
    token = await machine_token(agder, "system/*.rs")
    assert (await fhir(agder, token, f"Patient/{INGRID}")).status_code == 200
    assert len(await lines(agder, INGRID, days="7", of=BEHIND)) == 1
    assert await lines(agder, INGRID, days="7", of="gp-grimstad-1") == []


async def test_repeating_a_request_id_makes_no_read_disappear(agder: Agder) -> None:
    agder.clock.forward(days=80)
    token = await machine_token(agder, "system/*.rs")
    for _ in range(3):
        agder.clock.forward(minutes=1)
        same = {"x-request-id": "always-the-same"}
        assert (await fhir(agder, token, f"Patient/{INGRID}", headers=same)).status_code == 200
    [line] = [one for one in await lines(agder, INGRID, days="7") if "Machine" in one]
    assert line.endswith("(3 times)")
