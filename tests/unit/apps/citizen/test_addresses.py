"""The citizen's addresses without a browser: who is let in, what is refused, and that nothing is sent twice."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from tests.e2e.gallery.app import make_app
from tests.e2e.gallery.content import CODES
from tests.e2e.gallery.people import Person

ANSWERS = {
    "spo2.spo2": "93",
    "pulse.pulse": "84",
    "weight.weight": "71,8",
    "blood-pressure.systolic": "138",
    "blood-pressure.diastolic": "82",
    "breathing.choice": "usual",
    "phlegm.choice": "usual",
    "swelling.choice": "usual",
}


@pytest.fixture
def app() -> Starlette:
    return make_app()


@pytest.fixture
def person(app: Starlette) -> Person:
    found: Person = app.state.people["ordinary"]
    return found


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    cookies = {"who": "ordinary"}
    async with httpx.AsyncClient(transport=transport, base_url="http://saman.test", cookies=cookies) as client:
        yield client


async def token(client: httpx.AsyncClient) -> str:
    found = re.search(r'data-csrf="([^"]+)"', (await client.get("/citizen")).text)
    assert found is not None
    return found[1]


async def post(client: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    return await client.post(path, data={"csrf": await token(client), **fields})


@pytest.mark.parametrize("path", ["/citizen", "/citizen/plan", "/citizen/report/spo2", "/citizen/who-looked"])
async def test_whoever_is_not_signed_in_sees_the_front_page(client: httpx.AsyncClient, path: str) -> None:
    client.cookies.clear()
    response = await client.get(path)
    assert (response.status_code, response.headers["location"]) == (303, "/")


async def test_a_script_that_is_not_signed_in_is_told(client: httpx.AsyncClient) -> None:
    client.cookies.clear()
    assert (await client.post("/citizen/report/kept", headers={"accept": "application/json"})).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/citizen/report/spo2",
        "/citizen/report/send",
        "/citizen/messages",
        "/citizen/plan/p1",
        "/citizen/happened/r1/reminder",
    ],
)
async def test_a_form_without_a_token_changes_nothing(client: httpx.AsyncClient, person: Person, path: str) -> None:
    response = await client.post(path, data={"spo2": "93", "text": "x", "answer": "wants"})
    assert response.status_code == 403
    assert (person.answers, person.messages, person.item_answers, person.sent) == ({}, {}, {}, {})


async def test_a_wrong_number_is_answered_with_field_and_mend(client: httpx.AsyncClient, person: Person) -> None:
    response = await post(client, "/citizen/report/weight", weight="abc")
    assert response.status_code == 422
    assert '<a href="#weight">Weight: use digits only, for example 71.8</a>' in response.text
    assert 'aria-invalid="true"' in response.text
    assert person.answers == {}


async def test_what_was_typed_is_shown_again_and_never_runs(client: httpx.AsyncClient) -> None:
    response = await post(client, "/citizen/report/weight", weight='"><script>x')
    assert "<script>x" not in response.text
    assert "&#34;&gt;&lt;script&gt;x" in response.text


async def test_begin_goes_to_the_first_open_question(client: httpx.AsyncClient) -> None:
    assert (await client.get("/citizen/report")).headers["location"] == "/citizen/report/spo2"
    await post(client, "/citizen/report/spo2", not_today="1")
    assert (await client.get("/citizen/report")).headers["location"] == "/citizen/report/pulse"


async def test_a_report_with_a_hole_is_not_sent(client: httpx.AsyncClient, person: Person) -> None:
    response = await post(client, "/citizen/report/send", draft="draft-1", comment="")
    assert response.status_code == 422
    assert '<a href="#q-spo2">' in response.text
    assert person.sent == {}


async def test_what_a_device_kept_is_sent_once(client: httpx.AsyncClient, person: Person) -> None:
    for _ in range(2):
        response = await post(
            client, "/citizen/report/kept", draft="draft-1", send="1", comment="Slept badly", **ANSWERS
        )
        assert response.json() == {"state": "sent"}
    assert list(person.sent) == ["draft-1"]
    assert person.comment == "Slept badly"


async def test_what_a_device_kept_goes_into_the_draft(client: httpx.AsyncClient, person: Person) -> None:
    response = await post(client, "/citizen/report/kept", draft="draft-1", **{"spo2.spo2": "93"})
    assert response.json() == {"state": "kept"}
    assert set(person.answers) == {"spo2"}
    assert person.sent == {}


async def test_a_doubtful_number_from_a_device_is_looked_at_before_anything_is_sent(
    client: httpx.AsyncClient, person: Person
) -> None:
    fields = ANSWERS | {"spo2.spo2": "78"}
    response = await post(client, "/citizen/report/kept", draft="draft-1", send="1", **fields)
    assert response.json() == {"state": "look"}
    assert set(person.answers) == set(CODES) - {"spo2"}
    assert person.sent == {}
    sure = await post(client, "/citizen/report/kept", draft="draft-1", send="1", **fields, **{"spo2.confirmed": "78"})
    assert sure.json() == {"state": "sent"}


async def test_answers_to_a_draft_that_was_sent_are_stale(client: httpx.AsyncClient, person: Person) -> None:
    await post(client, "/citizen/report/kept", draft="draft-1", send="1", **ANSWERS)
    response = await post(client, "/citizen/report/kept", draft="draft-1", **{"spo2.spo2": "90"})
    assert response.json() == {"state": "stale"}
    assert person.answers == {}


async def test_kept_answers_need_the_token_too(client: httpx.AsyncClient, person: Person) -> None:
    response = await client.post("/citizen/report/kept", data={"draft": "draft-1", "send": "1", **ANSWERS})
    assert (response.status_code, response.json()) == (403, {"state": "refused"})
    assert person.sent == {}


async def test_a_message_is_stored_once_a_key(client: httpx.AsyncClient, person: Person) -> None:
    for _ in range(2):
        response = await post(client, "/citizen/messages", key="m0", text=" Thank you ")
        assert response.status_code == 303
    assert person.messages == {"m0": "Thank you"}


async def test_an_empty_message_is_asked_for_again(client: httpx.AsyncClient, person: Person) -> None:
    response = await post(client, "/citizen/messages", key="m0", text="  ")
    assert response.status_code == 422
    assert '<a href="#text">Write something first</a>' in response.text
    assert person.messages == {}


@pytest.mark.parametrize(("answer", "status"), [("wants", 303), ("does-not-want", 303), ("perhaps", 400), ("", 400)])
async def test_a_plan_item_has_the_citizens_own_answer(
    client: httpx.AsyncClient, person: Person, answer: str, status: int
) -> None:
    assert (await post(client, "/citizen/plan/p4", answer=answer)).status_code == status
    assert person.item_answers == ({"p4": answer} if status == 303 else {})


async def test_a_late_answer_can_be_pushed(client: httpx.AsyncClient, person: Person) -> None:
    assert "I have not heard back" in (await client.get("/citizen/happened/late")).text
    await post(client, "/citizen/happened/late/reminder")
    assert person.reminded
    assert "You told us that you have not heard back." in (await client.get("/citizen/happened/late")).text


@pytest.mark.parametrize(
    ("asked", "period"), [("7", "7"), ("365", "365"), ("all", "all"), ("31", "30"), ("x", "30"), ("", "30")]
)
async def test_the_log_is_shown_for_a_known_period(client: httpx.AsyncClient, asked: str, period: str) -> None:
    text = (await client.get("/citizen/who-looked", params={"days": asked})).text
    assert f'<option value="{period}" selected>' in text


async def test_a_refusal_keeps_the_help_in_sight(client: httpx.AsyncClient) -> None:
    for path, status in (("/citizen/report/nope", 404), ("/citizen/readings/nope", 404)):
        response = await client.get(path)
        assert response.status_code == status
        assert "tel:113" in response.text


async def test_the_worker_may_serve_all_citizen_pages_and_is_never_kept(client: httpx.AsyncClient) -> None:
    response = await client.get("/citizen/worker.js")
    assert response.headers["service-worker-allowed"] == "/citizen"
    assert response.headers["cache-control"] == "no-cache"
