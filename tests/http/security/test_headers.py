"""What every answer tells the browser: https alone, no sniffing, no frames, no foreign script, nothing kept."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx
import pytest
import pytest_asyncio

from tests.http.app.conftest import Agder

PAGES = ("/", "/citizen", "/team", "/region", "/about", "/nothing/here", "/health/live", "/health/ready", "/metrics")
CALLS = ("/fhir/metadata", "/fhir/openapi.json", "/fhir/Patient", "/fhir/Patient/nobody", "/fhir/Nothing", "/fhir")
METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND")

Asked = tuple[str, str, httpx.Response]


async def everything(agder: Agder, bearer: dict[str, str]) -> list[Asked]:
    """An answer of every kind: to nobody, to a citizen, to a nurse, to a client, with every method."""
    found: list[Asked] = []
    async with agder.browser() as nobody, agder.signed_in("ingrid-aasen") as citizen:
        for method in METHODS:
            for path in (*PAGES, *CALLS):
                found.append((method, path, await nobody.request(method, path)))
                found.append((method, path, await citizen.request(method, path)))
            found += [(method, path, await nobody.request(method, path, headers=bearer)) for path in CALLS]
        style = re.search(r'href="(/static/[^"]+\.css)"', (await nobody.get("/")).text)
        assert style is not None
        found.append(("GET", "static", await nobody.get(style[1])))
        found.append(("GET", "static", await nobody.get("/static/nothing.css")))
    return found


@pytest_asyncio.fixture(scope="module")
async def answers(agder: Agder, bearer: dict[str, str]) -> list[Asked]:
    return await everything(agder, bearer)


def told(answers: list[Asked], wrong: object) -> list[str]:
    """Which answers are wrong."""
    return sorted({f"{method} {path} {one.status_code}" for method, path, one in answers if wrong(one)})  # type: ignore[operator]


async def test_every_answer_asks_for_https_alone_for_a_year_and_more(answers: list[Asked]) -> None:
    def wrong(answer: httpx.Response) -> bool:
        said = answer.headers.get("strict-transport-security", "")
        age = re.search(r"max-age=(\d+)", said)
        return age is None or int(age[1]) < 31_536_000 or "includeSubDomains" not in said

    assert told(answers, wrong) == []


async def test_every_answer_says_what_may_run_and_who_may_frame_it(answers: list[Asked]) -> None:
    def wrong(answer: httpx.Response) -> bool:
        said = {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split("; ")}
        closed = said["default-src"] == ["'none'"] and said["base-uri"] == ["'none'"]
        scripts = said.get("script-src", ["'none'"])
        return not closed or said["frame-ancestors"] != ["'none'"] or scripts not in (["'self'"], ["'none'"])

    assert told(answers, wrong) == []


async def test_no_answer_is_sniffed_or_tells_others_where_it_came_from(answers: list[Asked]) -> None:
    assert told(answers, lambda one: one.headers.get("x-content-type-options") != "nosniff") == []
    assert told(answers, lambda one: one.headers.get("referrer-policy") != "no-referrer") == []
    assert told(answers, lambda one: one.headers.get("cross-origin-resource-policy") != "same-origin") == []


async def test_pages_share_no_window_with_other_sites(answers: list[Asked]) -> None:
    pages = [one for one in answers if one[2].headers.get("content-type", "").startswith("text/html")]
    assert pages
    assert told(pages, lambda one: one.headers.get("cross-origin-opener-policy") != "same-origin") == []


async def test_no_other_origin_gets_leave_to_read(answers: list[Asked], agder: Agder, bearer: dict[str, str]) -> None:
    assert told(answers, lambda one: any(name.startswith("access-control") for name in one.headers)) == []
    async with agder.browser() as nobody:
        asking = {"origin": "https://elsewhere.test", "access-control-request-method": "GET"}
        for path in ("/fhir/Patient", "/citizen"):
            answer = await nobody.options(path, headers=asking | bearer)
            assert "access-control-allow-origin" not in answer.headers


async def test_a_body_says_what_it_is_and_in_which_characters(answers: list[Asked]) -> None:
    def wrong(answer: httpx.Response) -> bool:
        if not answer.content:
            return False
        kind = answer.headers.get("content-type", "")
        needs_charset = kind.startswith("text/") or "+xml" in kind or "/xml" in kind
        return not kind or (needs_charset and "charset=utf-8" not in kind.lower())

    assert told(answers, wrong) == []


async def test_only_files_for_everybody_may_be_kept(answers: list[Asked]) -> None:
    kept = {path for _, path, one in answers if "no-store" not in one.headers.get("cache-control", "")}
    assert kept <= {"static", "/fhir/metadata", "/fhir/openapi.json", "/region"}
    assert told([one for one in answers if one[1] == "static"], lambda one: "set-cookie" in one.headers) == []


async def test_methods_that_nobody_offered_do_nothing(answers: list[Asked]) -> None:
    strange = [one for one in answers if one[0] in ("TRACE", "PROPFIND", "PATCH")]
    assert told(strange, lambda one: one.status_code < 300) == []
    assert told(strange, lambda one: "TRACE" in one.text) == []


async def test_no_answer_names_what_runs_behind_it(answers: list[Asked]) -> None:
    assert told(answers, lambda one: bool({"server", "x-powered-by", "via"} & set(one.headers))) == []


async def test_a_body_that_would_be_a_page_is_never_one_on_the_interface(agder: Agder, bearer: dict[str, str]) -> None:
    async with agder.browser() as client:
        for accept in ("text/html", "text/html,*/*", "application/xhtml+xml"):
            answer = await client.get("/fhir/Patient?name=<script>", headers={**bearer, "accept": accept})
            assert "json" in answer.headers["content-type"]
            assert "sandbox" in answer.headers["content-security-policy"]


class Acting(HTMLParser):
    """What in a page could act or comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        outside = [str(v) for n, v in attrs if n in ("src", "href", "action") and re.match(r"(https?:)?//", v or "")]
        if tag in ("script", "link", "img", "iframe", "form", "object", "embed") and outside:
            self.wrong.append(f"{tag} {outside}")
        if (tag == "script" and "src" not in given and given.get("type") != "application/json") or "style" in given:
            self.wrong.append(f"{tag} inline")
        self.wrong += [name for name in given if name.startswith("on")]
        self.wrong += [f"{n}={v}" for n, v in attrs if re.match(r"\s*(java|vb)script:", v or "", re.IGNORECASE)]


@pytest.mark.parametrize("user", ["ingrid-aasen", "silje-haugen"])
async def test_pages_load_nothing_from_elsewhere_and_offer_the_way_out(agder: Agder, user: str) -> None:
    async with agder.signed_in(user) as client:
        home = "/citizen" if user == "ingrid-aasen" else "/team"
        page = (await client.get(home)).text
        links = {link for link in re.findall(r'href="(/[a-z][^"#?]*)"', page) if not link.startswith("/static")}
        assert len(links) > 3
        for path in sorted(links):
            answer = await client.get(path)
            if not answer.headers.get("content-type", "").startswith("text/html") or answer.status_code != 200:
                continue
            found = Acting()
            found.feed(answer.text)
            assert (path, found.wrong) == (path, [])
            if path.startswith(home):
                assert "/auth/sign-out" in answer.text, path
