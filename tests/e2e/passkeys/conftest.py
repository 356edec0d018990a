"""An installation where a passkey does for staff, and devices whose authenticator the browser plays."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from saman.ops import postgres
from saman.ops.application import Parts
from saman.ops.region import Region
from saman.record import Store
from saman.record.credentials.passkeys import Credentials
from tests.e2e.journeys.audit import prepare
from tests.e2e.journeys.beginning import FRIDAY_EVENING
from tests.e2e.journeys.installation import PATIENCE, Installation
from tests.http.passkeys.conftest import NURSE, lenient_region

T = TypeVar("T")

SIZES = {390: 844, 1280: 900}


class Keyed(Installation):
    """Serves with passkeys on and nobody to choose from."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, FRIDAY_EVENING, triage=False)
        self._folder = folder

    def region(self) -> Region:
        """Agder, were its country to ask for substantial of staff."""
        return lenient_region(self._folder)

    def parts(self, store: Store, opened: Region) -> Parts:
        """The same application as ever, with other ways in."""
        return msgspec.structs.replace(super().parts(store, opened), passkeys=True, demo=False)

    def invite(self) -> str:
        """The address of a new invitation for the nurse."""
        assert self._store is not None
        secret = self._done(Credentials(self._store.pool).invite(NURSE, self.clock()))
        return f"{self.address}/auth/invitation#{secret}"

    def forget_keys(self) -> None:
        """Take everybody's keys away."""
        assert self._store is not None
        self._done(self._store.pool.execute("DELETE FROM passkey"))

    def _done(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


@pytest.fixture(scope="module")
def keyed(cluster: postgres.Cluster, own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    made = Keyed(cluster.app_url(own_database), tmp_path_factory.mktemp("lenient"))
    made.start()
    yield made
    made.stop()


class Device:
    """A page with an authenticator of its own, which verifies its owner unless told otherwise."""

    def __init__(self, browser: Browser, width: int, language: str = "en") -> None:
        self._context = browser.new_context(
            viewport={"width": width, "height": SIZES[width]}, locale=language, reduced_motion="reduce"
        )
        prepare(self._context)
        self.page: Page = self._context.new_page()
        self.broken: list[str] = []
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.on("console", lambda said: self.broken.append(said.text) if said.type == "error" else None)
        self._devtools = self._context.new_cdp_session(self.page)
        self._devtools.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        added = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.authenticator: str = added["authenticatorId"]

    def verifies(self, *, owner: bool) -> None:
        """Whether the one at the device is its owner."""
        self._devtools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.authenticator, "isUserVerified": owner}
        )

    def keys(self) -> list[dict[str, object]]:
        """The keys that the device holds."""
        found = self._devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return list(found["credentials"])

    def close(self) -> None:
        self._context.close()


@pytest.fixture(params=sorted(SIZES))
def device(browser: Browser, keyed: Keyed, request: pytest.FixtureRequest) -> Iterator[Device]:
    keyed.forget_keys()
    made = Device(browser, request.param)
    yield made
    made.close()
    assert not made.broken, made.broken
