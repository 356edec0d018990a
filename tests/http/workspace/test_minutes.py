"""The minutes of a meeting as PDF: read back from the file, in the reader's language, whatever people wrote."""

from __future__ import annotations

import sys

import httpx
import msgspec
import pytest

from saman.apps.ui.catalogue import LANGUAGES
from tests.http.app.conftest import Agder
from tests.http.workspace.people import SILJE, TONE, Page, Reader, at_work
from tests.http.workspace.test_meetings import ARENDAL, OBSERVER, TRUST, meeting
from tests.pdf_text import pages_of, pdf_text, pdf_title

HOSTILE = (
    '#panic("a")', '#read("/etc/hostname")', "$x_1^2$ *b* _i_ `r`", "<label> @nobody", "] ) } [ ( { \\ #", "= Heading",
    "// no comment /* nor this", '"quoted" \'twice\'', "</script><script>alert(1)</script>", "w" * 300, "%(name)s %%",
)  # fmt: skip


async def file_of(reader: Reader, page: Page) -> httpx.Response:
    """The file that the page of a meeting leads to."""
    address = f"{page.address}/minutes.pdf"
    assert f'href="{address}"' in page.text
    return await reader.client.get(address)


async def held(tone: Reader) -> Page:
    """A meeting with all that minutes can hold."""
    page = await meeting(tone, **{ARENDAL: "member", TRUST: "deputy", OBSERVER: "observer"})
    page = await tone.send(page, "/said", point="1", said="First they asked.\nThen they answered.")
    votes = {f"vote-{ARENDAL}": "for", f"vote-{TRUST}": "against"}
    why = {"decision": "All begin in spring", "why": "Nobody sleeps", "point": "1", "carried": "yes"}
    page = await tone.send(page, "/decision", **why, **votes)
    action = {"action": "Ask the suppliers", "party": "agder-telemedicine-centre", "due": "2026-12-20", "point": "1"}
    return await tone.send(page, "/action", **action, role="")


async def test_minutes_hold_who_what_and_why(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone, at_work(agder, SILJE) as silje:
        page = await held(tone)
        assert "Nobody sleeps" in page.text
        answer = await file_of(silje, await silje.get(page.address))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        name = "minutes-joint-steering-group-2026-12-01.pdf"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        text = pdf_text(answer.content)
        for words in (
            "Minutes: Joint regional steering group", "Minutes not approved yet", "09:00", "Town hall",
            "3 of 14, 2 with a vote", "Arendal kommune", "the member", "a deputy", "the observer, no vote",
            "Not there:", "Night cameras – brought by", "Five asked", "First they asked. Then they answered.",
            "Decided: All begin in spring", "Why: Nobody sleeps", "1 for, 1 against, 0 abstained",
            "Ask the suppliers", "20 December 2026", "to do", "Written by Tone Larsen", "1 / 1",
        ):  # fmt: skip
            assert words in text, words
        assert text.index("For: ") < text.index("Against: ")
        assert pdf_title(answer.content) == "Minutes: Joint regional steering group, 1 December 2026"
        assert b"/StructTreeRoot" in answer.content
        assert b"/Lang(en)" in answer.content


async def test_minutes_say_at_which_meeting_they_were_approved(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        page = await held(tone)
        later = await meeting(tone, "2027-01-12")
        page = await tone.send(await tone.get(page.address), "/approve", at=later.address.rpartition("/")[2])
        text = pdf_text((await file_of(tone, page)).content)
        assert "Approved at the meeting on 12 January 2027; noted by Tone Larsen" in text
        assert "not approved" not in text
        action = f"/region/work/actions/{page.address.rpartition('/')[2]}-1"
        await tone.send(await tone.get("/region/work/actions"), action)
        assert "to do" not in pdf_text((await file_of(tone, page)).content)


async def test_minutes_keep_the_seats_of_their_day(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        page = await held(tone)
        before = pdf_text((await file_of(tone, page)).content)
    model = agder.region.model
    bodies = tuple(msgspec.structs.replace(one, seats=one.seats[::-1]) for one in model.bodies)
    loaded = msgspec.structs.replace(agder.region.loaded, model=msgspec.structs.replace(model, bodies=bodies))
    other = Agder(agder.store, msgspec.structs.replace(agder.region, loaded=loaded), agder.clock)
    async with at_work(other, TONE) as tone:
        page = await tone.get(page.address)
        assert pdf_text((await file_of(tone, page)).content) == before
        page = await tone.send(page, "/present", **{f"seat-{one}": "member" for one in (ARENDAL, TRUST)})
        assert page.status == 200
        assert "2 of 14, 2 with a vote" in page.text
        fresh = await meeting(tone, "2026-12-02")
        assert 'name="seat-4-1"' in fresh.text
        assert fresh.text.index("Manager of the ICT reference group") < fresh.text.index("Leader for the Lister")


async def test_minutes_of_a_meeting_that_has_nothing_yet(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        body = "/region/work/bodies/joint-steering-group"
        page = await tone.send(await tone.get(body), "joint-steering-group", on="2026-12-03", time="", place="")
        text = pdf_text((await file_of(tone, page)).content)
        for words in ("Nobody is noted yet.", "Nothing is on the agenda yet.", "No action is noted."):
            assert words in text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_minutes_speak_the_readers_language(agder: Agder, language: str) -> None:
    async with at_work(agder, TONE) as tone:
        page = await held(tone)
        tone.client.cookies.set("lang", language)
        made = (await file_of(tone, page)).content
        assert f"/Lang({language})".encode() in made
        text = pdf_text(made)
        assert ("Minutes not approved yet" in text) == (language == "en")
        assert "All begin in spring" in text
        assert "\N{REPLACEMENT CHARACTER}" not in text


@pytest.mark.parametrize("number", range(len(HOSTILE)))
async def test_what_people_write_stays_text(agder: Agder, number: int) -> None:
    words = HOSTILE[number]
    async with at_work(agder, TONE) as tone:
        page = await meeting(tone, **{ARENDAL: "member"})
        page = await tone.send(page, "/point", title=words, background=words)
        page = await tone.send(page, "/said", point="2", said=f"{words}\n{words}")
        page = await tone.send(page, "/decision", decision=words, why=words, point="2", carried="yes")
        page = await tone.send(
            page, "/action", action=words, party="municipality-arendal", role="", due="2026-12-20", point="2"
        )
        answer = await file_of(tone, page)
        assert answer.status_code == 200
        text = pdf_text(answer.content).replace(" ", "")
        assert text.count(words.replace(" ", "")) == 8


async def test_signs_without_a_letter_are_shown_as_such_and_told(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        page = await meeting(tone)
        assert "lack a sign" not in pdf_text((await file_of(tone, page)).content)
        title = "\N{RIGHT-TO-LEFT OVERRIDE}Sleep \N{GRINNING FACE} \u0633\u0644\u0627\u0645 \N{ZERO WIDTH JOINER}"
        page = await tone.send(page, "/point", title=title)
        text = pdf_text((await file_of(tone, page)).content)
        assert "2. Sleep \N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}" in text
        assert "lack a sign" in text


async def test_long_minutes_have_numbered_pages_and_too_long_ones_say_so(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        page = await meeting(tone)
        for _ in range(6):
            page = await tone.send(page, "/point", title="More", background="word " * 790)
        made = (await file_of(tone, page)).content
        pages = pages_of(made)
        assert pages > 4
        assert all(f"{number} / {pages}" in pdf_text(made) for number in range(1, pages + 1))
        for number in range(8, 32):
            page = await tone.send(page, "/point", title="More", background="word " * 790)
            page = await tone.send(page, "/said", point=str(number), said="word " * 790)
        refused = Page(await file_of(tone, page))
        assert refused.status == 403
        assert "too long for one PDF" in refused.text


async def test_a_server_without_typst_says_so(agder: Agder, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_work(agder, TONE) as tone:
        page = await meeting(tone)
        monkeypatch.setitem(sys.modules, "typst", None)
        answer = Page(await file_of(tone, page))
        assert answer.status == 503
        assert "No PDF can be made on this server" in answer.text
        assert (await tone.get(page.address)).status == 200


async def test_who_may_not_read_the_page_gets_no_file(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        page = await meeting(tone)
        assert (await tone.client.get("/region/work/meetings/0000000000000000/minutes.pdf")).status_code == 404
        assert (await tone.client.get("/region/work/meetings/none/minutes.pdf")).status_code == 404
    async with agder.browser() as nobody, agder.signed_in("ingrid-aasen") as ingrid:
        for browser in (nobody, ingrid):
            file, shown = [await browser.get(f"{page.address}{end}") for end in ("/minutes.pdf", "")]
            assert file.status_code == shown.status_code
            assert file.status_code in (303, 403)
            assert b"%PDF" not in file.content
