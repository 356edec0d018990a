from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import brotli
import httpx
import msgspec
import pytest
from jinja2 import UndefinedError
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.ui import icons, pages, static
from saman.apps.ui.catalogue import APPS
from saman.apps.ui.pages import render_refusal
from saman.kernel.outcome import Kind, refused

NOW = datetime(2026, 11, 20, 14, 40, tzinfo=UTC)
REFUSAL = refused(Kind.FORBIDDEN, "forbidden", "No part in this person's plan")
ASSETS = static.load()
TEMPLATES = sorted(APPS.glob("*/templates/**/*.html"))


async def page(request: Request) -> Response:
    if "who" in request.cookies:
        request.state.session = SimpleNamespace(
            csrf="secret",
            actor="Patient/1",
            user_name="Ingrid Aasen",
            role="Citizen",
            organization_name="",
            language=request.cookies["who"],
        )
    return render_refusal(request, REFUSAL)


def test_a_switch_takes_along_what_pages_know_and_nothing_that_was_typed():
    query = b"q=Ingrid+Aasen&show=mine&start=50&lang=fi&name=Ingrid"
    scope = {"type": "http", "method": "GET", "path": "/x", "query_string": query, "headers": [], "app": APP}
    asked = Request(scope)
    [choice] = pages._switch(asked, "lang", (("sv", "Svenska"),), "nb")
    assert choice.address == "/x?show=mine&start=50&lang=sv"


def make_app(demo: bool = True, secure: bool = True) -> Starlette:
    app = Starlette(routes=[Route("/x", page)])
    app.state.pages = pages.pages(ASSETS, lambda: NOW, ZoneInfo("Europe/Oslo"), demo, "nb", secure)
    return app


APP = make_app()


def signed(actor: str) -> Request:
    request = Request({"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": [], "app": APP})
    request.state.session = SimpleNamespace(
        csrf="secret", actor=actor, user_name="Ingrid Aasen", role="", organization_name="", language=""
    )
    return request


async def get(
    path: str = "/x", app: Starlette = APP, cookies: dict[str, str] | None = None, **headers: str
) -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://saman.test", cookies=cookies
    ) as client:
        return await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_the_page_carries_language_direction_and_status() -> None:
    response = await get(accept_language="fi")
    assert response.status_code == 403
    assert '<html lang="fi" dir="ltr">' in response.text
    assert response.headers["cache-control"] == "no-store"


async def test_the_regions_language_comes_last() -> None:
    assert '<html lang="nb"' in (await get(accept_language="de")).text
    assert '<html lang="is"' in (await get(cookies={"who": "is"}, accept_language="fi")).text
    assert '<html lang="sv"' in (await get(cookies={"who": "is", "lang": "sv"}, accept_language="fi")).text


async def test_a_chosen_language_and_look_are_remembered() -> None:
    response = await get("/x?lang=fi&theme=dark&start=2")
    cookies = response.headers.get_list("set-cookie")
    assert any(cookie.startswith("lang=fi;") and "Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)
    assert any(cookie.startswith("theme=dark;") for cookie in cookies)
    assert 'data-color-scheme="dark"' in response.text
    assert 'href="/x?start=2&amp;lang=sv"' in response.text
    assert not (await get("/x?lang=xx")).headers.get_list("set-cookie")


async def test_pages_go_packed_over_the_wire() -> None:
    transport = httpx.ASGITransport(APP)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://saman.test") as client,
        client.stream("GET", "/x", headers={"accept-encoding": "br"}) as response,
    ):
        raw = b"".join([chunk async for chunk in response.aiter_raw()])
    assert b"<!doctype html>" in brotli.decompress(raw)


async def test_the_demo_says_so_and_production_does_not() -> None:
    assert "Demo." in (await get(accept_language="en")).text
    assert "Demo." not in (await get(app=make_app(demo=False), accept_language="en")).text


async def test_unreviewed_words_are_said_to_be() -> None:
    assert "native speaker" not in (await get(accept_language="en")).text
    assert "morsmål" in (await get(accept_language="nb")).text


async def test_the_page_knows_who_is_signed_in_and_lets_them_out() -> None:
    text = (await get(cookies={"who": "en"})).text
    assert '<span class="disc" aria-hidden="true">IA</span>' in text
    assert 'action="/auth/sign-out"' in text
    token = re.search(r'name="csrf" value="([^"]+)"', text)
    assert token is not None
    assert token[1] != "secret"


async def test_the_device_mark_says_nothing_of_who_it_is() -> None:
    rendered = pages.html(signed("Patient/1"), "ui/refusal.html", REFUSAL)
    assert "Patient/1" not in rendered


async def test_a_role_is_called_what_the_care_model_calls_it() -> None:
    app = make_app()
    app.state.pages = msgspec.structs.replace(app.state.pages, role_name=lambda role, language: f"{role} in {language}")
    assert "Citizen in nb" in (await get(app=app, cookies={"who": "nb"})).text


async def test_only_the_icons_in_use_are_sent() -> None:
    text = (await get(accept_language="en")).text
    assert set(re.findall(r'href="#i-(\w+)"', text)) == set(re.findall(r'symbol id="i-(\w+)"', text))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(APPS)))
def test_templates_obey_the_content_security_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), "no styles or handlers in pages"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "scripts are files"
    assert not re.search(r"""(?:\bsrc=|<link[^>]*href=|url\()["']?(?:https?:)?//""", text), "nothing from outside"


def test_every_template_compiles() -> None:
    environment = APP.state.pages.environment
    for path in TEMPLATES:
        app, _, name = str(path.relative_to(APPS)).split("/", 2)
        environment.get_template(f"{app}/{name}")


def test_a_missing_value_is_a_bug_and_not_an_empty_page() -> None:
    with pytest.raises(UndefinedError):
        APP.state.pages.environment.from_string("{{ view.nothing }}").render(view=REFUSAL)


def test_an_icon_is_hidden_or_named() -> None:
    assert icons.use("sun") == '<svg class="i" aria-hidden="true"><use href="#i-sun"/></svg>'
    assert icons.use("sun", "Now <") == '<svg class="i" role="img" aria-label="Now &lt;"><use href="#i-sun"/></svg>'
    with pytest.raises(KeyError):
        icons.use("moon")
    assert isinstance(icons.sprite(["sun"]), Markup)


def test_initials_are_of_the_first_and_the_last_name() -> None:
    assert [pages.initials(name) for name in ("Ingrid Marie Aasen", "Åse", "")] == ["IA", "Å", ""]
