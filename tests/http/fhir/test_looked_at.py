"""A fault in an answer fails the test that got it."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import JSONResponse

from tests import answers

FAULTY = {"resourceType": "Patient", "birthDate": "soon", "shoeSize": 47}


async def test_a_faulty_answer_is_noticed() -> None:
    async with httpx.AsyncClient(transport=answers.LookedAt(JSONResponse(FAULTY)), base_url="http://test") as client:
        with pytest.raises(AssertionError, match=r"shoeSize: unknown element"):
            await client.get("/Patient/1")


@pytest.mark.parametrize("body", [b"", b"{", b'{"openapi": "3.1.0"}', b"[]", b"\xff"])
def test_what_is_no_resource_is_passed_over(body: bytes) -> None:
    assert answers.faults(body) == []
