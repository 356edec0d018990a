"""`fhir-kit-client` and `@medplum/core`, run by Node against a started server; each does what `node/*.mjs` lists."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests import node
from tests.conformance.clients.conftest import Served

pytestmark = pytest.mark.conformance

HERE = Path(__file__).parent / "node"
CLIENTS = ("fhir_kit", "medplum")
PATIENCE = 120
"""Seconds after which Node is ended; nothing waits for them to pass."""
WHO = ("system", "ingrid-aasen")


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_does_everything(place: Served, name: str) -> None:
    before = place.answers
    folder = node.packages(HERE)
    given = {"base": place.fhir, "tokens": {who: place.token(who) for who in WHO}}
    words = [node.node(), str(HERE / f"{name}.mjs"), str(folder)]
    run = subprocess.run(words, input=json.dumps(given) + "\n", capture_output=True, text=True, timeout=PATIENCE)
    checks = {line["name"]: line["said"] for line in map(json.loads, run.stdout.splitlines())}
    print(f"{name}: {len(checks)} checks, {place.answers - before} answers")
    assert {check: said for check, said in checks.items() if said} == {}
    assert (list(checks), run.stderr, run.returncode) == (written(name), "", 0)


def written(name: str) -> list[str]:
    """The names of the checks that a file holds, so that none is passed over."""
    return re.findall(r"^  async (\w+)\(\)", (HERE / f"{name}.mjs").read_text("utf-8"), re.MULTILINE)
