"""Witnesses take only what follows from what they have seen; one organisation's Saman is a witness for another's."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import psycopg
import pytest
from starlette.applications import Starlette

from saman.apps.ledger.routes import ledger_routes
from saman.kernel.outcome import Refusal
from saman.record import Store
from saman.record.ledger import proofs
from saman.record.ledger.anchors import anchor_of
from saman.record.ledger.differences import FORK
from saman.record.ledger.note import Checkpoint, Signer, Verifier, cosigned_at, own_signer, read_note
from saman.record.ledger.sequence import Checkpoints
from saman.record.ledger.witness import FORKED, FileWitness, HttpWitness
from saman.record.ledger.witnessing import Neighbours
from tests.conftest import Database
from tests.record.conftest import Opener
from tests.record.ledger.conftest import NOW, Kept
from tests.record.ledger.test_verify import REBUILD, REPAIR

HERE = "https://neighbour.example/ledger"


class Neighbour:
    """Another installation that is a witness for `log.example`."""

    def __init__(self, store: Store, owner: str, signer: Signer, keys: dict[str, Verifier]) -> None:
        self.owner = owner
        self.signer = signer
        app = Starlette(routes=ledger_routes(store, Neighbours(signer, keys), lambda: NOW))
        self.transport = httpx.ASGITransport(app)

    def witness(self) -> HttpWitness:
        return HttpWitness(HERE, self.signer.cosigner, self.transport)

    async def ask(self, method: str, path: str, body: str = "") -> httpx.Response:
        async with httpx.AsyncClient(transport=self.transport) as client:
            return await client.request(method, HERE + path, content=body.encode())


@pytest.fixture
async def neighbour(new_database: Callable[[], Database], open_at: Opener, tmp_path: Path, ledger: Kept) -> Neighbour:
    signer = own_signer("neighbour.example", tmp_path / "neighbour" / "key")
    assert isinstance(signer, Signer)
    database = new_database()
    store = await open_at(database.app_url)
    return Neighbour(store, database.superuser_url, signer, {"log.example": ledger.signer.verifier})


def proving(ledger: Kept) -> Callable[[int, int], Awaitable[list[bytes]]]:
    async def prove(old: int, new: int) -> list[bytes]:
        return await proofs.consistency(ledger.pool, old, new)

    return prove


async def test_a_neighbour_cosigns_what_follows(ledger: Kept, neighbour: Neighbour) -> None:
    ledger.checkpoints = Checkpoints(ledger.signer, ledger.near, [neighbour.witness()])
    await ledger.fill(300, 20, 1)
    ledger.checkpoints = Checkpoints(ledger.signer, ledger.near, [neighbour.witness()])  # as after a new start
    await ledger.fill(600)
    lines = await ledger.pool.fetch("SELECT size, line FROM ledger_cosigned ORDER BY size")
    assert [row["size"] for row in lines] == [300, 320, 321, 921]
    read = read_note(await ledger.pool.fetchval("SELECT note FROM ledger_checkpoint WHERE size = 921"))
    assert not isinstance(read, Refusal)
    assert cosigned_at(read[0], (lines[-1]["line"],), neighbour.signer.cosigner) == int(NOW.timestamp())
    note = (await neighbour.ask("GET", "/seen/log.example")).text
    anchor = anchor_of(note, ledger.signer.verifier.key, "copy")
    assert (anchor.size, ledger.verify().findings) == (921, ())
    with psycopg.connect(neighbour.owner) as connection:
        logged = connection.execute("SELECT query, action, person FROM audit").fetchall()
    assert ("checkpoint of log.example at 921", "E", None) in logged


@pytest.mark.parametrize("keeps", ["file", "neighbour"])
async def test_a_ledger_made_anew_is_not_witnessed(
    ledger: Kept, neighbour: Neighbour, tmp_path: Path, keeps: str
) -> None:
    far = FileWitness(tmp_path / "elsewhere" / "kept") if keeps == "file" else neighbour.witness()
    ledger.checkpoints = Checkpoints(ledger.signer, ledger.near, [far])
    numbers = await ledger.fill(300)
    ledger.tamper(f"UPDATE audit SET actor = 'x' WHERE entry = {numbers[7]}", REPAIR, *REBUILD)
    ledger.checkpoints = Checkpoints(ledger.signer, FileWitness(tmp_path / "new"), [far])
    await ledger.log(5)
    await ledger.number()
    assert isinstance(await ledger.sign(), Checkpoint)
    assert [row["kind"] for row in await ledger.pool.fetch("SELECT kind FROM ledger_difference")] == [FORK]
    assert await ledger.pool.fetchval("SELECT max(size) FROM ledger_cosigned") == 300


async def test_a_ledger_that_is_cut_short_is_not_witnessed(ledger: Kept, neighbour: Neighbour) -> None:
    await ledger.fill(300)
    checkpoint = Checkpoint("log.example", 300, await proofs.root_of(ledger.pool, 300))
    shorter = Checkpoint("log.example", 200, await proofs.root_of(ledger.pool, 200))
    witness, prove = neighbour.witness(), proving(ledger)
    assert isinstance(await witness.add(checkpoint, ledger.signer.sign(checkpoint), prove, NOW), str)
    for other in (witness, neighbour.witness()):
        answer = await other.add(shorter, ledger.signer.sign(shorter), prove, NOW)
        assert isinstance(answer, Refusal)
        assert answer.issues[0].key == FORKED


async def test_what_a_neighbour_does_not_take(ledger: Kept, neighbour: Neighbour, tmp_path: Path) -> None:
    await ledger.fill(300, 100)
    old = Checkpoint("log.example", 300, await proofs.root_of(ledger.pool, 300))
    new = Checkpoint("log.example", 400, await proofs.root_of(ledger.pool, 400))
    stranger = own_signer("log.example", tmp_path / "stranger")
    unknown = own_signer("unknown.example", tmp_path / "unknown")
    assert isinstance(stranger, Signer)
    assert isinstance(unknown, Signer)
    path = [b64encode(one).decode() for one in await proofs.consistency(ledger.pool, 300, 400)]

    async def status(old_size: int, hashes: list[str], note: str) -> tuple[int, str]:
        body = "\n".join([f"old {old_size}", *hashes]) + f"\n\n{note}"
        answer = await neighbour.ask("POST", "/add-checkpoint", body)
        return answer.status_code, answer.text

    sign = ledger.signer.sign
    assert (await status(0, [], sign(old)))[0] == 200
    assert await status(0, [], sign(new)) == (409, "300\n")
    assert (await status(300, path[:-1], sign(new)))[0] == 422
    assert (await status(300, path, stranger.sign(new)))[0] == 403
    assert (await status(300, path, unknown.sign(Checkpoint("unknown.example", 400, new.root))))[0] == 404
    assert (await status(300, ["no base64"], sign(new)))[0] == 400
    assert (await neighbour.ask("POST", "/add-checkpoint", "x" * 20000)).status_code == 400
    assert (await neighbour.ask("POST", "/add-checkpoint", "")).status_code == 400
    assert (await status(300, [], sign(Checkpoint("log.example", 300, new.root))))[0] == 409
    assert (await status(300, path, sign(new)))[0] == 200
    assert (await neighbour.ask("GET", "/seen/unknown.example")).status_code == 404
    assert (await neighbour.ask("GET", "/checkpoint")).status_code == 404
    assert (await neighbour.ask("GET", "/key")).text == f"{neighbour.signer.verifier}\n{neighbour.signer.cosigner}\n"


async def test_a_witness_that_is_away_misses_one_checkpoint_and_no_more(ledger: Kept, neighbour: Neighbour) -> None:
    class Away(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("away")

    away = HttpWitness(HERE, neighbour.signer.cosigner, Away())
    ledger.checkpoints = Checkpoints(ledger.signer, ledger.near, [away])
    await ledger.fill(10)
    assert await ledger.pool.fetchval("SELECT count(*) FROM ledger_cosigned") == 0
    ledger.checkpoints = Checkpoints(ledger.signer, ledger.near, [neighbour.witness()])
    await ledger.fill(10)
    assert await ledger.pool.fetchval("SELECT max(size) FROM ledger_cosigned") == 20
    assert await ledger.pool.fetchval("SELECT count(*) FROM ledger_difference") == 0


async def test_a_file_that_a_crash_has_cut_goes_on(ledger: Kept) -> None:
    await ledger.fill(10)
    with ledger.near.file.open("ab") as torn:
        torn.write(b'{"at":"2026-')
    await ledger.fill(10)
    assert [one.size for one in ledger.near.all()] == [10, 20]
    assert ledger.verify().findings == ()
