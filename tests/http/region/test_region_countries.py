"""The region's page tells the rules of every country whole: consent, ages and mandates too."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from saman.model.access import Policy, read_country
from saman.ops.region import Region

AppOf = Callable[[Region], Starlette]

COUNTRIES = Path(__file__).parents[3] / "regions" / "countries"

# Country, rule, and what the page says of it.
SAID = [
    ("se", "R02-hospital-doctor", "they are in the care team; and besides when the citizen has allowed it"),
    ("se", "R15-guardian", "they have custody of the child; until the age of 13"),
    ("se", "R17-no-direct-access", "never see:"),
    ("fi", "R17-mandate", "the citizen has given them a mandate (the record); from the age of 18"),
    ("dk", "R15-guardian", "until the age of 15"),
    ("is", "R15-mandate", "from the age of 16; until the age of 18"),
]


@pytest.mark.parametrize(("code", "rule", "words"), SAID)
def test_a_rule_is_told_with_all_its_conditions(
    code: str, rule: str, words: str, region: Region, app_of: AppOf
) -> None:
    text = (COUNTRIES / f"{code}.access.yaml").read_text("utf-8")
    policy = read_country(code, text, {role.id for role in region.model.roles})
    assert isinstance(policy, Policy)
    html = page(app_of(msgspec.structs.replace(region, policy=policy)))
    line = re.sub(r"\s+", " ", html.split(f">{rule}</span>")[0].rsplit("<li>", 1)[1])
    assert words in line


def page(app: Starlette) -> str:
    async def fetch() -> str:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get("/region?lang=en")).text

    return asyncio.run(fetch())
