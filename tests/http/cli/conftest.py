"""The command line over a fresh database: a nurse of Agder, a person she follows, and that person's daughter."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from saman.kernel import json
from saman.ops import cli
from saman.ops.cli import opened
from saman.ops.region import open_region

AGDER = Path(__file__).parents[3] / "regions" / "no-agder"
NOW = "2026-11-20T10:00:00Z"

PEOPLE: list[dict[str, Any]] = [
    {"resourceType": "Organization", "id": "centre", "name": "Telemedisinsentralen"},
    {"resourceType": "Practitioner", "id": "silje", "name": [{"family": "Haugen", "given": ["Silje"]}]},
    {"resourceType": "Practitioner", "id": "nobody", "name": [{"family": "Uten", "given": ["Rolle"]}]},
    {
        "resourceType": "PractitionerRole",
        "id": "silje-role",
        "active": True,
        "practitioner": {"reference": "Practitioner/silje"},
        "organization": {"reference": "Organization/centre"},
        "code": [{"coding": [{"system": "urn:saman:role", "code": "telemedicine-nurse"}]}],
    },
    {"resourceType": "Patient", "id": "ingrid", "birthDate": "1941-03-02", "name": [{"text": "Ingrid Åsen"}]},
    {"resourceType": "Patient", "id": "stranger", "name": [{"text": "Ola Ukjent"}]},
    {
        "resourceType": "RelatedPerson",
        "id": "daughter",
        "patient": {"reference": "Patient/ingrid"},
        "name": [{"text": "Anne Åsen"}],
    },
    {
        "resourceType": "CareTeam",
        "id": "around-ingrid",
        "status": "active",
        "period": {"start": "2026-11-01", "end": "2026-11-30"},
        "subject": {"reference": "Patient/ingrid"},
        "participant": [
            {
                "role": [{"coding": [{"system": "urn:saman:role", "code": "telemedicine-nurse"}]}],
                "member": {"reference": "Practitioner/silje"},
                "onBehalfOf": {"reference": "Organization/centre"},
            }
        ],
    },
]


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.decode(self.out)


Saman = Callable[..., Done]

region_of = cache(open_region)
"""Read once for all commands of these tests."""


@pytest.fixture
def saman(database, monkeypatch, capsys, tmp_path) -> Saman:
    """Runs a command on this module's database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opened, "open_region", region_of)
    for name, value in {"DATABASE_URL": database.app_url, "REGION": AGDER, "DATA_DIR": tmp_path, "NOW": NOW}.items():
        monkeypatch.setenv(f"SAMAN_{name}", str(value))

    def run(*words: object) -> Done:
        status = cli.main([str(word) for word in words])
        return Done(status, *capsys.readouterr())

    return run


def written(file: Path, *resources: Any) -> Path:
    """`file` with the resources: one as JSON, or as NDJSON by the file's name."""
    lines = [json.encode(one) for one in resources]
    file.write_bytes(b"\n".join(lines) + b"\n")
    return file


@pytest.fixture
def people(saman: Saman, tmp_path: Path) -> None:
    """The people of this module, whose import changes nothing the second time."""
    assert saman("import", written(tmp_path / "people.ndjson", *PEOPLE)).status == 0
