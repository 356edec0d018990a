"""Ways around the two people that a change of who sees what needs, and around the mandate."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from saman.flows.governance import changes_applying
from saman.flows.governance.applying import apply_files
from saman.flows.governance.changes import CHANGES, Change, State
from saman.flows.governance.changes_applying import Files, apply
from saman.kernel.outcome import Refusal
from saman.record import Record, system
from saman.record.applied import number_now
from saman.record.workspace import Draft, Item
from tests.applying import AGDER, region_files
from tests.http.app.conftest import Agder
from tests.http.workspace.people import ELLEN, SECOND, TONE, Page, Reader, at_work, put, second_administrator

ACCESS, GOVERNANCE = "access.yaml", "governance.yaml"
NEW = "/region/work/changes/new/files/"
NUMBER = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "13116900216"}


@pytest_asyncio.fixture(autouse=True)
async def two_administrators(agder: Agder) -> None:
    await second_administrator(agder)


async def proposed(reader: Reader, path: str, old: str, new: str) -> Page:
    page = await reader.get(NEW + path)
    text = page.forms[NEW + path]["text"]
    assert old in text
    said = {"subject": "A try", "reason": "We try", "act": "save"}
    return await reader.send(page, path, **(said | {"text": text.replace(old, new)}))


def id_of(page: Page) -> str:
    return page.address.rpartition("/")[2]


async def item_of(agder: Agder, page: Page) -> Item[Change]:
    item = await CHANGES.one(agder.store, id_of(page))
    assert item is not None
    return item


async def hold(agder: Agder, reference: str, *numbers: dict[str, str]) -> None:
    """Somebody in the directory with these numbers."""
    kind, _, id = reference.partition("/")
    found = await agder.system.read(kind, id)
    assert not isinstance(found, Refusal)
    await put(agder, found.resource() | {"identifier": list(numbers)})


async def test_one_person_who_stands_twice_in_the_directory_is_not_two(agder: Agder) -> None:
    found = await agder.system.read("Practitioner", TONE)
    assert not isinstance(found, Refusal)
    numbers = [one for one in found.resource().get("identifier", []) if "value" in one] or [NUMBER]
    await hold(agder, f"Practitioner/{TONE}", *numbers)
    await hold(agder, SECOND, numbers[0])
    try:
        async with at_work(agder, TONE) as tone, at_work(agder, SECOND) as siv:
            page = await proposed(tone, ACCESS, "The telemedicine nurse who", "Any nurse of the centre who")
            refused = await siv.send(await siv.get(page.address), "approve", reason="Fine")
            assert refused.status == 403
            assert (await item_of(agder, page)).body.approval is None
            await tone.send(await tone.get(page.address), "withdraw", reason="A try")
    finally:
        await hold(agder, SECOND, NUMBER | {"value": "1"})


async def test_of_several_approvals_at_once_one_counts_and_none_outlives_an_edit(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone, at_work(agder, ELLEN) as ellen, at_work(agder, SECOND) as siv:
        page = await proposed(tone, ACCESS, "The telemedicine nurse who", "Each nurse of the centre who")
        seen = [await ellen.get(page.address), await siv.get(page.address)]
        done = await asyncio.gather(
            *(one.send(read, "approve", reason="Fine") for one, read in zip((ellen, siv) * 2, seen * 2, strict=True))
        )
        assert sorted(one.status for one in done) == [200, 409, 409, 409]
        assert (await tone.get(page.address)).may("apply")
        editor = await siv.get(f"{page.address}/files/{ACCESS}")
        text = editor.forms[f"{page.address}/files/{ACCESS}"]["text"].replace("Each nurse of", "Everybody at")
        edited = await siv.send(editor, ACCESS, text=text, reason="More", act="save")
        assert (await item_of(agder, page)).body.approval is None
        assert not edited.may("apply")
        # Now both have written it: neither is a second person for the other.
        for one in (tone, siv):
            form = (await one.get(page.address)).forms[f"{page.address}/withdraw"] | {"reason": "Fine"}
            assert (await one.post(f"{page.address}/approve", form)).status == 403
            assert (await one.post(f"{page.address}/apply", form)).status == 403
        await tone.send(await tone.get(page.address), "withdraw", reason="A try")


async def test_a_mandate_that_ended_between_form_and_sending_counts_no_more(agder: Agder) -> None:
    async with at_work(agder, SECOND) as siv:
        page = await proposed(siv, GOVERNANCE, "95 prosent", "94 prosent")
        form = page.forms[f"{page.address}/withdraw"] | {"reason": "Now"}
        role = await agder.system.read("PractitionerRole", SECOND.partition("/")[2])
        assert not isinstance(role, Refusal)
        before = await number_now(agder.store.statements)
        await put(agder, role.resource() | {"active": False})
        for act in ("apply", "approve", "withdraw", "update"):
            answer = await siv.client.post(f"{page.address}/{act}", data=form)
            assert answer.status_code in (303, 401, 403), act
        assert await number_now(agder.store.statements) == before
        assert (await item_of(agder, page)).body.state is State.OPEN
        assert (await item_of(agder, page)).body.approval is None


@pytest.mark.parametrize("act", ["apply", "approve", "withdraw", "update", "undo", "comment"])
async def test_a_form_of_another_site_changes_nothing(agder: Agder, act: str) -> None:
    async with at_work(agder, TONE) as tone:
        page = await proposed(tone, GOVERNANCE, "95 prosent", "93 prosent")
        form = page.forms[f"{page.address}/withdraw"] | {"reason": "Now"}
        before = await item_of(agder, page)
        forged = form | {"csrf": "x" * len(form["csrf"])}
        headers = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
        assert (await tone.post(f"{page.address}/{act}", forged)).status == 403
        answer = await tone.client.post(f"{page.address}/{act}", data=form, headers=headers)
        assert answer.status_code == 403
        editor = f"{page.address}/files/{GOVERNANCE}"
        assert (await tone.client.post(editor, data=form | {"act": "save"}, headers=headers)).status_code == 403
        assert await item_of(agder, page) == before
        await tone.send(page, "withdraw", reason="A try")


async def test_a_folder_of_another_name_holds_the_files_that_were_applied(agder: Agder) -> None:
    applied = await apply_files(agder.store, region_files(AGDER), "no-agder", agder.clock(), "test", "test")
    assert not isinstance(applied, Refusal)
    moved = msgspec.structs.replace(agder.region, folder=AGDER.parent / "agder-as-copied")
    async with agder.browser(agder.made(region=moved)) as client:
        assert (await client.post("/auth/demo", data={"user": TONE})).status_code == 303
        page = await Reader(client).get("/region/work/files")
        assert "parties.yaml" in page.text
        editor = await Reader(client).get(NEW + GOVERNANCE)
        assert "bodies:" in editor.forms[NEW + GOVERNANCE]["text"]


def acting(agder: Agder) -> Record:
    """An administrator's, past the pages."""
    who = {"kind": "staff", "role": "region-administrator", "party": "agder-e-health-secretariat"}
    return Record(agder.store, msgspec.structs.replace(system(agder.clock()), actor=f"Practitioner/{TONE}", **who))


async def state(agder: Agder, item: Item[Change], to: State) -> None:
    body = msgspec.structs.replace(item.body, state=to)
    draft = Draft(id=item.id, seen=item.version, body=body, reason="killed")
    written = await CHANGES.write(agder.store, acting(agder).context, draft)
    assert not isinstance(written, Refusal), written


async def test_what_was_broken_off_and_can_no_longer_be_applied_is_open_again(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone, at_work(agder, SECOND) as siv:
        page = await proposed(tone, GOVERNANCE, "95 prosent", "92 prosent")
        await state(agder, await item_of(agder, page), State.APPLYING)
        between = await proposed(siv, GOVERNANCE, "95 prosent", "91 prosent")
        assert (await siv.send(between, "apply", reason="Between")).status == 200
        stuck = await tone.get(page.address)
        assert stuck.may("apply")
        assert (await tone.send(stuck, "apply", reason="Again")).status == 409
        again = await tone.get(page.address)
        assert again.may("withdraw")
        await tone.send(again, "withdraw", reason="A try")


async def test_what_two_take_up_again_at_once_is_told_as_applied(agder: Agder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is about to say so when the second, who saw it broken off, has begun it anew."""
    files = Files(texts=region_files(AGDER), folder="no-agder")
    async with at_work(agder, TONE) as tone:
        page = await proposed(tone, GOVERNANCE, "since: 2017", "since: 2015")
    really, meanwhile = changes_applying.apply_files, []

    async def overtaken(*asked: Any) -> Any:
        monkeypatch.setattr(changes_applying, "apply_files", really)
        meanwhile.append(await apply(acting(agder), files, await item_of(agder, page), "second"))
        return await really(*asked)

    monkeypatch.setattr(changes_applying, "apply_files", overtaken)
    first = await apply(acting(agder), files, await item_of(agder, page), "first")
    assert isinstance(first, Item)
    assert all(isinstance(one, Item) for one in meanwhile)
    assert (await item_of(agder, page)).body.state is State.APPLIED
