"""Every citizen page in every state worth looking at: name, address, and what to do there first."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

Act = Callable[[Page], object]
Place = tuple[str, str, tuple[Act, ...]]


def submit(**fields: str) -> Act:
    """Fills fields and sends the page's form."""

    def act(page: Page) -> None:
        for name, value in fields.items():
            page.locator(f"[name={name}]").fill(value)
        page.locator("main form button.main[type=submit]").last.click()

    return act


def seek(page: Page) -> None:
    """Searches for somebody who does not exist."""
    page.locator("form[role=search] [name=q]").fill("zzz")
    with page.expect_navigation():
        page.locator("form[role=search] [type=submit]").click()


def open_menu(page: Page) -> None:
    page.locator("details.menu summary").click()


def open_details(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


PLACES: tuple[Place, ...] = (
    ("front", "/", ()),
    ("front-none", "/", (seek,)),
    ("today", "/citizen", ()),
    ("menu", "/citizen", (open_menu,)),
    ("plan", "/citizen/plan", (open_details,)),
    ("ask-number", "/citizen/report/spo2", ()),
    ("ask-error", "/citizen/report/weight", (submit(weight="abc"),)),
    ("ask-unsure", "/citizen/report/spo2", (submit(spo2="78"),)),
    ("ask-impossible", "/citizen/report/weight", (submit(weight="352"),)),
    ("ask-pair", "/citizen/report/blood-pressure", ()),
    ("ask-pair-error", "/citizen/report/blood-pressure", (submit(systolic="82", diastolic="138"),)),
    ("ask-choice", "/citizen/report/breathing", ()),
    ("ask-choice-error", "/citizen/report/breathing", (submit(),)),
    ("check", "/citizen/report/check", ()),
    ("later", "/citizen/report/later", ()),
    ("readings", "/citizen/readings", ()),
    ("trend", "/citizen/readings/spo2", (open_details,)),
    ("trend-pair", "/citizen/readings/blood-pressure", ()),
    ("self-treatment", "/citizen/self-treatment", ()),
    ("messages", "/citizen/messages", ()),
    ("who-looked", "/citizen/who-looked", (open_details,)),
    ("sharing", "/citizen/sharing", (open_details,)),
    ("own-looks", "/citizen/own-looks", ()),
    ("sharing-with", "/citizen/sharing/centre", ()),
    ("sharing-preview", "/citizen/sharing/centre", (submit(),)),
    ("log-question-late", "/citizen/questions/q1", ()),
    ("log-question-answered", "/citizen/questions/q2", ()),
    ("happened", "/citizen/happened", ()),
    ("happened-late", "/citizen/happened/late", ()),
    ("not-found", "/citizen/report/nope", ()),
)
STATES: dict[str, tuple[Place, ...]] = {
    "empty": (
        ("empty-today", "/citizen", ()),
        ("empty-plan", "/citizen/plan", ()),
        ("empty-readings", "/citizen/readings", ()),
        ("empty-trend", "/citizen/readings/spo2", ()),
        ("empty-messages", "/citizen/messages", ()),
        ("empty-who-looked", "/citizen/who-looked", ()),
        ("empty-sharing", "/citizen/sharing", ()),
    ),
    "answered": (("answered-check", "/citizen/report/check", ()), ("answered-today", "/citizen", ())),
    "sent": (("sent", "/citizen/report/sent", ()), ("sent-today", "/citizen", ())),
    "broken": (("broken-today", "/citizen", ()),),
}
