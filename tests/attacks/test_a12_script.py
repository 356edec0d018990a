"""A12: what somebody writes is shown as text: it runs in no browser, counts in no table and makes no line in a log."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
import structlog
from playwright.async_api import Page, Route, async_playwright

from saman.model.fhir import validate
from saman.record import Record, Stored, Written
from tests.attacks.counting import tried
from tests.http.app.conftest import Agder, agder, agder_filled, at_the_same_time, database
from tests.http.security.test_headers import Acting

__all__ = ["agder", "agder_filled", "at_the_same_time", "database"]

CHROMIUM = Path(os.environ.get("SAMAN_TEST_CHROMIUM") or "/usr/bin/chromium")
THERE = CHROMIUM.exists()
IN_CI = bool(os.environ.get("SAMAN_TEST_CI") or os.environ.get("CI"))
PERSON = "ingrid-aasen"

ACTS = (
    "<script>zq7()</script>", "<img src=x onerror=zq7()>", "<svg onload=zq7()>", "<svg><script>zq7()</script></svg>",
    "'\"><script>zq7()</script>", "\" autofocus onfocus=zq7() x=\"", "' onmouseover='zq7()", "javascript:zq7()",
    "<iframe srcdoc='<script>parent.zq7()</script>'></iframe>", "<a href=javascript:zq7()>x</a>",
    "<form action=javascript:zq7()><button>x</button></form>", "<object data=javascript:zq7()>", "<base href=//x.test>",
    "<meta http-equiv=refresh content='0;url=javascript:zq7()'>", "<style>@import'//x.test'</style>", "{{zq7()}}",
    "${zq7()}", "<%= zq7() %>", "{% import os %}{{ zq7 }}", "<details open ontoggle=zq7()>", "<math><mi//xlink:href=x>",
    "</title><script>zq7()</script>", "</textarea><script>zq7()</script>", "<!--><script>zq7()</script>-->",
    "\u202e<script>zq7()</script>", "<sCrIpT>zq7()</ScRiPt>", "&lt;script&gt;zq7()&lt;/script&gt;",
    "[x](javascript:zq7())", "![x](x\"onerror=\"zq7())", "<div hx-get='javascript:zq7()' hx-trigger=load>",
    "<div hx-on:load='zq7()'></div>", "<x id=body><x id=body name=dataset>", "<a id=csrf><a id=csrf name=value>",
)  # fmt: skip
DIVS = tuple(
    f"<div xmlns='http://www.w3.org/1999/xhtml'>{inside}</div>"
    for inside in (
        "<script>zq7()</script>", "<img src='x' onerror='zq7()'/>", "<a href='javascript:zq7()'>x</a>",
        "<a href=' java&#10;script:zq7()'>x</a>", "<a href='JAVASCRIPT:zq7()'>x</a>", "<a href='vbscript:x'>x</a>",
        "<iframe src='x'/>", "<object data='x'/>", "<embed src='x'/>", "<form action='x'><input/></form>",
        "<a href='data:text/html,&lt;script&gt;'>x</a>", "<img src='data:text/html;base64,eA=='/>",
        "<svg xmlns='http://www.w3.org/2000/svg'><script>zq7()</script></svg>", "<link rel='stylesheet' href='x'/>",
        "<meta http-equiv='refresh' content='0'/>", "<base href='//x.test'/>", "<style>*{}</style>", "<video src='x'/>",
        "<p onclick='zq7()'>x</p>", "<math><mtext/></math>", "<template><p/></template>", "<button>x</button>",
    )
)  # fmt: skip
Json = dict[str, Any]


@pytest.mark.parametrize("div", DIVS)
def test_a_narrative_that_could_act_is_refused(div: str) -> None:
    sent = {"resourceType": "Patient", "text": {"status": "generated", "div": div}}
    assert any(issue.path == "Patient.text.div" for issue in validate(sent)), div


async def written(record: Record) -> None:
    """Every act stands wherever a text of somebody's is shown."""
    found = await record.read("Patient", PERSON)
    assert isinstance(found, Stored)
    person = found.resource()
    person["name"] = [{"family": ACTS[0], "given": [ACTS[1]], "text": f"{ACTS[4]} {ACTS[5]}"}]
    changed: list[Any] = [await record.update("Patient", PERSON, person)]
    for kind, field in (("Goal", "description"), ("Task", "description"), ("Communication", "payload")):
        page = await record.search(kind, [("patient" if kind != "Goal" else "subject", PERSON), ("_count", "50")])
        assert not isinstance(page, Exception)
        for number, one in enumerate(page.matches):  # type: ignore[union-attr]
            resource, act = one.resource(), ACTS[number % len(ACTS)]
            resource[field] = (
                {"text": act} if kind == "Goal" else act if kind == "Task" else [{"contentString": " ".join(ACTS)}]
            )
            changed.append(await record.update(kind, one.id, resource))
    assert len(changed) > 3
    assert all(isinstance(one, Written) for one in changed), changed


def links(page: str) -> set[str]:
    """The addresses of our own that a page leads to."""
    return {link for link in re.findall(r'href="(/[a-z][^"#]*)"', page) if not link.startswith("/static")}


async def pages_of(client: httpx.AsyncClient, home: str) -> dict[str, httpx.Response]:
    """The room of somebody, and all that it leads to."""
    first = await client.get(home)
    assert first.status_code == 200
    found = {home: first}
    for path in sorted(links(first.text))[:25]:
        answer = await client.get(path.replace("&amp;", "&"))
        if answer.status_code == 200 and answer.headers.get("content-type", "").startswith("text/html"):
            found[path] = answer
    return found


@pytest.mark.parametrize(("user", "home"), [(PERSON, "/citizen"), ("silje-haugen", "/team")])
async def test_nothing_that_was_written_runs_in_a_browser(
    agder: Agder, user: str, home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await written(agder.system)
    async with agder.signed_in(user) as client:
        pages = await pages_of(client, home)
    shown = sum(answer.text.count("zq7()") for answer in pages.values())
    assert shown > 0, "what was written is shown somewhere"
    for path, answer in pages.items():
        found = Acting()
        found.feed(answer.text)
        assert (path, found.wrong) == (path, [])
    if not THERE and not IN_CI:
        pytest.skip(f"no Chromium at {CHROMIUM}: pages are not looked at")
    ran = await looked_at(agder, pages)
    assert ran == []
    tried(capsys, "A12", len(ACTS) * len(pages) + len(DIVS))


async def looked_at(agder: Agder, pages: dict[str, httpx.Response]) -> list[str]:
    """What ran when a browser opened the pages, with the headers that they came with."""
    ran: list[str] = []
    async with async_playwright() as playwright, agder.browser() as server:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = await browser.new_page()
        await page.expose_function("zq7", lambda: ran.append(page.url))
        page.on("dialog", lambda one: ran.append(one.message))

        async def answer(route: Route) -> None:
            to = urlsplit(route.request.url)
            there = pages.get(to.path + (f"?{to.query}" if to.query else ""))
            if to.netloc != "test":
                ran.append(f"asked {to.netloc}")
                await route.abort()
                return
            given = there or await server.get(to.path)
            headers = {name: value for name, value in given.headers.items() if name != "content-encoding"}
            await route.fulfill(status=given.status_code, headers=headers, body=given.content)

        await page.route("**/*", answer)
        for path in pages:
            await page.goto(f"http://test{path}")
            await _poked(page)
        await browser.close()
    return ran


async def _poked(page: Page) -> None:
    """Give whatever waits for a hand its chance."""
    await page.evaluate(
        "() => { for (const one of document.querySelectorAll('main *')) {"
        " one.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));"
        " one.dispatchEvent(new FocusEvent('focus')); } }"
    )


@pytest.fixture
def lines() -> Iterator[list[Json]]:
    """What is logged meanwhile."""
    with structlog.testing.capture_logs() as captured:
        yield captured  # type: ignore[misc]


async def test_nothing_that_is_sent_makes_a_line_in_a_log(agder: Agder, lines: list[Json]) -> None:
    forged = "zq7\r\n2026-11-22 [error] forged=1 \x1b[31m\u2028 12057412345"
    async with agder.browser(agder.made()) as client:
        for path in (f"/fhir/Patient/{forged}", f"/fhir/{forged}", f"/{forged}", f"/citizen/{forged}"):
            await client.get(httpx.URL("http://test/", raw_path=quote(path).encode()))
        headers = {"x-request-id": forged.encode(), "user-agent": forged.encode(), "authorization": b"Bearer zq7\x1b"}
        headers = {name: value.replace(b"\r\n", b"%0d%0a") for name, value in headers.items()}
        answer = await client.get("/fhir/Patient", params={forged: forged}, headers=headers)
        assert "zq7" not in answer.headers["x-request-id"]
        await client.post("/auth/demo", data={"user": forged})
        await client.post("/fhir/Patient", content=forged, headers={"content-type": "application/fhir+json"})
    assert "zq7" not in str(lines)
    assert "12057412345" not in str(lines)
