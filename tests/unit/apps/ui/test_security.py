from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from saman.apps.ui.security import HEADERS, SecurityHeaders, from_elsewhere, masked, posted, unmasked
from saman.kernel.outcome import Refusal

SECRET = "a-session-secret"


async def take(request: Request) -> Response:
    if "signed-out" not in request.headers:
        request.state.session = SimpleNamespace(csrf=SECRET)
    fields = await posted(request)
    return (
        JSONResponse({"refused": fields.issues[0].text}, fields.status)
        if isinstance(fields, Refusal)
        else JSONResponse(dict(fields))
    )


APP = Starlette(routes=[Route("/", take, methods=["POST", "GET"])], middleware=[Middleware(SecurityHeaders)])


async def post(fields: dict[str, str] | bytes, **headers: str) -> httpx.Response:
    sent: dict[str, Any] = {"content-type": "application/x-www-form-urlencoded"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://saman.test") as client:
        return await client.post("/", content=fields if isinstance(fields, bytes) else urlencode(fields), headers=sent)


async def test_a_form_of_our_own_is_taken() -> None:
    response = await post(
        {"csrf": masked(SECRET), "name": "Åse", "name2": ""}, sec_fetch_site="same-origin", origin="null"
    )
    assert response.json() == {"name": "Åse", "name2": ""}


async def test_a_script_may_send_the_token_as_a_header() -> None:
    assert (await post({"a": "1"}, x_csrf_token=masked(SECRET))).json() == {"a": "1"}


WRONG_TOKENS = {
    "none": "",
    "short": "x",
    "unmasked": SECRET,
    "another's": masked("another-secret"),
    "cut": masked(SECRET)[:-4],
    "not ascii": "é",
}


@pytest.mark.parametrize("token", WRONG_TOKENS.values(), ids=WRONG_TOKENS.keys())
async def test_a_form_without_the_sessions_token_is_refused(token: str) -> None:
    assert (await post({"csrf": token})).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://elsewhere.test"},
        {"origin": "http://saman.test.elsewhere.test"},
    ],
)
async def test_a_form_from_elsewhere_is_refused_even_with_the_token(headers: dict[str, str]) -> None:
    assert (await post({"csrf": masked(SECRET)}, **headers)).status_code == 403
    assert (await post({}, signed_out="1", **headers)).status_code == 403


async def test_whoever_is_not_signed_in_needs_no_token() -> None:
    assert (await post({"user": "x"}, signed_out="1", origin="http://saman.test")).json() == {"user": "x"}


async def test_too_much_is_refused() -> None:
    assert (await post(b"a=" + b"x" * 70_000)).status_code == 413
    assert (await post(b"&".join(b"a%d=1" % number for number in range(300)))).status_code == 400


async def test_other_kinds_of_body_are_refused() -> None:
    assert (await post(b"{}", content_type="application/json")).status_code == 415
    assert (await post(b"\xff=1")).status_code == 400


def test_reading_is_never_from_elsewhere() -> None:
    assert not from_elsewhere("GET", {"sec-fetch-site": "cross-site"}, "saman.test")


def test_the_token_never_looks_the_same_twice() -> None:
    assert masked(SECRET) != masked(SECRET)
    assert unmasked(masked(SECRET)) == SECRET


@given(st.text())
def test_any_text_unmasks_to_something(sent: str) -> None:
    assert isinstance(unmasked(sent), str)


async def test_every_answer_is_guarded() -> None:
    response = await post({})
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    assert response.headers["cache-control"] == "no-store"
    assert "unsafe" not in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
