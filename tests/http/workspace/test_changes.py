"""Changing how the region works: proposed, read, approved by a second person where sight changes, applied, undone."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from tests.http.app.conftest import Agder
from tests.http.workspace.people import ELLEN, SECOND, SILJE, TONE, Page, Reader, at_work, second_administrator

GOVERNANCE, AGREEMENTS, ACCESS = "governance.yaml", "agreements.yaml", "access.yaml"
NEW = "/region/work/changes/new/files/"


@pytest_asyncio.fixture(autouse=True)
async def two_administrators(agder: Agder) -> None:
    await second_administrator(agder)


async def propose(reader: Reader, path: str, old: str, new: str, **fields: str) -> Page:
    """Somebody proposes to write `new` for `old` in a file."""
    page = await reader.get(NEW + path)
    text = page.forms[NEW + path]["text"]
    assert old in text
    said = {"subject": "Another goal", "reason": "We can do better", "act": "save"}
    return await reader.send(page, path, **(said | {"text": text.replace(old, new)} | fields))


async def now(reader: Reader, path: str) -> str:
    return (await reader.get(NEW + path)).forms[NEW + path]["text"]


async def test_everybody_at_work_reads_files_and_only_a_mandate_changes_them(agder: Agder) -> None:
    async with at_work(agder, SILJE) as silje:
        page = await silje.get("/region/work/files")
        assert "services/safety-alarm.yaml" in page.text
        assert "countries/no.yaml" not in page.text
        assert "new/add" not in page.text
        page = await silje.get(f"/region/work/files/{GOVERNANCE}")
        assert '<li id="L5">bodies:' in page.text
        assert "Propose a change" not in page.text
        assert (await silje.get(NEW + GOVERNANCE)).status == 403
        written = await silje.post(NEW + GOVERNANCE, await _token(silje) | {"text": "x", "subject": "a", "reason": "b"})
        assert written.status == 403
        assert "Nothing is proposed" in (await silje.get("/region/work/changes")).text


async def _token(reader: Reader) -> dict[str, str]:
    page = await reader.get("/region/work")
    return {"csrf": next(form["csrf"] for form in page.forms.values() if "csrf" in form)}


@pytest.mark.parametrize(
    "path",
    ["../se-norrtalje/region.yaml", "../roles.yaml", "services/a.py", "borders.geojson", "services/../x.yaml",
     "countries/no.yaml", "other.yaml", "services/A.yaml", "from-2027/region.yaml"],
)  # fmt: skip
async def test_no_other_file_can_be_written(agder: Agder, path: str) -> None:
    async with at_work(agder, TONE) as tone:
        typed = {"text": "a: 1\n", "subject": "a", "reason": "b", "act": "save"}
        hidden = path.replace(".", "%2e").replace("/", "%2f")
        assert (await tone.get(NEW + hidden)).status == 404
        assert (await tone.post(NEW + hidden, await _token(tone) | typed)).status in (404, 422)
        assert "Nothing is proposed" in (await tone.get("/region/work/changes")).text
        assert (await tone.client.get("/region/work/changes/new/add", params={"place": path})).status_code in (303, 422)


async def test_check_says_what_is_wrong_where_and_keeps_nothing(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        page = await propose(tone, GOVERNANCE, "indicator: answered-in-time", "indicator: nobody-knows", act="check")
        assert page.status == 422
        line = page.forms[NEW + GOVERNANCE]["text"].splitlines().index("    indicator: nobody-knows") + 1
        assert f'href="#L{line}">governance.yaml:{line}</a>' in page.text
        assert f'id="L{line}"' in page.text
        page = await propose(tone, GOVERNANCE, "95 per cent", "97 per cent", act="check")
        assert page.status == 200
        assert "Everything fits together" in page.text
        assert page.forms[NEW + GOVERNANCE]["reason"] == "We can do better"
        assert "Nothing is proposed" in (await tone.get("/region/work/changes")).text


HOSTILE = {
    "deep": "[" * 20_000,
    "deep-lists": "- " * 1_500,
    "long-line": "a: " + "x" * 5_000,
    "many-lines": "a\n" * 7_000,
    "large": ("a: " + "x" * 3_000 + "\n") * 100,
    "signs": "a: \x07\n",
    "nul": "a: \x00\n",
}


@pytest.mark.parametrize("act", ["check", "save"])
@pytest.mark.parametrize("name", list(HOSTILE))
async def test_what_no_text_may_hold_is_refused_with_its_place(agder: Agder, name: str, act: str) -> None:
    async with at_work(agder, TONE) as tone:
        page = await propose(tone, GOVERNANCE, "schema: 0", "schema: 0", text=HOSTILE[name], act=act)
        assert page.status == 422
        assert "governance.yaml:1:" in page.text
        assert "Nothing is proposed" in (await tone.get("/region/work/changes")).text


@pytest.mark.parametrize("text", ["", "a: [", "a: &x [*x]\n", "- 1\n", "schema: 0\nbodies: 7\n"])
async def test_what_is_no_model_can_be_kept_but_never_applied(agder: Agder, text: str) -> None:
    async with at_work(agder, TONE) as tone:
        page = await propose(tone, GOVERNANCE, "schema: 0", "", text=text)
        assert page.status == 200
        assert "It cannot be applied until this is put right." in page.text
        assert not page.may("apply")
        id = page.address.rpartition("/")[2]
        sent = await tone.post(f"{page.address}/apply", page.forms[f"{page.address}/withdraw"] | {"reason": "Now"})
        assert sent.status == 409
        assert await now(tone, GOVERNANCE) != text
        assert (await tone.send(page, f"{id}/withdraw", reason="A try")).status == 200


async def test_a_change_that_touches_nobodys_sight_is_applied_by_one_person(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone, at_work(agder, SILJE) as silje:
        page = await propose(tone, GOVERNANCE, "95 per cent (sample)", "97 per cent (sample)")
        assert "Shared goal Everyone who reports from home is answered within the agreed time" in page.text
        assert "<ins>" in page.text
        assert "This may change who sees what" not in page.text
        seen = await silje.get(page.address)
        assert not any(seen.may(act) for act in ("apply", "approve", "withdraw", "update", "undo"))
        said = await silje.send(seen, "comment", reason="I think <b>96</b> is enough.")
        assert "I think &lt;b&gt;96&lt;/b&gt; is enough." in said.text
        page = await tone.send(page, "apply", reason="The group agreed")
        assert page.status == 200
        assert "applied" in page.text
        assert "97 per cent (sample)" in await now(tone, GOVERNANCE)
        page = await tone.send(page, "undo", reason="It was a mistake")
        assert "takes back another proposal" in page.text
        assert (await tone.send(page, "apply", reason="Back")).status == 200
        assert "95 per cent (sample)" in await now(tone, GOVERNANCE)


async def test_applying_brings_the_record_to_the_new_model(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        before = await agder.system.read("Organization", "sorlandet-hospital")
        assert not isinstance(before, Refusal)
        page = await propose(tone, "parties.yaml", "name: Sørlandet sykehus HF", "name: Sørlandet sjukehus HF")
        assert "In the record: 0 new, 1 changed" in page.text
        assert (await tone.send(page, "apply", reason="Now")).status == 200
        after = await agder.system.read("Organization", "sorlandet-hospital")
        assert not isinstance(after, Refusal)
        assert after.version == before.version + 1
        assert after.resource()["name"].startswith("Sørlandet sjukehus")


async def test_who_may_see_what_takes_a_second_person_who_read_just_this(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone, at_work(agder, ELLEN) as ellen, at_work(agder, SECOND) as siv:
        page = await propose(tone, ACCESS, "The telemedicine nurse who", "Any nurse of the centre who")
        assert "This may change who sees what" in page.text
        assert "Ellen Vik" in page.text
        assert not page.may("apply")
        assert not page.may("approve")
        form = page.forms[f"{page.address}/withdraw"] | {"reason": "Now"}
        assert (await tone.post(f"{page.address}/apply", form)).status == 403
        assert (await tone.post(f"{page.address}/approve", form)).status == 403
        read = await ellen.get(page.address)
        assert read.may("approve")
        assert not read.may("apply")
        # What was read is no longer what stands there: nobody approves what they have not seen.
        changed = await tone.get(f"{page.address}/files/{ACCESS}")
        text = changed.forms[f"{page.address}/files/{ACCESS}"]["text"]
        page = await tone.send(
            changed, ACCESS, text=text.replace("Any nurse of the centre", "Each nurse"), reason="Less", act="save"
        )
        assert (await ellen.send(read, "approve", reason="Fine")).status == 409
        approved = await ellen.send(await ellen.get(page.address), "approve", reason="Fine")
        assert approved.status == 200
        assert not approved.may("approve")
        # Another change comes between: what was approved would now lead elsewhere.
        between = await propose(siv, GOVERNANCE, "95 prosent", "96 prosent", subject="Between")
        assert (await siv.send(between, "apply", reason="Between")).status == 200
        stale = await tone.get(page.address)
        assert "Approved before it changed" in stale.text
        assert not stale.may("apply")
        await ellen.send(await ellen.get(page.address), "approve", reason="Still fine")
        done = await tone.send(await tone.get(page.address), "apply", reason="Agreed")
        assert done.status == 200
        assert "Each nurse who follows" in await now(tone, ACCESS)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (AGREEMENTS, "activities: [set-limits]", "activities: [set-limits, read-reports]"),
        (AGREEMENTS, "valid_to: 2030-12-31", "valid_to: 2031-12-31"),
        ("parties.yaml", "roles: [", "roles: [region-administrator, "),
        ("services/digital-home-follow-up.yaml", "may_change_limits: true", "may_change_limits: false"),
    ],
    ids=["mandate", "days", "roles", "rights"],
)
async def test_sight_hangs_on_more_than_the_rules(agder: Agder, path: str, old: str, new: str) -> None:
    async with at_work(agder, TONE) as tone:
        page = await propose(tone, path, old, new)
        assert "This may change who sees what" in page.text
        assert not page.may("apply")
        await tone.send(page, "withdraw", reason="A try")


async def test_of_two_who_edit_the_same_file_the_second_loses_nothing(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone, at_work(agder, SECOND) as siv:
        page = await propose(tone, GOVERNANCE, "since: 2019", "since: 2018", subject="Since when")
        address = f"{page.address}/files/{GOVERNANCE}"
        mine, theirs = await tone.get(address), await siv.get(address)
        text = mine.forms[address]["text"]
        await siv.send(
            theirs, address, text=text.replace("since: 2016-01-13", "since: 2016-01-14"), reason="Day", act="save"
        )
        sent = await tone.send(
            mine, address, text=text.replace("since: 2017", "since: 2018"), reason="Mine", act="save"
        )
        assert sent.status == 409
        both = sent.forms[address]
        assert "since: 2016-01-14" in both["text"]
        assert both["text"].count("since: 2018") == 2
        assert both["reason"] == "Mine"
        kept = await tone.send(sent, address, act="save")
        assert kept.status == 200
        assert "since: 2016-01-14" in (await siv.get(address)).forms[address]["text"]
        # The same line: mine stands in the text, theirs is shown beside it.
        mine, theirs = await tone.get(address), await siv.get(address)
        text = mine.forms[address]["text"]
        await siv.send(
            theirs, address, text=text.replace("since: 2016-01-14", "since: 2016-02-01"), reason="Feb", act="save"
        )
        sent = await tone.send(
            mine, address, text=text.replace("since: 2016-01-14", "since: 2016-03-01"), reason="March", act="save"
        )
        assert sent.status == 409
        assert "since: 2016-03-01" in sent.forms[address]["text"]
        assert "since: 2016-02-01" in sent.text
        assert "Both of you changed the same lines" in sent.text
        await tone.send(await tone.get(page.address), "withdraw", reason="A try")


async def test_a_proposal_is_put_on_top_of_what_was_applied_since(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone, at_work(agder, SECOND) as siv:
        page = await propose(tone, GOVERNANCE, "since: 2017", "since: 2016", subject="Network")
        other = await propose(siv, GOVERNANCE, "since: 2019", "since: 2020", subject="Group")
        await siv.send(other, "apply", reason="Agreed")
        stale = await tone.get(page.address)
        assert "The files have changed since this was written" in stale.text
        assert "This may no longer be right." in stale.text
        assert not stale.may("apply")
        fresh = await tone.send(stale, "update", reason="Onto the newest")
        assert fresh.may("apply")
        await tone.send(fresh, "apply", reason="Agreed")
        text = await now(tone, GOVERNANCE)
        assert "since: 2020" in text
        assert "since: 2016\n" in text


async def test_of_many_who_apply_the_same_at_once_it_is_applied_once(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone, at_work(agder, SECOND) as siv:
        page = await propose(tone, GOVERNANCE, "# Who decides", "# Those who decide", subject="Words")
        seen = await siv.get(page.address)
        answers = await asyncio.gather(
            *(one.send(read, "apply", reason="Now") for one, read in ((tone, page), (siv, seen)) * 3)
        )
        assert sum(one.status == 200 for one in answers) == 1
        assert {one.status for one in answers} == {200, 409}
        assert (await tone.get(page.address)).text.count("Now<span") == 2


async def test_a_file_comes_and_goes(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        page = await propose(tone, "questionnaires/symptoms.yaml", "schema: 0", "schema: 0", act="remove")
        assert "file taken away" in page.text
        assert "It cannot be applied until this is put right." in page.text
        await tone.send(page, "withdraw", reason="A try")
        new = await tone.get(f"{NEW}portfolio.yaml")
        page = await tone.send(
            new, "portfolio.yaml", text="schema: 0\n", subject="Portfolio", reason="We need one", act="save"
        )
        assert "new file" in page.text
        await tone.send(page, "apply", reason="Now")
        assert "portfolio.yaml" in (await tone.get("/region/work/files")).text
