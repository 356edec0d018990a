"""The worklist: who sees which rows, in what order, what may be done from a row, and at what cost."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest

from saman.kernel.clock import instant
from saman.model.care import codes
from saman.ops.demo.staff import on_duty
from saman.record import Change

from .conftest import CENTRE, HOME_CARE, PRACTICE

pytestmark = pytest.mark.postgres


def names_in(text: str) -> list[str]:
    return re.findall(r"data-row>([^<]+)</a>", text)


async def test_the_centre_reads_reports_unread_first_with_limit_and_who_set_it(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team")
        assert page.status == 200
        row = page.row("Ingrid Aasen")
        assert "Unread" in row
        assert "SpO₂ 88 %" in row
        assert "limit ≥ 90, Per Nilsen" in row
        assert page.text.index("Ingrid Aasen") < page.text.index("Asked for by the citizen")


async def test_marks_are_said_to_be_there_and_come_only_when_adopted(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team")
        assert "Marks on, demo only" in page.text
        assert "under limit" in page.row("Ingrid Aasen")
    async with team.as_(CENTRE, marks=False) as nurse:
        page = await nurse.get("/team")
        assert "Marks on" not in page.text
        assert "under limit" not in page.text
        assert "limit ≥ 90, Per Nilsen" in page.row("Ingrid Aasen")


async def test_each_may_switch_marks_off_for_oneself(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team")
        answer = await nurse.send("/team/marks", page, marks="off", back="/team")
        assert answer.answer.headers["location"] == "/team"
        page = await nurse.get("/team")
        assert "Marks off for you" in page.text
        assert "under limit" not in page.row("Ingrid Aasen")


async def test_marks_change_the_order_only_when_asked_and_only_when_on(team):
    async with team.as_(CENTRE) as nurse:
        usual = names_in((await nurse.get("/team")).text)
        marked = names_in((await nurse.get("/team?order=marks")).text)
        assert sorted(usual) == sorted(marked)
        assert marked != usual
    async with team.as_(CENTRE, marks=False) as nurse:
        assert names_in((await nurse.get("/team?order=marks")).text) == usual


async def test_filters_show_what_they_count(team):
    async with team.as_(CENTRE) as nurse:
        whole = await nurse.get("/team")
        for show in ("unread", "overdue", "requested", "mine"):
            count = re.search(rf'href="/team\?show={show}"[^>]*>[^<]*<span class="n">(\d+)</span>', whole.text)
            assert count, show
            page = await nurse.get(f"/team?show={show}")
            assert len(re.findall(r'<tr role="row" id="row-', page.text)) == int(count[1]), show
        grimstad = await nurse.get("/team?place=Grimstad")
        assert set(names_in(grimstad.text)) == {"Ingrid Aasen"}


async def test_another_unit_sees_its_own_work_and_nothing_else(team):
    async with team.as_(HOME_CARE) as nurse:
        page = await nurse.get("/team")
        assert page.status == 200
        assert "Olav Tveit" not in page.text
        assert "Nothing waits for" in page.text
    async with team.as_(CENTRE) as centre:
        task, version = (await centre.get("/team")).task("Olav Tveit")
    async with team.as_(HOME_CARE) as nurse:
        page = await nurse.get("/team")
        answer = await nurse.send(f"/team/tasks/{task}/claim", page, version=version)
        assert answer.status == 404


async def test_claim_shows_the_holder_and_undo_puts_it_back(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team")
        task, version = page.task("Olav Tveit")
        answer = await nurse.send(f"/team/tasks/{task}/claim", page, version=version, back="/team")
        assert answer.status == 303
        done = await nurse.get(answer.answer.headers["location"])
        assert "Claimed." in done.text
        assert "Release" in done.row("Olav Tveit")
        assert "Mine <span" in done.text
        undone = await nurse.send(f"/team/tasks/{task}/undo", done, version=version + 1, back="/team")
        assert undone.answer.headers["location"] == "/team"
        assert "Unread" in (await nurse.get("/team")).row("Olav Tveit")


async def test_with_scripts_only_the_row_comes_back_with_its_undo(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team")
        task, version = page.task("Einar Kleivset")
        part = await nurse.send(f"/team/tasks/{task}/claim", page, part=True, version=version)
        assert part.status == 200
        assert "<html" not in part.text
        assert f'id="row-{task}"' in part.text
        assert "Undo" in part.text
        again = await nurse.send(f"/team/tasks/{task}/release", page, part=True, version=version + 1)
        assert "Claim:" in again.text


async def test_sending_the_same_twice_is_no_conflict_but_two_people_are(team):
    async with team.as_(CENTRE) as silje, team.as_("hanne-dahl") as hanne:
        page = await silje.get("/team")
        task, version = page.task("Solveig Knutsen")
        first = await silje.send(f"/team/tasks/{task}/claim", page, version=version)
        second = await silje.send(f"/team/tasks/{task}/claim", page, version=version)
        assert (first.status, second.status) == (303, 303)
        other = await hanne.get("/team")
        late = await hanne.send(f"/team/tasks/{task}/claim", other, version=version)
        assert late.status == 409
        assert "Somebody else has taken it." in late.text
        await silje.send(f"/team/tasks/{task}/release", page, version=version + 1)


async def test_acknowledged_reports_leave_the_list_with_who_read_them(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team")
        task, version = page.task("Einar Kleivset")
        answer = await nurse.send(f"/team/tasks/{task}/acknowledge", page, version=version)
        assert answer.status == 303
        assert task not in (await nurse.get("/team")).text
        person = await nurse.get("/team/people/einar-kleivset")
        assert "read by Silje Haugen" in person.text
        again = await nurse.send(f"/team/tasks/{task}/claim", page, version=version + 1)
        assert again.status == 409
        await nurse.send(f"/team/tasks/{task}/undo", page, version=version + 1)


async def test_forms_without_a_version_or_from_elsewhere_do_nothing(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team")
        task, version = page.task("Olav Tveit")
        assert (await nurse.send(f"/team/tasks/{task}/claim", page, version="newest")).status == 400
        answer = await nurse.client.post(f"/team/tasks/{task}/claim", data={"version": version, "csrf": "no"})
        assert answer.status_code == 403
        elsewhere = await nurse.send(f"/team/tasks/{task}/claim", page, version=version, back="https://evil.example")
        assert elsewhere.answer.headers["location"].startswith("/team?")
        await nurse.send(f"/team/tasks/{task}/undo", page, version=version + 1)


async def test_the_list_stands_still_and_says_what_is_new(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team")
        since = re.search(r"/team/new\?since=([^\"]+)", page.text)
        assert since
        assert (await nurse.get(f"/team/new?since={since[1]}")).text.strip() == ""
        team.clock.forward(minutes=5)
        await write_tasks(team, 1)
        assert "1 new since" in (await nurse.get(f"/team/new?since={since[1]}")).text
        assert (await nurse.get("/team/new?since=2026-11-20")).status == 400


async def write_tasks(team, count: int) -> None:
    now = team.clock()
    tasks = [
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "code": codes.concept(codes.TASK, codes.CONTACT_WISH),
            "for": codes.reference("Patient/ingrid-aasen"),
            "authoredOn": instant(now + timedelta(seconds=number)),
            "lastModified": instant(now + timedelta(seconds=number)),
            "requester": codes.reference("Patient/ingrid-aasen"),
            "owner": codes.reference("Organization/agder-telemedicine-centre"),
            "restriction": {"period": {"end": instant(now + timedelta(days=2))}},
        }
        for number in range(count)
    ]
    written = await team.system.commit([Change(task) for task in tasks])
    assert isinstance(written, list), written


async def test_a_page_costs_the_same_number_of_statements_however_long_the_list(team, counting):
    async with team.as_(CENTRE) as nurse:
        await nurse.get("/team")
        with counting() as few:
            await nurse.get("/team")
        await write_tasks(team, 60)
        with counting() as many:
            page = await nurse.get("/team")
        assert "Next page" in page.text
        assert len(few.statements) == len(many.statements) <= 10
        following = await nurse.get("/team?start=40")
        assert following.status == 200
        assert not set(re.findall(r'id="row-(\w+)"', page.text)) & set(re.findall(r'id="row-(\w+)"', following.text))


async def test_what_others_have_not_answered_stands_on_the_list_of_those_who_asked(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team")
        section = page.text[page.text.index('id="unanswered"') :].partition("</section>")[0]
        assert "Einar Kleivset" in section
        assert "Overdue" in section
        assert 'href="/team/sent"' in section
        address = re.search(r'href="(/team/requests/[^"]+)"', section)
        assert address
        assert (await nurse.get(address[1])).status == 200
        for other in ("/team?show=overdue", "/team?start=40", "/team?place=Grimstad"):
            assert 'id="unanswered"' not in (await nurse.get(other)).text
    async with team.as_(HOME_CARE) as nurse:
        assert 'id="unanswered"' not in (await nurse.get("/team")).text


async def test_a_municipality_says_how_much_is_open_in_it(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team?place=Froland")
        rows = len(re.findall(r'<tr role="row" id="row-', page.text))
        assert rows
        assert f'<span class="small quiet" role="status">{rows} open</span>' in page.text
        whole = await nurse.get("/team")
        assert '<span class="small quiet" role="status">' not in whole.text


async def test_what_was_asked_and_not_answered_stands_at_both_ends(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team/sent")
        late = page.text.partition("Under way")[0]
        assert "Einar Kleivset" in late
        assert "Overdue" in late
    async with team.as_(on_duty("home-care-nurse", "birkenes").id) as nurse:
        assert "Overdue" in (await nurse.get("/team")).row("Einar Kleivset")
    async with team.as_(HOME_CARE) as nurse:
        assert "Einar Kleivset" not in (await nurse.get("/team")).text


async def test_an_empty_list_says_what_it_will_hold_and_where_to_go(team):
    async with team.as_("anna-berg") as empty:
        page = (await empty.get("/team")).text
        assert "Nothing waits for" in page
        assert "What other units ask of yours stands here as it comes" in page
        assert 'href="/team/people"' in page[page.index("Nothing waits") :]
        assert 'href="/team/sent"' in page[page.index("Nothing waits") :]
        assert "Nothing here just now" in (await empty.get("/team?show=mine")).text


async def test_the_practice_reads_summaries_from_its_list(team):
    async with team.as_(PRACTICE) as doctor:
        page = await doctor.get("/team")
        assert "/team/people/ingrid-aasen/summary" in page.text
        assert "Olav Tveit" not in page.text


async def test_a_name_that_is_searched_for_stands_in_no_address(team):
    async with team.as_(CENTRE) as nurse:
        for place in ("/team", "/team/people"):
            page = await nurse.get(place)
            search = re.search(r'<form role="search"[^>]*>', page.text)
            assert search
            assert 'method="post" action="/team/people"' in search[0]
            sent = await nurse.send("/team/people", page, q="Haugland")
            address = sent.answer.headers["location"]
            assert re.fullmatch(r"/team/people\?found=[\w-]+", address)
            assert b"augland" not in base64.urlsafe_b64decode(f"{address.partition('=')[2]}====")
            found = await nurse.get(address)
            assert 'value="Haugland"' in found.text
            assert not re.search(r'(?:href|action|hx-\w+)="[^"]*haugland', found.text, re.IGNORECASE)


async def test_a_search_can_be_come_back_to_in_its_own_session_only(team):
    async with team.as_(CENTRE) as nurse, team.as_(CENTRE) as other:
        sent = await nurse.send("/team/people", await nurse.get("/team/people"), q="sorensen")
        address = sent.answer.headers["location"]
        for _ in range(2):
            found = (await nurse.get(address)).text
            assert "Berit Sørensen" in found
            assert "Olav Tveit" not in found
        everybody = (await other.get(address)).text
        assert "Olav Tveit" in everybody
        assert 'value="sorensen"' not in everybody
        empty = await nurse.send("/team/people", await nurse.get("/team/people"), q=" ")
        assert empty.answer.headers["location"] == "/team/people"


async def test_a_name_in_an_old_address_is_not_searched_for(team):
    async with team.as_(CENTRE) as nurse:
        everybody = re.findall(r"/team/people/[a-z-]+", (await nurse.get("/team/people")).text)
        assert len(everybody) > 1
        page = await nurse.get("/team/people?q=sorensen")
        assert re.findall(r"/team/people/[a-z-]+", page.text) == everybody
        assert 'value="sorensen"' not in page.text


async def test_a_search_that_another_site_sends_is_refused(team):
    async with team.as_(CENTRE) as nurse:
        assert (await nurse.client.post("/team/people", data={"q": "sorensen"})).status_code == 403
        fields = {"q": "sorensen", "csrf": (await nurse.get("/team/people")).token}
        elsewhere = {"sec-fetch-site": "cross-site"}
        assert (await nurse.client.post("/team/people", data=fields, headers=elsewhere)).status_code == 403


async def test_people_are_found_by_folded_name_among_those_of_the_unit(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team/people")
        for name, seen in (("sorensen", "Berit Sørensen"), ("Haugland", "Nobody by that name")):
            sent = await nurse.send("/team/people", page, q=name)
            assert seen in (await nurse.get(sent.answer.headers["location"])).text
    async with team.as_(HOME_CARE) as nurse:
        page = await nurse.get("/team/people")
        assert "Ingrid Aasen" in page.text
        assert "Olav Tveit" not in page.text
