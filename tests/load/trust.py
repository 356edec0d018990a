"""How fast the log is verified, a decision is made, and a citizen sees who has looked."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psycopg

from saman.model.access import Assignment, Domain, Holder, Policy, Question, Relation, RelationKind, decide
from saman.record.ledger.verify import verify
from tests.load.goals import Goal, Row

DECISIONS = 20_000
SEEN_WITHIN = 10.0
"""Seconds after which a citizen sees a look at the latest."""

_LOGGED = """INSERT INTO audit (at, request, actor, role, party, purpose, action, type, id, person, outcome, ground,
    query, read, missed)
SELECT now() + i * interval '1 ms', 'r' || to_hex(i), 'Practitioner/' || i %% 500, 'home-care-nurse',
    'unit-' || i %% 50, 'TREAT', 'R', 1 + i %% 9, '', 'p' || i %% 1000, 0, 'CareTeam/x' || i %% 1000, '$everything',
    'Observation/a' || i || '/1 b' || i || '/1 c/2 Task/d/1', 'Goal' FROM generate_series(1, %s) AS i"""


def verified(url: str, folder: Path, entries: int, processes: int, say: Callable[[str], None]) -> Row:
    """The line about verifying: entries a second with so many processes, and nothing may be wrong."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(_LOGGED, (entries,))
        say(f"Giving places to {entries} entries")
        while (owner.execute("SELECT ledger_extend(20000)").fetchone() or (0,))[0] > 0:
            pass
        owner.execute("VACUUM (ANALYZE)")
    begun = time.perf_counter()
    found = verify(url, (), folder, lambda _: None, processes)
    took = time.perf_counter() - begun
    assert found.findings == (), found.findings[0]
    return Row("verify audit", found.entries / took, Goal(50_000))


def decided(policy: Policy) -> Row:
    """The line about decisions: whether somebody may see a kind of data of a person, with five ties to judge by."""
    now, pick, took = datetime.now(UTC), Random("decisions"), list[float]()
    since, until = now - timedelta(days=9), now + timedelta(days=9)
    ties = tuple(
        Relation(person="person", kind=one, ground="CareTeam/1", party="unit", start=since, end=until)
        for one in list(RelationKind)[:5]
    )
    for _ in range(DECISIONS):
        role = pick.choice(("home-care-nurse", "telemedicine-nurse", "general-practitioner", "hospital-doctor"))
        acting = Assignment(
            number=1, kind=Holder.STAFF, purpose="TREAT", role=role, party="unit", actor="Practitioner/1"
        )
        asked = Question(assignment=acting, domain=pick.choice(list(Domain)), at=now, person="person", relations=ties)
        begun = time.perf_counter()
        decide(asked, policy)
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    return Row("decision", took[int(len(took) * 0.99)], Goal(5, "ms"), of="p99")


def seen(port: int, staff: Sequence[str], citizen: str, whose: str) -> Row:
    """The line about looks: seconds from an answer to staff until the person's own log shows it.

    `staff` and `citizen` are header lines of sessions; each of staff looks at `whose` once and for the first time.
    """
    took: list[float] = []
    for session in staff:
        before = _shown(port, citizen)
        assert _asked(port, f"/team/people/{whose}", session)[0] == 200
        begun = time.perf_counter()
        while _shown(port, citizen) <= before:
            assert time.perf_counter() - begun < SEEN_WITHIN, "the look is not shown"
        took.append(time.perf_counter() - begun)
    return Row("look seen by the citizen", max(took), Goal(SEEN_WITHIN, "s"))


def _shown(port: int, citizen: str) -> int:
    """How many looks stand in the own log."""
    status, page = _asked(port, "/citizen/who-looked?show=looks", citizen)
    assert status == 200
    return page.count(b'id="e-')


def _asked(port: int, path: str, session: str) -> tuple[int, bytes]:
    name, _, value = session.partition(": ")
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", path, headers={name: value, "Accept": "text/html"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
