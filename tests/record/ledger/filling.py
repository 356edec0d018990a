"""A process of its own whose files may not grow: `python -m tests.record.ledger.filling WHAT FOLDER BYTES`.

It writes what a server writes, one entry at a time, and says after each whether it was kept (`1`) or not (`0`). After
half of its tries its files may grow again.
"""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

from saman.record.ledger.emergency import EmergencyLog
from saman.record.ledger.journal import Journal
from saman.record.traffic import Settled
from tests.record.ledger.conftest import entry

SECRET = b"s" * 32
TRIES = 40


def main(what: str, folder: Path, most: int) -> str:
    """The answers of all tries."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    emergency, journal = EmergencyLog(folder, SECRET), Journal(folder)
    said = ""
    for number in range(TRIES):
        if number == TRIES // 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        said += str(int(_kept(emergency, number) if what == "emergency" else _noted(journal, number)))
    emergency.close()
    journal.close()
    return said


def _kept(emergency: EmergencyLog, number: int) -> bool:
    try:
        emergency.append([entry(number)])
    except OSError:
        return False
    return True


def _noted(journal: Journal, number: int) -> bool:
    before = journal.lost
    journal(Settled([entry(number)], [number], [], 0))
    return journal.lost == before


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
