"""`saman parameters` and what `saman reindex` does for them, from the outside."""

from __future__ import annotations

from pathlib import Path

from saman.kernel import json
from tests.http.cli.conftest import Saman
from tests.record.parameters import parameter, with_eyes


def test_they_are_listed_and_built(saman: Saman, tmp_path: Path) -> None:
    file = tmp_path / "some.ndjson"
    several = [with_eyes("blue", id="kari"), with_eyes("brown", id="ola"), parameter("eyes", id="eyes")]
    file.write_bytes(b"\n".join(map(json.encode, several)))
    assert saman("import", file).status == 0
    [one] = saman("parameters", "--json").json()
    assert (one["source"], one["code"], one["bases"], one["state"]) == ("eyes", "eyes", ["Patient"], "building")
    assert (one["done"], one["count"]) == (0, 0)
    done = saman("reindex")
    assert (done.status, done.err) == (0, "The index is whole: 3 resources.\n")
    [one] = saman("parameters", "--json").json()
    assert (one["state"], one["done"], one["count"]) == ("ready", 100, 2)
    assert "eyes" in saman("parameters").out
