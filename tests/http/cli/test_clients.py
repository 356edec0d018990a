"""`saman clients` from the outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from saman.kernel import json
from tests.http.cli.conftest import Saman

pytestmark = pytest.mark.usefixtures("people")
APP = ("--name", "Growth chart", "--scope", "launch/patient patient/*.rs", "--redirect", "https://app.example/back")


def test_a_client_is_added_listed_and_removed(saman: Saman) -> None:
    assert saman("clients", "add", "growth-chart", *APP).status == 0
    listed = next(one for one in saman("clients", "list", "--json").json() if one["id"] == "growth-chart")
    assert listed["kind"] == "public"
    assert listed["redirects"] == ["https://app.example/back"]
    assert "growth-chart" in saman("clients", "list").out
    assert saman("clients", "remove", "growth-chart").status == 0
    assert saman("clients", "remove", "growth-chart").status == 1
    again = saman("clients", "add", "growth-chart", *APP)
    assert again.status == 1
    assert "given out before" in again.err


def test_a_secret_is_shown_once(saman: Saman) -> None:
    secret = saman("clients", "add", "with-secret", *APP, "--secret").out.strip()
    assert len(secret) == 43
    assert secret not in saman("clients", "list", "--json").out


def test_a_machine_needs_keys_and_an_organisation_that_is_there(saman: Saman, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    public = ECKey.generate_key("P-384", {"kid": "one"}, private=True).as_dict(private=False)
    keys.write_bytes(json.encode({"keys": [public]}))
    asked = ("clients", "add", "machine", "--name", "Machine", "--scope", "system/*.rs", "--keys", str(keys))
    assert "organisation" in saman(*asked).err
    assert "no organisation" in saman(*asked, "--organization", "nowhere").err
    assert saman(*asked, "--organization", "centre").status == 0
    assert "cannot be read" in saman(*asked[:-1], str(tmp_path / "missing")).err


def test_everything_that_is_wrong_is_said(saman: Saman) -> None:
    done = saman("clients", "add", "X", "--name", "", "--scope", "nonsense", "--redirect", "http://app.example/")
    assert done.status == 1
    for words in ("small letters", "1 to 80 characters", "nonsense is not a scope", "without encryption"):
        assert words in done.err
