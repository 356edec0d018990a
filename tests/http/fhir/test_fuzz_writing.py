"""Calls that write, search by a form or operate, made up from the OpenAPI description: none breaks the server."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.http.fhir.made_up import EACH, OPERATIONS, QUIET, Counted, calls, seeded

pytestmark = pytest.mark.fuzz

HERE = tuple(one for one in OPERATIONS if one.method.upper() != "GET")
COUNTED = Counted(HERE)

Callers = dict[str, httpx.AsyncClient]


@pytest_asyncio.fixture(scope="module")
async def callers(client: httpx.AsyncClient, stranger: httpx.AsyncClient, nobody: httpx.AsyncClient) -> Callers:
    """Who calls, by name."""
    await seeded(client)
    return {"system": client, "stranger": stranger, "": nobody}


@pytest.mark.parametrize("operation", HERE, ids=[one.label for one in HERE])
@settings(max_examples=EACH, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
async def test_no_call_breaks_the_server(callers: Callers, operation: Any, data: st.DataObject) -> None:
    await COUNTED.hold(callers, *data.draw(calls(operation)))


def test_each_was_called_and_often_enough() -> None:
    COUNTED.tell("ways to write, search by form and operate")
