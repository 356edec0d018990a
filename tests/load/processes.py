"""CPU time of a process and all it has started, from /proc."""

from __future__ import annotations

import os
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
        parents: dict[int, list[int]] = {}
        used: dict[int, float] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            pid = int(folder.name)
            parents.setdefault(int(fields[1]), []).append(pid)
            own = sum(map(int, fields[11:13])) / TICKS
            used[pid] = own + (sum(map(int, fields[13:15])) / TICKS if pid == self._pid else 0)
        return sum(used.get(pid, 0) for pid in self._family(parents))

    def _family(self, parents: dict[int, list[int]]) -> list[int]:
        family = [self._pid]
        for pid in family:
            family += parents.get(pid, ())
        return family
