"""Signing in at a provider that others wrote, from another site than ours, in a browser that keeps our policies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from saman.ops import postgres
from saman.ops.application import Parts
from saman.ops.region import Region
from saman.record import Record, Store
from tests.e2e.journeys.audit import prepare, violations
from tests.e2e.journeys.installation import Hands, Installation
from tests.http.oidc.conftest import HIGH, number_people, running_issuers, ways_of

SIZES = {390: 844, 1280: 900}


class Real(Hands):
    """A clock that goes."""

    def __call__(self) -> datetime:
        """The time."""
        return datetime.now(UTC)


class Proving(Installation):
    """Serves with two electronic identities and nobody to choose from, at the issuers' time, which is the real one."""

    issuers: tuple[str, ...] = ()

    def __init__(self, url: str) -> None:
        super().__init__(url, datetime.now(UTC), triage=False)
        self.clock = Real(datetime.now(UTC))

    def parts(self, store: Store, opened: Region) -> Parts:
        """The same application as ever, with other ways in."""
        return msgspec.structs.replace(super().parts(store, opened), ways=ways_of(opened, self.issuers), demo=False)


@pytest.fixture(scope="module")
def proving(cluster: postgres.Cluster, own_database: str) -> Iterator[Proving]:
    made = Proving(cluster.app_url(own_database))
    with running_issuers(made.address) as made.issuers:
        made.start()
        made.ask(numbered)
        yield made
        made.stop()


async def numbered(record: Record) -> bool:
    await number_people(record)
    return True


@pytest.fixture(params=sorted(SIZES))
def page(browser: Browser, proving: Proving, request: pytest.FixtureRequest) -> Iterator[Page]:
    size = {"width": request.param, "height": SIZES[request.param]}
    context = browser.new_context(viewport=size, locale="en", reduced_motion="reduce", base_url=proving.address)
    prepare(context)
    yield context.new_page()
    context.close()


def prove(page: Page, account: str) -> None:
    """Sign in at the issuer, as a person would with a code."""
    page.wait_for_url("**/interaction/**")
    page.goto(f"{page.url}?account={account}&acr={HIGH}")


def test_a_citizen_goes_to_the_provider_and_back_and_leaves_both(proving: Proving, page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="For yourself or someone close")).to_be_visible()
    assert not violations(page)
    page.get_by_role("link", name="ID-porten").first.click()
    prove(page, "ingrid-aasen")
    page.wait_for_url("**/citizen")
    cookies = {one["name"]: one for one in page.context.cookies(proving.address)}
    assert cookies["saman"]["httpOnly"]
    assert "saman-begun" not in cookies
    page.locator("summary.me").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert not violations(page)
    page.get_by_role("link", name="Sign out of ID-porten too").click()
    page.wait_for_url(f"{proving.issuers[0]}/**")
    page.goto("/citizen")
    expect(page).to_have_url(re.compile(r"/$"))


def test_whoever_is_several_chooses_with_the_keyboard(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="ID-porten").last.click()
    prove(page, "both")
    page.wait_for_url("**/auth/as")
    assert not violations(page)
    page.get_by_role("button", name=re.compile("Ingrid Aasen")).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/citizen")


def test_who_is_not_there_is_told_so_in_words(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="ID-porten").first.click()
    prove(page, "stranger")
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    assert not violations(page)
    page.get_by_role("link", name="Choose how to sign in").click()
    expect(page).to_have_url(re.compile(r"/$"))
