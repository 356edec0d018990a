"""A look-up by `saman serve` and its worker, as they are run, is in the citizen's log as soon as it was answered."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from saman.kernel import json
from saman.ops import postgres
from saman.ops.demo import demo_bundles
from tests.kills.served import PATIENCE, Served, attached, calling

pytestmark = pytest.mark.kills

WHOSE, NURSE = "ingrid-aasen", "silje-haugen"


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="saman-seen-"))
    made.chmod(0o755)
    yield made
    with attached(made) as cluster:
        postgres.remove(cluster)
    shutil.rmtree(made, ignore_errors=True)


def fill(served: Served) -> None:
    """Staff and one citizen, as the demo has them."""
    with calling(served.address, served.token()) as http:
        for name, bundle in demo_bundles(datetime.now(UTC)):
            if name == "staff" or WHOSE in name:
                assert http.post("", content=json.encode(bundle)).status_code == 200, name


@contextmanager
def signed_in(served: Served, user: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, timeout=PATIENCE, headers={"accept": "text/html"}) as client:
        assert client.post("/auth/demo", data={"user": user}).status_code == 303
        yield client


def looks(citizen: httpx.Client) -> int:
    """How many looks of the nurse stand on the page."""
    page = citizen.get("/citizen/who-looked?show=looks&lang=en")
    assert page.status_code == 200, page.text
    return page.text.count("<h3>Silje Haugen")


def number(served: Served, name: str) -> float:
    """A figure of the server."""
    text = httpx.get(f"{served.address}/metrics", timeout=PATIENCE).raise_for_status().text
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


def test_a_look_is_seen_at_once_and_has_its_place_after_the_next_round(folder: Path) -> None:
    served = Served(folder)
    try:
        fill(served)
        with signed_in(served, NURSE) as nurse, signed_in(served, WHOSE) as citizen:
            assert looks(citizen) == 0
            placed = number(served, "saman_ledger_entries")
            assert nurse.get(f"/team/people/{WHOSE}").status_code == 200
            assert looks(citizen) == 1, "no round of the sequencer is needed to see it"
            until = time.monotonic() + PATIENCE
            while number(served, "saman_ledger_staged") or number(served, "saman_ledger_entries") <= placed:
                assert time.monotonic() < until, "nobody gives entries their place"
            assert looks(citizen) == 1
    finally:
        served.stop()
