"""What hostile, unlucky and simultaneous clients do: nothing half-written is kept, and no answer is a 5xx of ours."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from saman.record import Record, Store, system
from saman.record.contents import Contents
from saman.record.contents import files as on_disk
from saman.record.contents.sweeping import GRACE, sweep
from tests.http.audit.conftest import Caller, clock, made
from tests.http.binary.conftest import MOST, files_in
from tests.http.binary.test_content import PDF, in_file, sent
from tests.record.conftest import patient

Json = dict[str, Any]
SYSTEM = (b"authorization", b"Bearer system:")


class Sender:
    """A client of which every message is chosen, over ASGI alone."""

    def __init__(self, *messages: Json) -> None:
        self.waiting = list(messages)
        self.sent: list[Json] = []

    async def receive(self) -> Json:
        return self.waiting.pop(0) if self.waiting else {"type": "http.disconnect"}

    async def send(self, message: Json) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        status: int = self.sent[0]["status"]
        return status


def piece(body: bytes, *, more: bool = True) -> Json:
    return {"type": "http.request", "body": body, "more_body": more}


async def posted(app: ASGIApp, sender: Sender, *headers: tuple[bytes, bytes]) -> Sender:
    scope = {
        "type": "http", "method": "POST", "path": "/fhir/Binary", "root_path": "", "query_string": b"",
        "headers": [SYSTEM, (b"content-type", b"application/pdf"), *headers],
    }  # fmt: skip
    await app(scope, sender.receive, sender.send)  # type: ignore[arg-type]
    return sender


async def test_too_long_is_refused_before_it_is_sent(app: ASGIApp, call: Caller, contents: Contents) -> None:
    sender = await posted(app, Sender(piece(b"x")), (b"content-length", b"%d" % (MOST + 1)))
    assert sender.status == 413
    assert len(sender.waiting) == 1
    assert not contents.folder.exists()


async def test_a_body_without_end_is_refused_at_the_limit(app: ASGIApp, call: Caller, contents: Contents) -> None:
    sender = await posted(app, Sender(*(piece(b"x" * 50_000) for _ in range(100))))
    assert sender.status == 413
    assert len(sender.waiting) == 100 - MOST // 50_000 - 1
    assert files_in(contents) == []


async def test_the_limit_itself_fits(call: Caller) -> None:
    assert (await call("system").post("Binary", content=b"x" * MOST, headers=PDF)).status_code == 201
    assert (await call("system").post("Binary", content=b"x" * (MOST + 1), headers=PDF)).status_code == 413


@pytest.mark.parametrize("told", [b"5", b"2000"])
async def test_a_length_that_lies(app: ASGIApp, call: Caller, contents: Contents, told: bytes) -> None:
    sender = await posted(app, Sender(piece(b"x" * 1000, more=False)), (b"content-length", told))
    assert sender.status == 400
    assert files_in(contents) == []


async def test_an_upload_that_is_cut_off_leaves_nothing(app: ASGIApp, call: Caller, contents: Contents) -> None:
    sender = await posted(app, Sender(piece(b"x" * 250_000), piece(b"y")))
    assert sender.status == 400
    assert files_in(contents) == []


async def test_an_upload_that_is_cancelled_leaves_nothing(app: ASGIApp, call: Caller, contents: Contents) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    class Slow(Sender):
        async def receive(self) -> Json:
            if not self.waiting:
                begun.set()
                await never.wait()
            return await super().receive()

    task = asyncio.create_task(posted(app, Slow(piece(b"x" * 250_000))))
    await begun.wait()
    assert len(files_in(contents)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files_in(contents) == []


async def test_many_at_once_send_the_same(call: Caller, contents: Contents) -> None:
    client, data = call("system"), os.urandom(200_000)
    ids = await asyncio.gather(*(sent(client, data) for _ in range(8)))
    assert len(set(ids)) == 8
    assert files_in(contents) == [in_file(data)]
    for id in ids:
        assert (await client.get(f"Binary/{id}")).content == data


async def test_many_at_once_change_one(call: Caller) -> None:
    client = call("system")
    id = await sent(client, b"0")
    answers = await asyncio.gather(
        *(client.put(f"Binary/{id}", content=str(number).encode(), headers=PDF) for number in range(8))
    )
    assert {one.status_code for one in answers} == {200}
    assert (await client.get(f"Binary/{id}")).headers["etag"] == 'W/"9"'


@pytest.mark.parametrize(("error", "status"), [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EIO, 503)])
@pytest.mark.parametrize("step", ["write", "finished"])
async def test_a_disk_that_fails(
    call: Caller, contents: Contents, monkeypatch: pytest.MonkeyPatch, error: int, status: int, step: str
) -> None:
    def fail(_: object) -> None:
        raise OSError(error, "no")

    monkeypatch.setattr(on_disk.Arriving, step, fail)
    answer = await call("system").post("Binary", content=b"x" * 250_000, headers=PDF)
    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert files_in(contents) == []


async def test_a_folder_that_cannot_be_made(call: Caller, contents: Contents) -> None:
    contents.folder.write_text("a file is in the way")
    assert (await call("system").post("Binary", content=b"x", headers=PDF)).status_code == 503


async def test_a_content_that_is_lost_is_said_so(call: Caller, contents: Contents) -> None:
    client = call("system")
    id = await sent(client, b"lost")
    file = contents.folder / in_file(b"lost")
    file.write_bytes(b"cut")
    for headers in ({}, {"accept": "application/fhir+json"}):
        assert (await client.get(f"Binary/{id}", headers=headers)).status_code == 503
    file.unlink()
    assert (await client.get(f"Binary/{id}")).status_code == 503
    assert (await client.get("Binary", params={"_id": id})).status_code == 200


@pytest.mark.parametrize(
    "kind",
    [
        "text",
        "text/",
        "/plain",
        "text/plain; x",
        "text/plain\tx",
        "text/pla\u00efn",
        "text/plain; x=y; x",
        "text /plain",
        "<script>/x",
        "text/html; x=<script>",
        "text/plain, text/html",
        'text/plain;x="\r\nset-cookie: a=b"',
        "a/b" * 100,
    ],
)
async def test_a_kind_that_is_none(call: Caller, contents: Contents, kind: str) -> None:
    binary = {"resourceType": "Binary", "contentType": kind, "data": "eA=="}
    answer = await call("system").post("Binary", json=binary)
    assert answer.status_code == 422, kind
    assert answer.json()["issue"][0]["expression"] == ["Binary.contentType"]
    if "\r" not in kind:
        raw = await call("system").post("Binary", content=b"x", headers={"content-type": kind.encode("latin-1")})  # type: ignore[dict-item]
        assert raw.status_code == 415, kind
    assert files_in(contents) == []


@pytest.mark.parametrize("kind", ["application/fhir+xml", "application/fhir+turtle", ""])
async def test_forms_of_resources_that_are_not_offered(call: Caller, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    assert (await call("system").post("Binary", content=b"x", headers=headers)).status_code == 415
    packed = PDF | {"content-encoding": "gzip"}
    assert (await call("system").post("Binary", content=b"x", headers=packed)).status_code == 415


@pytest.mark.parametrize(
    ("kind", "saved"),
    [
        ("text/html", True),
        ("text/html; charset=utf-8", True),
        ("image/svg+xml", True),
        ("application/xhtml+xml", True),
        ("application/pdf", True),
        ("text/xml", True),
        ("application/javascript", True),
        ("text/css", True),
        ("TEXT/HTML", True),
        ('image/svg+xml; x="image/png"', True),
        ("text/plain", False),
        ("image/png", False),
        ("IMAGE/JPEG", False),
        ("audio/mpeg", False),
        ("text/plain; charset=utf-8", False),
    ],
)
async def test_what_a_browser_is_told(call: Caller, kind: str, saved: bool) -> None:
    client = call("system")
    id = await sent(client, b"<script>alert(1)</script>", kind=kind)
    for headers in ({}, {"range": "bytes=0-3"}):
        answer = await client.get(f"Binary/{id}", headers=headers)
        assert answer.headers["content-type"] == kind
        assert (answer.headers.get("content-disposition") == "attachment") is saved
        policy = answer.headers["content-security-policy"]
        assert "sandbox" in policy
        assert "default-src 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("whose", ["Patient", "nothing/1", "Patient/\u00e6", "Patient/1/../2", "a b"])
async def test_a_security_context_that_is_none(call: Caller, contents: Contents, whose: str) -> None:
    headers = PDF | {"x-security-context": whose.encode("latin-1")}
    answer = await call("system").post("Binary", content=b"x", headers=headers)
    assert answer.status_code == 422
    assert files_in(contents) == []


async def test_conditions_that_do_not_fit(call: Caller) -> None:
    client = call("system")
    assert (await client.post("Binary", content=b"x", headers=PDF | {"if-none-exist": "_id=1"})).status_code == 400
    assert (await client.post("Binary?_id=1", content=b"x", headers=PDF)).status_code == 400
    assert (await client.put("Binary?_id=1", content=b"x", headers=PDF)).status_code in (400, 415)
    assert (await client.post("Binary/_search", content=b"x", headers=PDF)).status_code == 415
    id = await sent(client, b"x")
    there = await client.put(f"Binary/{id}", content=b"y", headers=PDF | {"if-none-match": "*"})
    assert there.status_code == 412
    new = await client.put("Binary/of-mine", content=b"y", headers=PDF | {"if-none-match": "*"})
    assert new.status_code == 201
    assert (await client.get("Binary/of-mine")).content == b"y"


def aged(contents: Contents, name: str, seconds: float) -> None:
    """Let a file be older than it is."""
    path = contents.folder / name
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


async def test_what_nobody_refers_to_goes_after_a_while(store: Store, call: Caller, contents: Contents) -> None:
    client, door = call("system"), Record(store, system(clock()))

    async def arriving() -> AsyncIterator[bytes]:
        yield b"orphan"

    orphan, fresh = await contents.take_in(arriving()), await contents.take_in(arriving_of(b"fresh"))
    assert isinstance(orphan, on_disk.Content)
    assert isinstance(fresh, on_disk.Content)
    id = await sent(client, b"first", await made(client, patient()))
    replaced = await client.put(f"Binary/{id}", json={"resourceType": "Binary", "id": id, "contentType": "x/y"})
    assert replaced.status_code in (200, 422)
    deleted = await sent(client, b"deleted")
    await client.delete(f"Binary/{deleted}")
    (contents.folder / "incoming" / "killed").write_bytes(b"half")
    (contents.folder / "incoming" / "arriving").write_bytes(b"half")
    for name in (in_file(b"orphan"), in_file(b"first"), in_file(b"deleted"), "incoming/killed"):
        aged(contents, name, GRACE + 60)
    now = (contents.folder / in_file(b"fresh")).stat().st_mtime + 1
    assert await sweep(door, contents, now) == 2
    left = files_in(contents)
    assert left == sorted([in_file(b"first"), in_file(b"deleted"), in_file(b"fresh"), "incoming/arriving"])
    assert (await client.get(f"Binary/{deleted}/_history/1")).content == b"deleted"
    assert await sweep(door, contents, now) == 0


async def arriving_of(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def test_what_comes_again_while_it_is_swept_stays(contents: Contents) -> None:
    content = await contents.take_in(arriving_of(b"again"))
    assert isinstance(content, on_disk.Content)
    aged(contents, in_file(b"again"), GRACE + 60)
    old = contents.file(content.digest)
    before = old.stat().st_mtime + 1
    await contents.take_in(arriving_of(b"again"))
    assert not contents.remove(old, before)
    assert contents.is_there(content)


async def test_over_a_real_connection(served: httpx.AsyncClient, contents: Contents) -> None:
    data = os.urandom(MOST)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, MOST, 10_000):
            yield data[start : start + 10_000]

    answer = await served.post("Binary", content=pieces(), headers=PDF)
    assert answer.status_code == 201
    id = answer.json()["id"]
    for _ in range(2):
        assert (await served.get(f"Binary/{id}")).content == data
        head = await served.head(f"Binary/{id}")
        assert (head.content, head.headers["content-length"]) == (b"", str(MOST))
        part = await served.get(f"Binary/{id}", headers={"range": "bytes=7-9"})
        assert (part.status_code, part.content) == (206, data[7:10])
    assert (await served.post("Binary", content=data + b"x", headers=PDF)).status_code == 413


async def test_nothing_is_whole_in_memory(
    app: ASGIApp, call: Caller, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    write = on_disk.Arriving.write

    def noted(self: on_disk.Arriving) -> None:
        held.append(len(self._waiting))
        write(self)

    monkeypatch.setattr(on_disk.Arriving, "write", noted)
    pieces = [piece(b"x" * 1000) for _ in range(MOST // 1000 - 1)]
    assert (await posted(app, Sender(*pieces, piece(b"x", more=False)))).status == 201
    assert len(held) > 1
    assert max(held) < on_disk.PIECE + 1000
    id = await sent(call("system"), b"y" * MOST)
    for accept, most in ((b"*/*", on_disk.PIECE), (b"application/fhir+json", on_disk.PIECE * 4 // 3)):
        reader = Sender()
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/fhir/Binary/{id}",
            "root_path": "",
            "query_string": b"",
            "headers": [SYSTEM, (b"accept", accept)],
        }
        await app(scope, reader.receive, reader.send)  # type: ignore[arg-type]
        sizes = [len(message["body"]) for message in reader.sent[1:]]
        assert len(sizes) > 2
        assert max(sizes) <= most
        assert sum(sizes) == int(dict(reader.sent[0]["headers"])[b"content-length"])
