"""A nurse is invited, makes a key, signs in with it, makes another and lets one go: with a keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.journeys.audit import violations
from tests.e2e.passkeys.conftest import Device, Keyed


def press(page: Page, name: str) -> None:
    """Use a control as somebody without a mouse does."""
    control = page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True))
    control.first.focus()
    page.keyboard.press("Enter")


def test_from_invitation_to_two_keys(keyed: Keyed, device: Device) -> None:
    page = device.page
    page.goto(keyed.invite())
    expect(page).to_have_url(re.compile(r"/auth/invitation$"))
    assert not violations(page)
    press(page, "Go on")
    expect(page.get_by_text("For Silje Haugen.")).to_be_visible()
    assert not violations(page)
    page.get_by_label("Name of the key").focus()
    page.keyboard.type("Work telephone")
    page.keyboard.press("Enter")
    page.wait_for_url("**/team")
    assert len(device.keys()) == 1

    page.goto(f"{keyed.address}/auth/assignment")
    press(page, "Your passkeys")
    expect(page.get_by_role("heading", name="Work telephone")).to_be_visible()
    expect(page.get_by_text("This is your only key.")).to_be_visible()
    assert not violations(page)
    sign_out(page)

    press(page, "Passkey on this or another device")
    expect(page.get_by_role("heading", name="Sign in with a passkey")).to_be_visible()
    assert not violations(page)
    press(page, "Use a passkey")
    page.wait_for_url("**/team")
    assert device.keys()[0]["signCount"] == 2

    page.goto(f"{keyed.address}/auth/passkeys")
    page.get_by_label("New name").fill("Telephone at work")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Telephone at work")).to_be_visible()


def sign_out(page: Page) -> None:
    page.locator("summary.me").click()
    press(page, "Sign out")
    page.wait_for_url(re.compile(r"/$"))


def test_whoever_is_not_the_owner_stays_out_and_may_try_again(keyed: Keyed, device: Device) -> None:
    page = device.page
    page.goto(keyed.invite())
    press(page, "Go on")
    page.get_by_label("Name of the key").fill("Mine")
    page.keyboard.press("Enter")
    page.wait_for_url("**/team")
    sign_out(page)

    device.verifies(owner=False)
    page.goto(f"{keyed.address}/auth/passkeys/sign-in")
    press(page, "Use a passkey")
    expect(page.get_by_role("alert")).to_be_visible()
    assert not violations(page)
    page.goto(f"{keyed.address}/team")
    expect(page).to_have_url(f"{keyed.address}/")

    device.verifies(owner=True)
    page.goto(f"{keyed.address}/auth/passkeys/sign-in")
    press(page, "Use a passkey")
    page.wait_for_url("**/team")


def test_an_address_without_its_secret_says_so(keyed: Keyed, device: Device) -> None:
    page = device.page
    page.goto(f"{keyed.address}/auth/invitation")
    expect(page.get_by_role("alert")).to_contain_text("not whole")


def test_a_used_invitation_is_not_good_any_more(keyed: Keyed, device: Device) -> None:
    page, address = device.page, keyed.invite()
    keyed.invite()
    device.page.goto(address)
    press(page, "Go on")
    expect(page.get_by_text("not good any more")).to_be_visible()
    device.broken.clear()  # The browser notes the refusal itself.
