"""Hands the connections that come to the server processes in turn.

Were they all to listen on one socket, whichever wakes first would take most of what comes at once, and the pages of
all would wait for one process while another has nothing to do.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

BEAT = 0.25
"""Seconds after which is looked whether it is over."""
SHORT = 0.05
"""Seconds until another try when no process takes a connection."""

Takers = Callable[[], Sequence[socket.socket]]
"""The channels of those processes that are ready, always in the same order."""


@contextmanager
def handing_out(listening: socket.socket, takers: Takers) -> Iterator[None]:
    """Hand out what comes to a listening socket until the block ends; what nobody has taken yet waits in its queue."""
    over = threading.Event()
    listening.settimeout(BEAT)
    thread = threading.Thread(target=_hand_out, args=(listening, takers, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _hand_out(listening: socket.socket, takers: Takers, over: threading.Event) -> None:
    turn = count()
    while not over.is_set():
        there = takers()
        if not there:
            over.wait(SHORT)
            continue
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            continue
        except OSError:  # it was given up before it was taken, or there are too many open files
            over.wait(SHORT)
            continue
        with connection:
            while not _given(connection, takers(), next(turn)) and not over.wait(SHORT):
                pass


def _given(connection: socket.socket, takers: Sequence[socket.socket], turn: int) -> bool:
    """Whether one of them has taken it, first whose turn it is."""
    first = turn % max(1, len(takers))
    for taker in (*takers[first:], *takers[:first]):
        try:
            socket.send_fds(taker, [b"!"], [connection.fileno()])
        except OSError:  # it has ended, or has more than it can take
            continue
        return True
    return False


def channel() -> tuple[socket.socket, socket.socket]:
    """The two ends by which connections are handed to a process: ours, which never waits, and its own."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)
    theirs.setblocking(False)
    return ours, theirs


def taken(channel: socket.socket) -> Iterator[socket.socket]:
    """The connections that have been handed over by now."""
    while True:
        try:
            word, handles, _, _ = socket.recv_fds(channel, 1, 1)
        except BlockingIOError:
            return
        if not word:
            return
        for handle in handles:
            yield socket.socket(fileno=handle)
