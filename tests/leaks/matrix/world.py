"""A generated world in a database of its own, under the whole application, and calls in everybody's name."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import User
from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.access import Holder, Policy, read_country
from saman.ops.application import Parts, application
from saman.ops.bulk import Bulk
from saman.record import Record, Store, open_store, process, system
from saman.record.apps.approvals import Approval, Approvals
from saman.record.apps.clients import Client, Clients
from saman.record.contents import Contents
from tests.e2e.journeys.beginning import region

from .oracle import OWN_AGE, Oracle, Thing
from .people import START, Persona, town
from .resources import Resource, Writer
from .truth import zone

ROOT = Path(__file__).parents[3]
BASE = "http://saman.test"
FHIR = ((b"content-type", b"application/fhir+json"),)
PURPOSES = {"staff": "TREAT", "citizen": "PATRQT", "relative": "FAMRQT", "system": "HSYSADMIN"}


class Call(NamedTuple):
    """One request to the FHIR interface: method, address below it, headers and body."""

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    @property
    def sent(self) -> bytes:
        """All that was said, for telling an echo from a leak."""
        return b" ".join((self.path.encode(), self.body, *(value for _, value in self.headers)))


WORK = Call("WORK", "")
"""Lets the worker do what waits, as no call of anybody's does."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def all(self) -> bytes:
        """Headers and body together."""
        return b"\n".join((*(name + b": " + value for name, value in self.headers), self.body))


def country_policy(country: str, change: tuple[str, str] = ("", "")) -> Policy:
    """The policy of a country without agreements; `change` replaces one text of it by another, once."""
    roles = re.findall(r"\{id: ([a-z-]+)", (ROOT / "regions/roles.yaml").read_text("utf-8"))
    text = (ROOT / f"regions/countries/{country.lower()}.access.yaml").read_text("utf-8")
    assert change[0] in text, change
    policy = read_country(f"{country.lower()}.access.yaml", text.replace(*change, 1), roles)
    assert isinstance(policy, Policy), policy
    return policy


class World:
    """The application over what was written down of a town, and what is true of it."""

    def __init__(self, country: str, seed: int, store: Store, folder: Path) -> None:
        self.country, self.seed, self.store = country, seed, store
        self.now = START
        self.town = town(seed, zone(country), OWN_AGE[country])
        self._written = Writer(self.town, Random(seed + 1)).write()
        self.things: tuple[Thing, ...] = tuple(thing for thing, _ in self._written)
        self.of: dict[str, list[Thing]] = {}
        for thing in self.things:
            self.of.setdefault(thing.type, []).append(thing)
        self.oracle = Oracle(country, self.town.people, self.things)
        opened = msgspec.structs.replace(region(), policy=store.policy)
        self.app = application(
            Parts(
                store=store, region=opened, clock=lambda: self.now, secret=store.secret, demo=False, secure=False,
                base_url=BASE, triage_manufacturer="Demo only", exports=folder / "exports",
            )
        )  # fmt: skip
        self.folder: TemporaryDirectory[str] | None = None
        self._bulk = Bulk(store, folder / "exports", lambda: self.now)
        self._tokens: dict[tuple[str, datetime], bytes] = {}

    async def fill(self) -> None:
        """Store everything."""
        record = Record(self.store, system(START), f"{BASE}/fhir")
        for turn in range(3):
            again = [(thing, versions[turn]) for thing, versions in self._written if turn < len(versions)]
            await _stored(record, [("PUT", thing, version) for thing, version in again])
        await _stored(record, [("DELETE", thing, None) for thing in self.things if thing.deleted])
        clients = Clients(self.store.pool)
        await clients.add(Client(id="matrix", name="Matrix", kind="public", registered=START))

    async def enter(self, who: Persona, now: datetime) -> None:
        """Make a token for somebody at a moment."""
        self.now = now
        if (who.name, now) not in self._tokens:
            made = await self._app_token(who) if who.scope else Tokens(self.store.secret).make(
                User(id="x", name="x", kind=Holder(who.kind), actor=who.actor, role=who.role, party=who.unit),
                PURPOSES[who.kind], now, timedelta(hours=1),
            )  # fmt: skip
            self._tokens[who.name, now] = b"Bearer " + made.encode()

    async def _app_token(self, who: Persona) -> str:
        approval = Approval(
            id=f"{abs(hash((who.name, self.now))):032x}", client="matrix", actor=who.actor, kind=who.kind,
            role=who.role, party=who.unit, purpose=PURPOSES[who.kind], patient=who.only, scope=who.scope,
            begun=self.now, until=self.now + timedelta(hours=1),
        )  # fmt: skip
        await Approvals(self.store.pool).begin(approval)
        return Tokens(self.store.secret).make_for_app(approval, who.scope, self.now, approval.until)

    async def ask(self, who: Persona, call: Call) -> Answer:
        """The application's answer, through all of its middleware."""
        if call == WORK:
            await self._bulk.once()
            return Answer(204, (), b"")
        path, _, query = call.path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": call.method,
            "scheme": "http", "path": f"/fhir/{path}" if path else "/fhir", "raw_path": b"", "root_path": "",
            "query_string": query.encode(), "client": ("127.0.0.1", 1), "server": ("saman.test", 80), "state": {},
            "headers": [
                (b"host", b"saman.test"), (b"authorization", self._tokens[who.name, self.now]),
                (b"x-request-id", b"the-same-request"), *call.headers,
                *(() if b"content-type" in dict(call.headers) else FHIR),
            ],
        }  # fmt: skip
        return await _asked(self.app, scope, call.body)

    async def close(self) -> None:
        """End the connections."""
        await self.store.close()
        if self.folder is not None:
            self.folder.cleanup()


async def _stored(record: Record, changes: list[tuple[str, Thing, Resource | None]]) -> None:
    """Write many things, some hundred in a transaction."""
    for start in range(0, len(changes), 200):
        entries = [
            {"request": {"method": method, "url": f"{thing.type}/{thing.id}"}} | ({"resource": body} if body else {})
            for method, thing, body in changes[start : start + 200]
        ]
        answer = await process(record, {"resourceType": "Bundle", "type": "transaction", "entry": entries})
        assert not isinstance(answer, Refusal), answer


async def _asked(app: object, scope: dict[str, object], body: bytes) -> Answer:
    status, headers, parts = 0, (), []  # type: ignore[var-annotated]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], tuple(message["headers"])  # type: ignore[assignment,arg-type]
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)  # type: ignore[operator]
    return Answer(status, headers, b"".join(parts))  # type: ignore[arg-type]


def sent(value: object) -> bytes:
    """A body."""
    return json.encode(value)


async def world_of(country: str, seed: int, url: str, policy: Policy | None = None) -> World:
    """A filled world."""
    store = await open_store(url, policy or country_policy(country), connections=6)
    assert isinstance(store, Store), store
    folder = TemporaryDirectory(prefix="saman-contents-")
    store.contents = Contents(Path(folder.name) / "contents")
    made = World(country, seed, store, Path(folder.name))
    made.folder = folder
    try:
        await made.fill()
    except BaseException:
        await made.close()
        raise
    return made
