"""Calls about a Binary made up from strange headers: none breaks the server, and a content comes back whole."""

from __future__ import annotations

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.audit.conftest import Caller

WORDS = st.sampled_from(
    [
        "application/fhir+json",
        "application/json",
        "application/pdf",
        "text/plain",
        "text/html",
        "*/*",
        "",
        ";",
        "q=0",
        "application/fhir+xml",
        ",",
        "charset=utf-8",
        "fhirVersion=4.0",
        "bytes=",
        "0-1",
        "-",
        "5-",
        "Patient/1",
        'W/"1"',
        "*",
        "\u00e6",
        "\x7f",
        "a" * 300,
        '"',
        'x="y"',
        "json",
        "xml",
        "urn:uuid:x",
        "1" * 25,
    ]
)
VALUE = st.lists(WORDS, max_size=4).map(" ".join) | st.lists(WORDS, max_size=4).map("".join)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["accept", "range", "if-range", "if-match", "if-none-match", "if-none-exist", "prefer", "x-security-context"]
    ),
    VALUE,
    max_size=3,
)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def written(headers: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode("latin-1") for name, value in headers.items()}


@settings(deadline=None, suppress_health_check=QUIET, max_examples=100)
@given(headers=HEADERS, kind=VALUE, data=st.binary(max_size=40), wanted=VALUE | st.none())
async def test_nothing_breaks(
    call: Caller, headers: dict[str, str], kind: str, data: bytes, wanted: str | None
) -> None:
    client = call("system")
    sent = written(headers | {"content-type": kind})
    made: httpx.Response = await client.post("Binary", content=data, headers=sent)  # type: ignore[arg-type]
    assert made.status_code < 500, made.text
    if made.status_code != 201 or "location" not in made.headers:
        assert made.status_code in (400, 406, 412, 413, 415, 422), made.text
        return
    place = made.headers["location"].partition("/fhir/")[2].partition("/_history")[0]
    params = {} if wanted is None else {"_format": wanted}
    answer = await client.get(place, headers=written(headers), params=params)  # type: ignore[arg-type]
    assert answer.status_code in (200, 206, 304, 406, 416), answer.text
    stored = await client.get(place)
    if not kind.partition(";")[0].strip().endswith("json"):
        assert stored.content == data
