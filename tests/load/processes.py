"""CPU time and memory of a process and all it has started, from /proc."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from itertools import chain
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))


def memory() -> int:
    """Bytes of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class Clock:
    """The CPU seconds of a process and its descendants, those that have ended too."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def spent(self) -> float:
        """Seconds so far."""
        ended = fields[13:15] if (fields := _all().get(self._pid)) else ()
        own = [fields[11:13] for fields in family(self._pid).values()]
        return sum(map(int, chain(ended, *own))) / TICKS


def family(pid: int) -> dict[int, list[str]]:
    """A process and its descendants: the fields of `/proc/PID/stat` behind the name, by number."""
    known = _all()
    children: dict[int, list[int]] = {}
    for one, fields in known.items():
        children.setdefault(int(fields[1]), []).append(one)
    found = [pid]
    for one in found:
        found += children.get(one, ())
    return {one: known[one] for one in found if one in known}


def peak(pid: int, word: str) -> int:
    """The most bytes of memory that any descendant with `word` in its command line has ever held."""
    held = [0]
    for one in family(pid):
        with suppress(OSError):
            if word in Path(f"/proc/{one}/cmdline").read_text():
                told = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{one}/status").read_text())
                held += [int(told[1]) * 1024] if told else []
    return max(held)


def _all() -> dict[int, list[str]]:
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
    return found
