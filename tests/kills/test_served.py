"""kill -9 of `saman serve` and of its database under clients: what was acknowledged is there once, and only whole.

`SAMAN_KILLS` sets how many kills; `SAMAN_KILLS_SEED` repeats a run, as far as processes can be made to.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest

from saman.ops import postgres
from tests.kills.served import PATIENCE, Book, Client, Line, Served, attached, calling, kill_postgres, send_again
from tests.kills.test_kills import ROUNDS, SEED, check

pytestmark = pytest.mark.kills

CLIENTS = 6
MOST = 150
"""A round's kill comes after that many acknowledgements at the latest."""

VICTIMS = ("the server and all that is with it", "one server process", "the server and its database")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="saman-served-"))
    made.chmod(0o755)
    yield made
    if (made / "data" / "postgres.json").exists():
        with attached(made) as cluster:
            postgres.remove(cluster)
    shutil.rmtree(made, ignore_errors=True)


def writing(served: Served, token: str, book: Book, name: str) -> list[Client]:
    clients = [Client(served.address, token, book, f"{SEED}-{name}-{number}") for number in range(CLIENTS)]
    for client in clients:
        client.start()
    return clients


def held(folder: Path, book: Book) -> None:
    """What was acknowledged is there once, with its audit; nothing is half."""
    with attached(folder) as cluster:
        assert check(cluster.superuser_url("saman"), book.lines, takes_events=True) == book.acknowledged


def test_kill_9_of_the_server(folder: Path) -> None:
    print(f"seed {SEED}")
    pick = Random(f"{SEED} server")
    book, served = Book(), Served(folder)
    token = served.token()
    try:
        for number in range(ROUNDS):
            victim = VICTIMS[number % len(VICTIMS)]
            begun = len(book.lines)
            clients = writing(served, token, book, f"server-{number}")
            book.wait_for(book.acknowledged + pick.randint(1, MOST))
            if victim == "one server process":
                pick.choice(served.children()).kill()
                book.wait_for_failure()
                book.is_over.set()
            else:
                if victim.endswith("database"):
                    kill_postgres(folder)
                served.kill()
            for client in clients:
                client.join()
            assert not [one for one in book.failures if one.status_code != 503], "neither a failure of its own"
            if served.process.poll() is not None:
                served = Served(folder)
            else:  # what the dead have counted stays
                assert counted(served, "/fhir") >= told(book.lines[begun:], "bundle")
            book.cut, book.failures, book.is_over = 0, [], type(book.is_over)()
            send_again(served.address, token, book)
            held(folder, book)
    finally:
        served.stop()


def counted(served: Served, route: str) -> int:
    """How many POSTs all server processes together have answered well under a route."""
    text = httpx.get(f"{served.address}/metrics").raise_for_status().text
    named = f'method="POST",route="{re.escape(route)}",status="2xx"'
    found = re.search(rf"^saman_http_request_seconds_count{{{named}}} (\S+)$", text, re.MULTILINE)
    return int(float(found[1])) if found else 0


def told(lines: list[Line], what: str) -> int:
    return sum(line.get("acknowledged") == what for line in lines)


def is_honest(answer: httpx.Response) -> bool:
    """An OperationOutcome that says to try again, and when."""
    outcome = answer.json()
    return (
        answer.status_code == 503
        and answer.headers["retry-after"].isdigit()
        and outcome["resourceType"] == "OperationOutcome"
        and [issue["code"] for issue in outcome["issue"]] == ["transient"]
    )


def wait_until_well(served: Served, token: str) -> int:
    """Ask until the record answers; every answer on the way is honest. Returns how many there were."""
    with calling(served.address, token) as http:
        asked = 0
        while (answer := http.get("Patient?_summary=count")).status_code != 200:
            asked += 1
            assert is_honest(answer), (answer.status_code, answer.text)
            assert asked < 1_000_000, "the record does not come back"
        return asked


def test_kill_9_of_the_database_under_the_server(folder: Path) -> None:
    print(f"seed {SEED}")
    pick = Random(f"{SEED} database")
    book, served = Book(), Served(folder)
    token = served.token()
    processes = {one.pid for one in served.children()}
    try:
        for number in range(max(1, ROUNDS // 2)):
            clients = writing(served, token, book, f"database-{number}")
            book.wait_for(book.acknowledged + pick.randint(1, MOST))
            kill_postgres(folder)
            for client in clients:
                client.join()
            assert book.cut == 0, "everybody is answered"
            assert len(book.failures) == CLIENTS
            assert all(map(is_honest, book.failures)), [(one.status_code, one.text) for one in book.failures]
            wait_until_well(served, token)
            book.failures = []
            send_again(served.address, token, book)
            held(folder, book)
            assert httpx.get(f"{served.address}/health/ready").status_code == 200
        assert {one.pid for one in served.children()} == processes, "no process was replaced"
        more, begun = book.acknowledged, len(book.lines)
        before = {route: counted(served, route) for route in ("/fhir", "/fhir/{type}")}
        clients = writing(served, token, book, "after")
        book.wait_for(more + MOST)
        book.is_over.set()
        for client in clients:
            client.join()
        assert not book.failures
        held(folder, book)
        new = book.lines[begun:]
        assert counted(served, "/fhir") - before["/fhir"] == told(new, "bundle")
        assert counted(served, "/fhir/{type}") - before["/fhir/{type}"] == told(new, "create") + CLIENTS
    finally:
        served.stop()


NURSE = (
    {"resourceType": "Practitioner", "id": "nurse", "name": [{"family": "Uten", "given": ["Navn"]}]},
    {
        "resourceType": "PractitionerRole",
        "id": "nurse-role",
        "active": True,
        "practitioner": {"reference": "Practitioner/nurse"},
        "organization": {"reference": "Organization/agder-telemedicine-centre"},
        "code": [{"coding": [{"system": "urn:saman:role", "code": "telemedicine-nurse"}]}],
    },
)


def test_a_server_that_is_told_to_stop_lets_the_pages_go_that_listen(folder: Path) -> None:
    """A stream that was cut instead of ended would be an error of the protocol."""
    served = Served(folder)
    try:
        with calling(served.address, served.token()) as http:
            for one in NURSE:
                answer = http.put(f"{one['resourceType']}/{one['id']}", json=one)
                assert answer.status_code == 201, answer.text
        with httpx.Client(base_url=served.address, timeout=PATIENCE) as browser:
            assert browser.post("/auth/demo", data={"user": "nurse"}).status_code == 303
            with browser.stream("GET", "/team/live") as stream:
                assert stream.status_code == 200
                lines = stream.iter_lines()
                assert next(line for line in lines if line) == "retry: 5000"
                served.process.terminate()
                assert not any(line.startswith("data:") for line in lines)
        assert served.process.wait(PATIENCE) == 0
    finally:
        served.stop()
