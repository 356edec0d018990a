"""What searches bring along by canonical addresses: of the version that is named, else of the newest."""

from __future__ import annotations

import httpx
import pytest
import pytest_asyncio

from tests.http.fhir.resources import bundle, entry, patient

FORM, PLAN = "https://example.org/form", "https://example.org/plan"
ALONG = "QuestionnaireResponse:questionnaire"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    """A form in three versions, of which the last is not in use yet, answers to them, and a plan made of another."""
    forms = [("form-1", "1", "active"), ("form-9", "9", "active"), ("form-10", "10", "draft")]
    answers = {"of-1": f"{FORM}|1", "of-any": FORM, "of-none": f"{FORM}|7", "elsewhere": "https://example.org/other"}
    plan = {"resourceType": "PlanDefinition", "id": "the-plan", "url": PLAN, "status": "active"}
    care = {"resourceType": "CarePlan", "id": "by-plan", "status": "active", "intent": "plan"}
    about = {"subject": {"reference": "Patient/who-plans"}}
    sent = [
        *({"resourceType": "Questionnaire", "id": id, "url": FORM, "version": version, "status": status}
          for id, version, status in forms),
        *({"resourceType": "QuestionnaireResponse", "id": id, "status": "completed", "questionnaire": url, **about}
          for id, url in answers.items()),
        plan,
        care | about | {"instantiatesCanonical": [PLAN, f"{FORM}|9"]},
        patient(id="who-plans"),
    ]  # fmt: skip
    entries = [entry("PUT", f"{one['resourceType']}/{one['id']}", one) for one in sent]
    answer = await client.post("", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text


async def brought(client: httpx.AsyncClient, url: str) -> set[str]:
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return {one["resource"]["id"] for one in answer.json().get("entry", []) if one["search"]["mode"] == "include"}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (f"QuestionnaireResponse?_id=of-1&_include={ALONG}", {"form-1"}),
        (f"QuestionnaireResponse?_id=of-any&_include={ALONG}", {"form-9"}),
        (f"QuestionnaireResponse?_id=of-none,elsewhere&_include={ALONG}", set()),
        (f"QuestionnaireResponse?_id=of-1,of-any&_include={ALONG}:Questionnaire", {"form-1", "form-9"}),
        ("CarePlan?_id=by-plan&_include=CarePlan:instantiates-canonical", {"the-plan", "form-9"}),
        ("CarePlan?_id=by-plan&_include=CarePlan:instantiates-canonical:Questionnaire", {"form-9"}),
        ("Patient?_id=who-plans&_revinclude=CarePlan:subject&_include:iterate=CarePlan:instantiates-canonical",
         {"by-plan", "the-plan", "form-9"}),
        (f"Questionnaire?_id=form-1&_revinclude={ALONG}", {"of-1", "of-any"}),
        (f"Questionnaire?_id=form-9&_revinclude={ALONG}", {"of-any"}),
        ("PlanDefinition?_id=the-plan&_revinclude=CarePlan:instantiates-canonical", {"by-plan"}),
    ],
)  # fmt: skip
async def test_definitions_come_along(client: httpx.AsyncClient, asked: str, wanted: set[str]) -> None:
    assert await brought(client, asked) == wanted


async def test_nobody_is_brought_what_a_search_would_not_show(stranger: httpx.AsyncClient) -> None:
    found = await stranger.get("Questionnaire?_id=form-1")
    assert [one["resource"]["id"] for one in found.json()["entry"]] == ["form-1"]
    assert await brought(stranger, f"Questionnaire?_id=form-1&_revinclude={ALONG}") == set()
