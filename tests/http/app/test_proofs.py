"""A citizen takes a proof along of what the own log tells, and anybody can check it without us."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import httpx
import msgspec
import pytest

from saman.ops import cli
from saman.record.ledger.note import Checkpoint, Signer, own_signer
from saman.record.ledger.proof_file import ProofFile, check_proof, read_proofs
from saman.record.ledger.sequence import Checkpoints, extend
from saman.record.ledger.witness import FileWitness
from tests.http.app.conftest import Agder
from tests.http.app.test_who_looked import LOOKED, nurse_looks, page_of

REAL = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    made = own_signer("log.example", tmp_path / "key")
    assert isinstance(made, Signer)
    return made


async def signed(agder: Agder, signer: Signer, folder: Path) -> None:
    """What the worker does every half minute."""
    await extend(agder.store.pool)
    made = await Checkpoints(signer, FileWitness(folder / "checkpoints"), ()).make(agder.store.pool, REAL)
    assert isinstance(made, Checkpoint)


async def newest(client: httpx.AsyncClient) -> str:
    """The address of the proof of the newest look."""
    found = re.search(r'href="(/citizen/who-looked/\d+/proof\?at=[^"]+)"', await page_of(client, LOOKED))
    assert found is not None
    return unescape(found[1])


async def test_a_look_is_proven_once_a_checkpoint_covers_it(agder: Agder, signer: Signer, tmp_path: Path) -> None:
    agder.clock.forward(minutes=1)
    await nurse_looks(agder)
    async with agder.signed_in("ingrid-aasen") as citizen:
        address = await newest(citizen)
        early = await citizen.get(address, params={"lang": "en"} | dict(httpx.URL(address).params))
        assert (early.status_code, "not ready yet" in early.text) == (409, True)
        await signed(agder, signer, tmp_path)
        answer = await citizen.get(address)
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "no-store"
        found = read_proofs(answer.content)
        assert isinstance(found, ProofFile)
        assert [check_proof(one, signer.verifier) for one in found.entries] == [None] * len(found.entries)
        assert any("Practitioner/silje-haugen" in one.text for one in found.entries)
        await _nobody_else(agder, address)
        _command(tmp_path, answer.content, signer)
        _changed(found, signer)


async def _nobody_else(agder: Agder, address: str) -> None:
    async with agder.signed_in("olav-tveit") as other:
        assert (await other.get(address)).status_code == 404
    async with agder.signed_in("silje-haugen") as nurse:
        assert (await nurse.get(address)).status_code == 403
    async with agder.browser() as nobody:
        assert (await nobody.get(address)).status_code == 303


def _command(folder: Path, data: bytes, signer: Signer) -> None:
    file, key = folder / "saman-proof.json", folder / "keys"
    file.write_bytes(data)
    key.write_text(f"{signer.verifier}\n{signer.cosigner}\n")
    assert cli.main(["verify", "proof", str(file), "--key", str(signer.verifier)]) == 0
    assert cli.main(["verify", "proof", str(file), "--key", str(key)]) == 0
    assert cli.main(["verify", "proof", str(file), "--key", str(signer.cosigner)]) == 1
    assert cli.main(["verify", "proof", str(file), "--key", "no key"]) == 1
    assert cli.main(["verify", "proof", str(folder / "nothing"), "--key", str(key)]) == 1
    for wrong in (b"", b"{}", b'{"form":"saman-proof-1","entries":[]}', data.replace(b"silje", b"other")):
        file.write_bytes(wrong)
        assert cli.main(["verify", "proof", str(file), "--key", str(key)]) == 1


def _changed(found: ProofFile, signer: Signer) -> None:
    """Whatever is changed in a proof, it does not hold any more."""
    one = found.entries[0]
    for change in (
        {"position": one.position + 1}, {"position": -1}, {"commitment": "00" * 32}, {"commitment": "x"},
        {"path": one.path[:-1]}, {"path": (*one.path, "00" * 32)}, {"path": ("x",)}, {"salt": "00" * 16},
        {"text": one.text + " "}, {"checkpoint": one.checkpoint.replace("log.example", "other.example")},
        {"checkpoint": ""},
    ):  # fmt: skip
        assert check_proof(msgspec.structs.replace(one, **change), signer.verifier) is not None, change


async def test_what_is_not_in_the_own_log_is_not_found(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as citizen:
        for look, at in (("1", "2026-11-20T12:00:00+00:00"), ("x", "2026-11-20T12:00:00+00:00"), ("1", "x"),
                         ("1", ""), ("1", "2026-11-20T12:00:00"), ("1", "9999-12-31T23:59:59+00:00"),
                         ("9" * 30, "2026-11-20T12:00:00+00:00")):  # fmt: skip
            answer = await citizen.get(f"{LOOKED}/{look}/proof", params={"at": at})
            assert answer.status_code == 404, (look, at)


async def test_a_page_says_what_a_proof_is(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as citizen:
        assert "nobody can change without being found out" in await page_of(citizen, "/citizen/proofs")
        assert 'href="/citizen/proofs"' in await page_of(citizen, LOOKED)
