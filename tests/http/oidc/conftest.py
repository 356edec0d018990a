"""The application with two real issuers that others wrote, and a network in which a test can stand in the middle."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import msgspec
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey

from saman.apps.auth.oidc.way import Way
from saman.flows.governance.resources import applied
from saman.kernel.outcome import Refusal
from saman.model.identity import Method
from saman.ops.application import Parts, application
from saman.ops.demo import demo_bundles
from saman.ops.region import Region, open_region
from saman.record import Record, Store, open_store, process, system
from tests import node

HERE = Path(__file__).parent
AGDER = HERE.parents[2] / "regions" / "no-agder"
BASE = "http://test"
WAYS = ("id-porten", "helseid")
SECRET = "a secret that only the two of us know"
PEOPLE = ("ingrid-aasen", "olav-tveit")
NUMBER = "urn:oid:2.16.578.1.12.4.1.4.1"
KEY = ECKey.generate_key("P-256", {"kid": "saman", "use": "sig", "alg": "ES256"})

SUBSTANTIAL, HIGH, LOW = "idporten-loa-substantial", "idporten-loa-high", "idporten-loa-low"

ACCOUNTS: dict[str, dict[str, str]] = {
    "silje": {"pid": "13886912345", "name": "Silje Haugen"},
    "both": {"pid": "17915612345", "name": "Not the name in the record"},
    "gone": {"pid": "11814512345"},
    "stranger": {"pid": "19848012345", "name": "Ingrid Aasen"},
    "twin": {"pid": "21827512345"},
    "unnumbered": {"name": "Ingrid Aasen"},
    "odd": {"pid": "not a number"},
}
"""Who can sign in at the providers; the citizens of the demo are added with their own numbers."""


@pytest.fixture(scope="session")
def issuers() -> Iterator[tuple[str, ...]]:
    """Addresses of `oidc-provider`, one for each way."""
    with running_issuers(BASE) as addresses:
        yield addresses


@contextmanager
def running_issuers(base: str) -> Iterator[tuple[str, ...]]:
    """The same for an installation at `base`."""
    folder = node.packages(HERE / "provider")
    words = [node.node(), str(HERE / "provider" / "provider.mjs"), str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    given = {
        "base": base, "secret": SECRET, "jwks": {"keys": [KEY.as_dict(private=False)]},
        "accounts": ACCOUNTS | demo_accounts(), "ways": WAYS,
    }  # fmt: skip
    with subprocess.Popen(words, text=True, **pipes) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        run.stdin.write(json.dumps(given) + "\n")
        run.stdin.flush()
        line = run.stdout.readline()
        assert line, run.stderr.read() if run.stderr else ""
        yield tuple(json.loads(line))
        run.kill()


def demo_accounts() -> dict[str, dict[str, str]]:
    """The demo's citizens by id, with the numbers of the demo."""
    found = {}
    for _, bundle in demo_bundles(datetime.now(UTC)):
        for entry in bundle["entry"]:
            one = entry["resource"]
            if one["resourceType"] == "Patient" and one["id"] in PEOPLE:
                found[one["id"]] = {
                    "pid": next(each["value"] for each in one["identifier"] if each["system"] == NUMBER)
                }
    return found


def ways_of(region: Region, issuers: tuple[str, ...]) -> tuple[Way, ...]:
    """The ways of this country at our issuers, which speak as ID-porten does."""
    like, work = (region.identity.provider(id) for id in WAYS)
    assert like is not None
    assert work is not None
    profiles = (like, msgspec.structs.replace(like, id=work.id, name=work.name, people=work.people))
    return tuple(
        Way(
            provider=profile,
            issuer=issuer,
            origins=frozenset({issuer}),
            client_id="saman",
            method=Method.PRIVATE_KEY_JWT,
            key=KEY,
        )
        for profile, issuer in zip(profiles, issuers, strict=True)
    )


class Clock:
    """The real time, which the issuers live in, and as far from it as a test wants."""

    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off

    def forward(self, **span: float) -> None:
        self.off += timedelta(**span)


class Middle(httpx.AsyncBaseTransport):
    """The network between Saman and the issuers; `on_answer` and `on_request` let a test change what passes."""

    def __init__(self) -> None:
        self._real = httpx.AsyncHTTPTransport()
        self.calls: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.on_answer: Callable[[str, Any], Any] | None = None
        self.broken: Callable[[httpx.Request], httpx.Response | None] | None = None

    async def aclose(self) -> None:
        await self._real.aclose()
        self._real = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(str(request.url))
        self.forms.append(dict(parse_qsl((await request.aread()).decode())))
        if self.broken is not None and (put := self.broken(request)) is not None:
            return put
        answer = await self._real.handle_async_request(request)
        if self.on_answer is None:
            return answer
        body = json.loads(await answer.aread())
        changed = json.dumps(self.on_answer(request.url.path, body)).encode()
        return httpx.Response(
            answer.status_code, headers={"content-type": "application/json"}, stream=httpx.ByteStream(changed)
        )


class Eid:
    """An installation with ways to sign in."""

    def __init__(self, store: Store, region: Region, issuers: tuple[str, ...]) -> None:
        self.store, self.region, self.issuers = store, region, issuers
        self.clock, self.middle = Clock(), Middle()
        self.app = self.made()

    def made(self, **changes: Any) -> Any:
        """A new application; also one that has not asked the issuers for anything yet."""
        ways = ways_of(self.region, self.issuers)
        parts: dict[str, Any] = {
            "store": self.store, "region": self.region, "clock": self.clock, "secret": self.store.secret,
            "demo": False, "secure": False, "base_url": BASE, "ways": ways, "eid_transport": self.middle,
        }  # fmt: skip
        return application(Parts(**(parts | changes)))

    def with_secret(self) -> Any:
        """An application that proves itself with a secret, which no clock has a say in."""
        changes = {"client_id": "saman-secret", "method": Method.CLIENT_SECRET_BASIC, "key": None, "secret": SECRET}
        return self.made(ways=(msgspec.structs.replace(ways_of(self.region, self.issuers)[0], **changes),))

    @property
    def system(self) -> Record:
        return Record(self.store, system(self.clock()))

    @asynccontextmanager
    async def browser(self, app: Any = None) -> AsyncIterator[httpx.AsyncClient]:
        """A browser that reaches Saman in this process and the issuers over the machine's own network."""
        headers = {"accept": "text/html,*/*", "accept-language": "en"}
        mounts = {f"{BASE}/": httpx.ASGITransport(app or self.app)}
        async with httpx.AsyncClient(mounts=mounts, base_url=BASE, headers=headers) as client:
            yield client

    async def off(self, browser: httpx.AsyncClient, way: str = "id-porten") -> str:
        """Where Saman sends the browser to sign in."""
        answer = await browser.get(f"/auth/eid/{way}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def prove(self, browser: httpx.AsyncClient, address: str, account: str, acr: str | None = HIGH) -> str:
        """The address with the issuer's answer, once `account` has signed in there as a person would."""
        while not address.startswith(BASE):
            if "/interaction/" in address:
                address += f"?{urlencode({'account': account} | ({'acr': acr} if acr else {}))}"
            answer = await browser.get(address)
            form = re.search(r'<form method="post" action="([^"]+)"', answer.text)
            if form is not None:  # The issuer signs the one before out, by a form that sends itself.
                fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text))
                answer = await browser.post(form[1], data=fields)
            assert answer.status_code in (302, 303), answer.text
            address = str(httpx.URL(address).join(answer.headers["location"]))
        return address

    async def sign_in(
        self, browser: httpx.AsyncClient, account: str, way: str = "id-porten", acr: str | None = HIGH
    ) -> httpx.Response:
        """What Saman answers to somebody who has signed in at an issuer."""
        return await browser.get(await self.prove(browser, await self.off(browser, way), account, acr))


def changed(address: str, **fields: str | None) -> str:
    """`address` with other query fields; None takes one away."""
    parts = urlsplit(address)
    kept = {name: value for name, value in (dict(parse_qsl(parts.query)) | fields).items() if value is not None}
    return parts._replace(query=urlencode(kept)).geturl()


@pytest_asyncio.fixture(scope="module")
async def eid(database: Any, issuers: tuple[str, ...]) -> AsyncIterator[Eid]:
    region = open_region(AGDER)
    assert isinstance(region, Region), region
    store = await open_store(database.app_url, region.policy)
    assert isinstance(store, Store), store
    made = Eid(store, region, issuers)
    await applied(store, region.model, made.clock())
    for name, bundle in demo_bundles(made.clock()):
        if name == "staff" or name.split("-", 1)[-1] in PEOPLE or name.removeprefix("follow-up-") in PEOPLE:
            answer = await process(made.system, bundle)
            assert isinstance(answer, str), (name, answer)
    await number_people(made.system)
    yield made
    await store.close()


async def number_people(record: Record) -> None:
    """Give people of the demo the numbers of ACCOUNTS: one nurse, one who is nurse, citizen and relative, two twins."""
    both, twin = ACCOUNTS["both"]["pid"], ACCOUNTS["twin"]["pid"]
    await numbered(record, "Practitioner", "silje-haugen", ACCOUNTS["silje"]["pid"])
    for type_name, id in (("Practitioner", "eli-strand"), ("RelatedPerson", "kari-aasen")):
        await numbered(record, type_name, id, both)
    for number, more in ((both, {}), (twin, {}), (twin, {}), (ACCOUNTS["gone"]["pid"], {"deceasedBoolean": True})):
        person = {"resourceType": "Patient", "name": [{"text": "Made Up"}], "identifier": [identifier(number)]} | more
        written = await record.create(person)
        assert not isinstance(written, Refusal), written


async def numbered(record: Record, type_name: str, id: str, number: str) -> None:
    """Write the number to somebody who is there."""
    there = await record.read(type_name, id)
    assert not isinstance(there, Refusal), there
    person = there.resource()
    person["identifier"] = [*person.get("identifier", ()), identifier(number)]
    written = await record.update(type_name, id, person)
    assert not isinstance(written, Refusal), written


def identifier(number: str) -> dict[str, str]:
    return {"system": NUMBER, "value": number}


@pytest.fixture(autouse=True)
def nobody_in_the_middle(eid: Eid) -> None:
    """Every test begins at the real time, on a network that changes nothing."""
    eid.clock.off = timedelta()
    eid.middle.on_answer = eid.middle.broken = None
    eid.middle.calls.clear()
    eid.middle.forms.clear()
