"""A real SMART app (npm `fhirclient`) at an address of its own: launched alone and from a person's page."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from saman.apps.auth.smart.registration import Registration, client_of
from saman.kernel.outcome import Refusal
from saman.record import Record
from saman.record.apps.clients import Clients
from tests.e2e.conftest import Install
from tests.e2e.journeys.audit import prepare, violations
from tests.e2e.journeys.installation import Installation

HERE = Path(__file__).parent
LIBRARY = HERE / "vendor" / "fhir-client.pure.min.js"
INGRID, NURSE = "ingrid-aasen", "silje-haugen"
SCOPE = "launch launch/patient openid fhirUser online_access patient/Patient.rs patient/Observation.rs"


class _App(SimpleHTTPRequestHandler):
    """Serves the app's three files and the library."""

    def translate_path(self, path: str) -> str:
        """The library under one name, everything else from the app's folder."""
        return str(LIBRARY) if path == "/fhir-client.js" else super().translate_path(path)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    """The address of the app."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_App, directory=str(HERE / "app")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def place(install: Install, app: str) -> Installation:
    """An installation that knows the app."""
    installation = install()
    asked = Registration(
        id="browser-app", name="Growth chart", redirects=[f"{app}/app.html"], launch=f"{app}/launch.html", scope=SCOPE
    )
    client = client_of(asked, installation.clock())
    assert not isinstance(client, Refusal), client

    async def register(record: Record) -> bool:
        return await Clients(record.store.pool).add(client)

    assert installation.ask(register)
    return installation


@pytest.fixture(params=[390, 1280])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": request.param, "height": 844}, locale="en", reduced_motion="reduce"
    )
    prepare(context)
    yield context.new_page()
    context.close()


def herself(name: str) -> re.Pattern[str]:
    """Somebody's own button, and not one of those who are close to them."""
    return re.compile(rf"^{name}\b")


def sign_in(page: Page, place: Installation, name: str) -> None:
    page.goto(f"{place.address}/?lang=en")
    page.get_by_role("searchbox").fill(name)
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("button", name=herself(name)).click()


def looked_at(page: Page) -> None:
    assert violations(page) == []


def shows_ingrid(page: Page, user: str) -> None:
    expect(page.locator("#renewed")).to_have_text(INGRID)
    expect(page.locator("#error")).to_have_text("")
    expect(page.locator("#name")).to_have_text("Ingrid Aasen")
    expect(page.locator("#user")).to_have_text(user)
    expect(page.locator("#readings")).to_have_text("5 readings")
    expect(page.locator("#other")).to_have_text(INGRID)


def test_the_library_is_the_one_that_is_named() -> None:
    digest = hashlib.sha256(LIBRARY.read_bytes()).hexdigest()
    assert digest in (HERE / "vendor" / "README.md").read_text("utf-8")


def test_alone_by_a_citizen_who_signs_in_on_the_way(page: Page, place: Installation, app: str) -> None:
    page.goto(f"{place.address}/?lang=en")
    page.goto(f"{app}/launch.html?iss={place.address}/fhir")
    expect(page.get_by_role("heading", name="Growth chart asks for access")).to_be_visible()
    looked_at(page)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("searchbox").fill("Ingrid Aasen")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("button", name=herself("Ingrid Aasen")).click()
    expect(page.get_by_role("heading", name="Let Growth chart in?")).to_be_visible()
    assert page.url == f"{place.address}/auth/consent"
    looked_at(page)
    page.get_by_role("button", name="Yes, let it in").click()
    shows_ingrid(page, f"Patient {INGRID}")
    page.goto(f"{place.address}/auth/apps")
    looked_at(page)
    page.get_by_role("button", name="End this").first.click()
    expect(page.get_by_role("heading", name="No app has access")).to_be_visible()


def test_alone_by_staff_who_choose_a_person(page: Page, place: Installation, app: str) -> None:
    sign_in(page, place, "Silje Haugen")
    page.goto(f"{app}/launch.html?iss={place.address}/fhir")
    page.get_by_label("Name").fill("Ingrid")
    page.get_by_role("button", name="Search").click()
    looked_at(page)
    page.get_by_role("button", name=herself("Ingrid Aasen")).click()
    expect(page.get_by_role("heading", name="About Ingrid Aasen")).to_be_visible()
    page.get_by_role("button", name="Yes, let it in").click()
    shows_ingrid(page, f"Practitioner {NURSE}")


def test_from_a_persons_page(page: Page, place: Installation, app: str) -> None:
    sign_in(page, place, "Silje Haugen")
    page.goto(f"{place.address}/auth/assignment")
    page.evaluate(_OPEN, INGRID)
    expect(page.get_by_role("heading", name="Open Growth chart")).to_be_visible()
    assert INGRID not in page.url
    looked_at(page)
    page.get_by_role("link", name="Open it").click()
    expect(page.get_by_role("heading", name="Let Growth chart in?")).to_be_visible()
    page.get_by_role("button", name="Yes, let it in").click()
    shows_ingrid(page, f"Practitioner {NURSE}")


def test_no_is_an_answer(page: Page, place: Installation, app: str) -> None:
    sign_in(page, place, "Ingrid Aasen")
    page.goto(f"{app}/launch.html?iss={place.address}/fhir")
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.locator("#error")).to_contain_text("failed")
    assert page.url.startswith(f"{app}/app.html?error=access_denied")


_OPEN = """patient => {
  const form = document.querySelector('form[action="/auth/assignment"]');
  form.action = "/auth/launch";
  for (const [name, value] of [["client", "browser-app"], ["patient", patient]]) {
    const field = document.createElement("input");
    field.type = "hidden"; field.name = name; field.value = value;
    form.append(field);
  }
  form.requestSubmit();
}"""
"""What the form of a person's page posts."""
