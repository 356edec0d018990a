"""`make bench`: fill a fresh database, serve it as in production, and print how fast it answers.

SAMAN_BENCH_PERSONS, SAMAN_BENCH_READINGS and SAMAN_BENCH_SECONDS change the size; every figure is printed with it.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import User
from saman.kernel.outcome import Refusal
from saman.model.access import Holder
from saman.ops import postgres
from saman.ops.region import open_region
from saman.ops.setup import set_up
from saman.record import Store, open_store
from saman.record.migrate import migrate
from tests.load.bench import CENTRE, HOME_CARE, Region, Size, fill, head, line, measure, pages, steps
from tests.load.processes import Clock, cores
from tests.load.trust import decided, seen, verified

NAME = "bench"
READY = 60.0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def size() -> Size:
    known = os.environ
    return Size(
        int(known.get("SAMAN_BENCH_PERSONS", "1000")),
        int(known.get("SAMAN_BENCH_READINGS", "100000")),
        float(known.get("SAMAN_BENCH_SECONDS", "8")),
    )


def token(store: Store, unit: str, role: str) -> str:
    user = User(
        id=unit,
        name=unit,
        kind=Holder.STAFF,
        actor=f"Practitioner/{unit}-nurse",
        role=role,
        party=unit,
        party_name=unit,
    )
    made = Tokens(store.secret).make(user, "TREAT", datetime.now(UTC), timedelta(hours=12))
    return f"Authorization: Bearer {made}"


def cookie(port: int, user: str) -> str:
    """The header line of a session of a demo person."""
    body = f"user={user}".encode()
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(
            b"POST /auth/demo HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        answer = b""
        while more := one.recv(65536):
            answer += more
    found = re.search(rb"set-cookie: ([^;]+);", answer)
    assert found, "nobody was signed in"
    return f"Cookie: {found[1].decode()}"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def serve(folder: Path, url: str, port: int) -> subprocess.Popen[bytes]:
    """A server process on the filled database, ready to answer."""
    known = {
        "SAMAN_DATABASE_URL": url,
        "SAMAN_DATA_DIR": str(folder / "serving"),
        "SAMAN_DEMO": "none",
        "SAMAN_PORT": str(port),
        "SAMAN_WORKERS": "0",
        "SAMAN_FHIR_CALLS": "0",
    }
    command = [str(Path(sys.executable).with_name("saman")), "serve"]
    process = subprocess.Popen(command, env=os.environ | known)
    deadline = time.monotonic() + READY
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("The server does not start.")
            time.sleep(0.2)
        else:
            return process


async def prepared(cluster: postgres.Cluster, wanted: Size) -> tuple[Region, str, str]:
    """The filled database, and tokens of the two nurses."""
    region = open_region(Path("regions/no-agder"))
    assert not isinstance(region, Refusal), region
    store = await open_store(cluster.app_url(NAME), region.policy)
    assert not isinstance(store, Refusal), store
    refusal = await set_up(store, region, lambda: datetime.now(UTC), say, demo=True)
    assert refusal is None, refusal
    filled = await fill(store, wanted, say)
    tokens = token(store, CENTRE, "telemedicine-nurse"), token(store, HOME_CARE, "home-care-nurse")
    await store.close()
    return filled, *tokens


def weighed(cluster: postgres.Cluster) -> tuple[str, int]:
    """The server's version, and the bytes of the database once it is tidy."""
    with psycopg.connect(cluster.superuser_url(NAME), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        found = connection.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
        version, bytes_ = found.fetchone() or ("?", 0)
        return version, bytes_


def main() -> None:
    """Fill, serve, measure, print."""
    wanted, folder = size(), Path(tempfile.mkdtemp(prefix="saman-bench-"))
    folder.chmod(0o755)
    cluster = postgres.start(folder, say)
    if isinstance(cluster, Refusal):
        sys.exit(cluster.issues[0].text)
    try:
        with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
            postgres.make_database(connection, NAME)
        migrate(cluster.admin_url(NAME), "saman_app")
        region, nurse, home = asyncio.run(prepared(cluster, wanted))
        print(head(wanted, *weighed(cluster)), flush=True)
        run(cluster, folder, wanted, region, (nurse, home))
        trust(cluster, folder)
    finally:
        postgres.remove(cluster)
        shutil.rmtree(folder, ignore_errors=True)


def trust(cluster: postgres.Cluster, folder: Path) -> None:
    """Print how fast decisions are made and the log is verified."""
    region = open_region(Path("regions/no-agder"))
    assert not isinstance(region, Refusal), region
    print(decided(region.policy), flush=True)
    print(verified(cluster.superuser_url(NAME), folder / "no-notes", cores(), say), flush=True)


def run(cluster: postgres.Cluster, folder: Path, wanted: Size, region: Region, tokens: tuple[str, str]) -> None:
    """Serve, and print each step."""
    port, pid = free_port(), cluster.status().pid
    assert pid is not None
    server = serve(folder, cluster.app_url(NAME), port)
    try:
        staff = [cookie(port, one) for one in ("silje-haugen", "per-nilsen")]
        signed_in = staff[0], cookie(port, "ingrid-aasen")
        print(seen(port, staff, signed_in[1], "ingrid-aasen"), flush=True)
        for step in [*steps(region, *tokens), *pages(*signed_in)]:
            got = asyncio.run(measure(port, step, wanted.seconds, Clock(server.pid), Clock(pid)))
            print(line(step, got), flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
