"""Every address worth a look, by who may open it, with what to do there first. `{visit}` and the like are tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page

from .installation import Installation

Act = Callable[[Page], object]
Place = tuple[str, tuple[Act, ...]]


def open_details(page: Page) -> None:
    """Opens everything that can be opened."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def send_main(page: Page) -> None:
    """Sends the last form of the page as it stands."""
    with page.expect_navigation():
        page.evaluate("[...document.querySelectorAll('main form[method=post]')].at(-1).requestSubmit()")


def seek(page: Page) -> None:
    """Searches for somebody who does not exist."""
    page.locator("form[role=search] [name=q]").fill("zzz")
    with page.expect_navigation():
        page.locator("form[role=search] [name=q]").press("Enter")


def press(button: str) -> Act:
    """Presses a button, by its selector, that leads nowhere else."""
    return lambda page: page.locator(button).first.click()


def send(form: str) -> Act:
    """Sends a form, by its selector, as it stands."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.locator(form).first.evaluate("(form) => form.requestSubmit()")

    return act


def write(**fields: str) -> Act:
    """Writes into fields and sends the form they stand in."""

    def act(page: Page) -> None:
        for name, value in fields.items():
            page.locator(f"main [name={name}]").first.fill(value)
        with page.expect_navigation():
            page.locator("main form[method=post] button[type=submit]:visible").first.click()

    return act


NOBODY: Final[tuple[Place, ...]] = (
    ("/", (open_details,)),
    ("/", (seek,)),
)
CITIZEN: Final[tuple[Place, ...]] = (
    ("/citizen", (open_details,)),
    ("/citizen/plan", (open_details,)),
    ("/citizen/report/spo2", ()),
    ("/citizen/report/spo2", (write(spo2="78"),)),
    ("/citizen/report/weight", (write(weight="352"),)),
    ("/citizen/report/weight", (write(weight="abc"),)),
    ("/citizen/report/blood-pressure", (write(systolic="82", diastolic="138"),)),
    ("/citizen/report/breathing", ()),
    ("/citizen/report/check", ()),
    ("/citizen/report/later", ()),
    ("/citizen/report/sent", ()),
    ("/citizen/readings", ()),
    ("/citizen/readings/spo2", (open_details,)),
    ("/citizen/readings/blood-pressure", ()),
    ("/citizen/self-treatment", ()),
    ("/citizen/messages", ()),
    ("/citizen/messages", (write(text=" "),)),
    ("/citizen/who-looked", (open_details,)),
    ("/citizen/happened", ()),
    ("/citizen/report/nope", ()),
    ("/team", ()),
)
NURSE: Final[tuple[Place, ...]] = (
    ("/team", (open_details,)),
    ("/team", (press("[popovertarget=keys]"),)),
    ("/team", (press("[data-act=c]"),)),
    ("/team?show=overdue", ()),
    ("/team?show=mine", ()),
    ("/team?order=marks", ()),
    ("/team/marks", ()),
    ("/team/sent", ()),
    ("/team/people", ()),
    ("/team/people", (seek,)),
    ("/team/people/ingrid-aasen", (open_details,)),
    ("/team/people/ingrid-aasen?as=tables", ()),
    ("/team/people/ingrid-aasen/visit", ()),
    ("/team/people/ingrid-aasen/visit", (send_main,)),
    ("/team/people/ingrid-aasen/limit", ()),
    ("/team/people/ingrid-aasen/limit?of=pulse", (send_main,)),
    ("/team/people/ingrid-aasen/summary", ()),
    ("/team/people/nobody", ()),
    ("/team/messages/ingrid-aasen", ()),
    ("/team/messages/olav-tveit", (send_main,)),
    ("/team/requests/{late}", (open_details,)),
    ("/team/requests/{done}", ()),
    ("/citizen", ()),
)
HOME_CARE: Final[tuple[Place, ...]] = (
    ("/team", ()),
    ("/team/people", ()),
    ("/team/sent", ()),
    ("/team/people/einar-kleivset", (open_details,)),
    ("/team/requests/{late}", (open_details,)),
    ("/team/requests/{late}", (send("form[action$=decline]"),)),
)
DOCTOR: Final[tuple[Place, ...]] = (
    ("/team", ()),
    ("/team/people/ingrid-aasen", (open_details,)),
    ("/team/people/ingrid-aasen/summary", ()),
    ("/team/people/ingrid-aasen/limit?of=spo2", ()),
)
PLACES: Final = {
    "": NOBODY,
    "Ingrid Aasen": CITIZEN,
    "Silje Haugen": NURSE,
    "Bodil Aas": HOME_CARE,
    "Per Nilsen": DOCTOR,
}


def tasks(place: Installation) -> dict[str, str]:
    """Ids of the visits that addresses name: one that is overdue, one that is done."""
    late = [("patient", "Patient/einar-kleivset"), ("status", "requested")]
    done = [("patient", "Patient/ingrid-aasen"), ("code", "urn:saman:task|home-visit"), ("status", "completed")]
    found = {
        name: place.ask(lambda record, pairs=pairs: record.search("Task", pairs))
        for name, pairs in (("late", late), ("done", done))
    }  # type: ignore[misc]
    return {name: page.matches[0].id for name, page in found.items()}
