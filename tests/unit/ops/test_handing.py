"""Connections go to the server processes in turn, and to none that has ended or takes no more."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from saman.ops.handing import channel, handing_out, taken

Channel = tuple[socket.socket, socket.socket]


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def listening(opened: ExitStack) -> socket.socket:
    made = opened.enter_context(socket.socket())
    made.bind(("127.0.0.1", 0))
    made.listen(64)
    return made


@pytest.fixture
def processes(opened: ExitStack) -> list[Channel]:
    """The two ends of each of two processes."""
    made = [channel() for _ in range(2)]
    for ends in made:
        for end in ends:
            opened.enter_context(end)
    return made


def connect(listening: socket.socket, opened: ExitStack, many: int) -> list[socket.socket]:
    return [opened.enter_context(socket.create_connection(listening.getsockname())) for _ in range(many)]


def takes(process: Channel, many: int) -> list[tuple[str, int]]:
    """The addresses of the clients of the next connections that a process is handed; it waits for them."""
    _, theirs = process
    found: list[tuple[str, int]] = []
    while len(found) < many:
        theirs.settimeout(30)
        theirs.recv(1, socket.MSG_PEEK)
        theirs.setblocking(False)
        for connection in taken(theirs):
            with connection:
                found.append(connection.getpeername())
    return found


def names(clients: list[socket.socket]) -> list[tuple[str, int]]:
    return [one.getsockname() for one in clients]


def test_what_comes_at_once_goes_to_all_in_turn(listening, processes, opened):
    clients = names(connect(listening, opened, 16))
    with handing_out(listening, lambda: [ours for ours, _ in processes]):
        assert takes(processes[0], 8) == clients[::2]
        assert takes(processes[1], 8) == clients[1::2]


def test_who_has_ended_or_is_full_is_passed_over(listening, processes, opened):
    full, open_end = channel()
    opened.enter_context(full)
    opened.enter_context(open_end)
    while True:
        try:
            full.send(b"x" * 4096)
        except BlockingIOError:
            break
    (ended, gone), other = processes
    gone.close()
    clients = names(connect(listening, opened, 6))
    with handing_out(listening, lambda: [full, ended, other[0]]):
        assert takes(other, 6) == clients


def test_while_nobody_is_ready_connections_wait(listening, processes, opened):
    ready: list[socket.socket] = []
    with handing_out(listening, lambda: ready):
        clients = names(connect(listening, opened, 3))
        ready.append(processes[0][0])
        assert takes(processes[0], 3) == clients
    with handing_out(listening, lambda: [processes[1][0]]):
        later = names(connect(listening, opened, 1))
        assert takes(processes[1], 1) == later
