"""What the page about Binary shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

from saman.kernel import json
from saman.ops.settings import Settings, name
from tests.http.audit.conftest import Caller

PAGE = (Path(__file__).parents[3] / "docs" / "subsystems" / "binary.md").read_text("utf-8")
POST = re.search(r"```http\nPOST /fhir/(\S+)\n(.+?)\n\n(.+?)\n```\n\n```json\n(.+?)\n```", PAGE, re.DOTALL)
GET = re.search(r"```http\nGET /fhir/(\S+)\n```\n\n```text\n(.+?)\n```", PAGE, re.DOTALL)


async def test_the_example(call: Caller) -> None:
    assert POST is not None
    assert GET is not None
    client = call("system")
    assert (await client.put("Patient/kari", json={"resourceType": "Patient", "id": "kari"})).status_code == 201
    headers = dict(line.split(": ") for line in POST[2].splitlines())
    made = await client.post(POST[1], content=POST[3], headers=headers)
    assert made.status_code == 201
    shown = json.decode(POST[4])
    assert {key: made.json()[key] for key in shown} == shown
    kept = await client.put(GET[1], content=POST[3], headers=headers)
    assert kept.status_code == 201
    found = await call("citizen:kari").get(GET[1])
    assert (found.status_code, found.text, found.headers["content-type"]) == (200, GET[2], "text/plain")


def test_the_settings_are_named_with_their_defaults() -> None:
    settings = Settings()
    assert f"`{name('binary_bytes')}` ({settings.binary_bytes // 2**20} MB)" in PAGE
    assert f"`{name('attachment_bytes')}` ({settings.attachment_bytes // 2**20} MB)" in PAGE
