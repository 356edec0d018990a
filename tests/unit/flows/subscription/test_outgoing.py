"""Whom the installation calls: hosts it has named, at addresses that are fit, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from saman.flows.subscription.outgoing import Outgoing, Result, read_hosts

ADDRESSES = (
    "https://elsewhere.example/", "http://receiver.example/", "https://receiver.example.evil.example/",
    "https://receiver.example@evil.example/", "https://evil.example#@receiver.example/",
    "https://evil.example\\@receiver.example/",
    "file:///etc/passwd", "gopher://receiver.example/", "//receiver.example/", "https:///x", "https://[::1]/", "https://127.0.0.1/",
    "https://receiver.example:0/", "https://receiver.example:99999/",
    "https://receiver。example/", "https://receiver.example/ x",
    "https://receiver.example:8443/", "", "receiver.example",
)  # fmt: skip
INSIDE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "::1", "fe80::1%eth0", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::",
)  # fmt: skip


def found(*addresses: str) -> object:
    async def lookup(host: str, port: int) -> Sequence[str]:
        return addresses

    return lookup


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_elsewhere_is_refused(address: str) -> None:
    assert Outgoing(read_hosts("receiver.example:443")).refuses(address) is not None


def test_named_hosts_are_called() -> None:
    outgoing = Outgoing(read_hosts("receiver.example:443, OTHER.example"))
    for address in ("https://receiver.example/x?y=1", "https://RECEIVER.example:443", "https://other.example:8443/"):
        assert outgoing.refuses(address) is None, address
    assert Outgoing(read_hosts("*")).refuses("https://anybody.example/") is None
    assert Outgoing(read_hosts("")).refuses("https://anybody.example/") is not None


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize("hosts", ["*", "receiver.example"])
async def test_a_name_that_leads_inside_is_not_called(inside: str, hosts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def called(*_: object, **__: object) -> None:
        raise AssertionError("somebody was called")

    monkeypatch.setattr(httpx, "AsyncClient", called)
    for addresses in ((inside,), ("192.0.2.1", inside), ("8.8.8.8", inside)):
        outgoing = Outgoing(read_hosts(hosts), found(*addresses))  # type: ignore[arg-type]
        answered = await outgoing.post("https://receiver.example/", {}, b"{}", 5)
        assert (answered.result, answered.error) == (Result.FAILED, "The receiver cannot be reached.")


async def test_a_host_inside_that_was_named_is_called_at_the_address_that_was_found() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(
            b"HTTP/1.1 302 x\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outgoing = Outgoing(read_hosts("private:receiver.test", plain=True), found("127.0.0.1"))  # type: ignore[arg-type]
    answered = await outgoing.post(f"http://receiver.test:{port}/told?x=1", {"X-Key": "one"}, b"{}", 5)
    server.close()
    await server.wait_closed()
    assert (answered.result, answered.error) == (Result.FAILED, "The receiver answered 302.")
    [head] = heard
    assert head.startswith(b"POST /told?x=1 HTTP/1.1\r\n")
    assert f"host: receiver.test:{port}".encode() in head.lower()
    assert b"x-key: one" in head.lower()


async def test_whoever_does_not_answer_is_given_up() -> None:
    waiting = asyncio.Event()

    async def never(host: str, port: int) -> Sequence[str]:
        await waiting.wait()
        return ()

    answered = await Outgoing(read_hosts("*"), never).post("https://receiver.example/", {}, b"{}", 0.01)
    assert answered.error == "The receiver did not answer in time."
