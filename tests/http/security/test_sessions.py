"""Sessions and cookies: random, new at each sign-in, held by the browser alone, and worth nothing once ended."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.http.app.conftest import Agder

NAME = "__Host-saman"


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    """Every cookie that an answer sets."""
    found = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        found.load(line)
    return found


def session_of(answer: httpx.Response, name: str = "saman") -> str:
    """The token that an answer gives."""
    return cookies_of(answer)[name].value


def csrf_in(page: str) -> str:
    """The token that the forms of a page carry."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def test_every_cookie_is_for_this_host_alone_and_no_script_reads_it(agder: Agder, secure: Any) -> None:
    seen: dict[str, Any] = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(secure), base_url="https://test") as client:
        for user, paths in (
            ("ingrid-aasen", ("/citizen", "/citizen?language=fi", "/?language=en")),
            ("silje-haugen", ("/team", "/team/new", "/team?language=sv")),
        ):
            seen |= cookies_of(await client.post("/auth/demo", data={"user": user}))
            for path in paths:
                seen |= cookies_of(await client.get(path))
            page = (await client.get(paths[0])).text
            seen |= cookies_of(await client.post("/auth/sign-out", data={"csrf": csrf_in(page)}))
    assert NAME in seen
    for name, cookie in seen.items():
        assert name.startswith("__Host-"), name
        assert cookie["secure"], name
        assert cookie["httponly"], name
        assert cookie["samesite"].lower() in ("lax", "strict"), name
        assert (cookie["path"], cookie["domain"]) == ("/", ""), name
        assert len(name) + len(cookie.value) < 4096


async def test_tokens_are_long_random_and_never_the_same(agder: Agder) -> None:
    tokens = set()
    for _ in range(20):
        async with agder.browser() as client:
            tokens.add(session_of(await client.post("/auth/demo", data={"user": "ingrid-aasen"})))
    assert len(tokens) == 20
    assert all(len(token) >= 43 for token in tokens), "256 bits in base64"


async def test_a_token_that_somebody_else_chose_is_not_taken_over(agder: Agder) -> None:
    chosen = "A" * 43
    async with agder.browser() as client:
        client.cookies.set("saman", chosen)
        answer = await client.post("/auth/demo", data={"user": "ingrid-aasen"})
        assert session_of(answer) != chosen
    async with agder.browser() as other:
        other.cookies.set("saman", chosen)
        assert (await other.get("/citizen")).status_code == 303


async def test_signing_in_again_ends_the_session_before(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as client, agder.browser() as copy:
        copy.cookies.update(client.cookies)
        assert (await copy.get("/citizen")).status_code == 200
        csrf = csrf_in((await client.get("/citizen")).text)
        assert (await client.post("/auth/demo", data={"user": "ingrid-aasen", "csrf": csrf})).status_code == 303
        assert (await copy.get("/citizen")).status_code == 303
        assert (await client.get("/citizen")).status_code == 200


async def test_signing_out_empties_what_the_browser_kept(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as client:
        csrf = csrf_in((await client.get("/citizen")).text)
        answer = await client.post("/auth/sign-out", data={"csrf": csrf})
        assert '"cache"' in answer.headers["clear-site-data"]
        assert cookies_of(answer)["saman"]["max-age"] == "0"


async def test_a_token_stands_in_no_page_and_no_address(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as client:
        token = client.cookies["saman"]
        for path in ("/citizen", "/", "/citizen/who-looked"):
            answer = await client.get(path)
            assert token not in answer.text
            assert token not in str(answer.url)
            assert token not in str(answer.headers)


async def test_a_session_opens_no_interface_and_a_token_no_page(agder: Agder, bearer: dict[str, str]) -> None:
    async with agder.signed_in("silje-haugen") as nurse, agder.browser() as client:
        assert (await nurse.get("/fhir/Patient")).status_code == 401
        assert (await client.get("/team", headers=bearer)).status_code == 303


async def test_a_token_is_taken_from_its_header_alone(agder: Agder, bearer: dict[str, str]) -> None:
    token = bearer["authorization"].removeprefix("Bearer ")
    async with agder.browser() as client:
        assert (await client.get("/fhir/Patient", headers=bearer)).status_code == 200
        assert (await client.get("/fhir/Patient", params={"access_token": token})).status_code == 401
        form = {"access_token": token}
        assert (await client.post("/fhir/Patient/_search", data=form)).status_code == 401
        for scheme in ("Basic", "Token", "DPoP", ""):
            wrong = {"authorization": f"{scheme} {token}".strip()}
            assert (await client.get("/fhir/Patient", headers=wrong)).status_code == 401
        cookie = {"cookie": f"saman={token}"}
        assert (await client.get("/team", headers=cookie)).status_code == 303


async def test_headers_that_a_proxy_would_set_make_nobody_else_of_the_caller(agder: Agder) -> None:
    posing = {
        "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", "x-forwarded-host": "elsewhere.test",
        "x-forwarded-proto": "https", "x-forwarded-user": "silje-haugen", "x-user-id": "Practitioner/1",
        "forwarded": "for=127.0.0.1;host=elsewhere.test", "x-original-url": "/metrics", "x-rewrite-url": "/team",
        "x-http-method-override": "DELETE",
    }  # fmt: skip
    async with agder.signed_in("ingrid-aasen") as citizen, agder.browser() as nobody:
        plain, posed = await citizen.get("/citizen"), await citizen.get("/citizen", headers=posing)
        assert posed.status_code == plain.status_code == 200
        assert "elsewhere.test" not in posed.text
        assert (await citizen.get("/team", headers=posing)).status_code == 403
        answer = await nobody.get("/citizen", headers=posing)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await nobody.get("/fhir/Patient", headers=posing)).status_code == 401


async def test_no_address_leads_to_another_site(agder: Agder) -> None:
    names = ("next", "return", "returnTo", "redirect", "redirect_uri", "url", "continue", "to")
    for elsewhere in ("https://elsewhere.test", "//elsewhere.test", "/\\elsewhere.test", "javascript:alert(1)"):
        asked = dict.fromkeys(names, elsewhere)
        async with agder.browser() as client:
            answers = [
                await client.get("/", params=asked),
                await client.get("/citizen", params=asked),
                await client.post("/auth/demo", params=asked, data={"user": "ingrid-aasen", **asked}),
                await client.get("/citizen/", params=asked),
                await client.get(f"/{elsewhere}/citizen/"),
            ]
        leads = [urlsplit(answer.headers.get("location", "")) for answer in answers]
        assert {(to.scheme, to.netloc) for to in leads} <= {("", ""), ("http", "test")}


async def test_what_is_not_a_page_is_not_handed_out(agder: Agder) -> None:
    paths = (
        "/.git/config", "/.git/HEAD", "/.env", "/saman.toml", "/pyproject.toml", "/static/", "/static", "/static/js/",
        "/static/../saman.toml", "/static/%2e%2e/%2e%2e/pyproject.toml", "/static//etc/passwd", "/docs", "/admin",
        "/debug", "/.svn/entries", "/server-status", "/fhir/../.git/config", "/robots.txt~", "/index.php",
    )  # fmt: skip
    async with agder.browser() as client:
        answers = {path: await client.get(path, follow_redirects=True) for path in paths}
    shown = {path for path, one in answers.items() if one.status_code not in (401, 404) and one.url.path != "/"}
    assert shown == set()
