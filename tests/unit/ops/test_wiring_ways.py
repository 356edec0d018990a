"""Settings and a region together say who can sign in, before anything is served."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from saman.kernel.outcome import Refusal
from saman.ops.region import Region, open_region
from saman.ops.settings import Settings, load
from saman.ops.wiring import ways_of

AGDER = Path(__file__).parents[3] / "regions" / "no-agder"
PRODUCTION = {"SAMAN_MODE": "production", "SAMAN_PUBLIC_URL": "https://saman.example"}


def ways(folder: Path, **given: str):
    settings = load(PRODUCTION | given, folder)
    assert isinstance(settings, Settings), settings
    region = open_region(AGDER)
    assert isinstance(region, Region)
    return ways_of(settings, region)


def test_production_without_a_way_in_does_not_start(tmp_path):
    refusal = ways(tmp_path)
    assert isinstance(refusal, Refusal)
    assert "Nobody could sign in. Set SAMAN_EID_FILE" in refusal.issues[0].text


def test_production_with_a_way_in_starts(tmp_path):
    key = tmp_path / "key.pem"
    key.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    key.chmod(0o600)
    file = tmp_path / "eid.toml"
    file.write_text('[id-porten]\nclient_id = "saman"\nkey_file = "key.pem"\n', "utf-8")
    found = ways(tmp_path, SAMAN_EID_FILE=str(file))
    assert not isinstance(found, Refusal), found
    assert [way.id for way in found] == ["id-porten"]


@pytest.mark.parametrize("value", ["yes", "true", ""])
def test_passkeys_are_on_or_off(tmp_path, value):
    assert isinstance(load(PRODUCTION | {"SAMAN_PASSKEYS": value}, tmp_path), Refusal)
