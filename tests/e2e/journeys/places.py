"""Every address worth a look, by who may open it, with what to do there first. `{late}` and the like are tasks."""

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


def open_folds(page: Page) -> None:
    """Opens what can be opened in the page itself, and no menu that would lie over it."""
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


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


def open_keys(page: Page) -> None:
    """Opens the list of keys, whose button narrow windows do not show."""
    page.evaluate("document.getElementById('keys').showPopover()")


def send(form: str) -> Act:
    """Sends a form, by its selector, as it stands."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.locator(form).first.evaluate("(form) => form.requestSubmit()")

    return act


def stale(form: str) -> Act:
    """Sends a form as if somebody else had changed the same since the page was opened."""

    def act(page: Page) -> None:
        field = page.locator(f"{form} [name=version]").first
        field.evaluate("(field) => { field.value = String(Number(field.value) + 1); }")
        with page.expect_navigation():
            field.evaluate("(field) => field.form.submit()")

    return act


def forged(form: str, name: str, value: str) -> Act:
    """Sends a form with another value, as a page that was open for too long or grew too large does."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.locator(form).first.evaluate(
                "(form, [name, value]) => { form.elements[name].value = value; form.submit(); }", [name, value]
            )

    return act


def write(**fields: str) -> Act:
    """Writes into fields and sends the form they stand in."""

    def act(page: Page) -> None:
        for name, value in fields.items():
            page.locator(f"main [name={name}]").first.fill(value)
        with page.expect_navigation():
            page.locator("main form[method=post] button[type=submit]:visible").first.click()

    return act


def follow(link: str) -> Act:
    """Goes where a link leads, by its selector."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.locator(link).first.click()

    return act


def late_undo(page: Page) -> None:
    """Wants to undo what somebody has changed since."""
    with page.expect_navigation():
        page.locator(DOING).first.evaluate(
            """(form) => {
              form.elements.version.value = 999;
              form.action = form.getAttribute("action").replace(/[a-z]+$/, "undo");
              form.submit();
            }"""
        )


DOING: Final = "form.doing"
BEGUN: Final = write(title="Quiet nights", challenge="Visits at night wake people up.")
MESSAGE: Final = "main form[action='/citizen/messages']"
NOBODY: Final[tuple[Place, ...]] = (
    ("/", (open_details,)),
    ("/", (seek,)),
    ("/region", (open_details,)),
    ("/region?service=safety-alarm", ()),
    ("/region/services/digital-home-follow-up", ()),
    ("/region/services/safety-alarm", (open_folds,)),
    ("/region/services/nowhere", ()),
    ("/region/compare", ()),
    ("/region/compare?of=no-agder&of=se-norrtalje", (open_folds,)),
    ("/region/compare?of=no-agder&of=dk&of=fi-paijat-hame", ()),
    ("/region/gallery", ()),
    ("/region/pathways/admission-discharge", ()),
    ("/about", (open_details,)),
    ("/about/triage", (open_details,)),
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
    ("/citizen/proofs", ()),
    ("/citizen/who-looked", (open_details,)),
    ("/citizen/happened", ()),
    ("/citizen/happened", (open_details,)),
    ("/citizen/sharing", (open_details,)),
    ("/citizen/sharing/agder-telemedicine-centre", ()),
    ("/citizen/sharing/nowhere", ()),
    ("/citizen/who-looked?days=365", ()),
    ("/citizen/who-looked?days=all&show=refused", ()),
    ("/citizen/questions/nobody", ()),
    ("/citizen/report/nope", ()),
    ("/citizen/messages", (forged(MESSAGE, "csrf", "x"),)),
    ("/citizen/messages", (forged(MESSAGE, "text", "x" * 70_000),)),
    ("/auth/assignment", ()),
    ("/auth/sessions", ()),
    ("/nonsense", ()),
    ("/team", ()),
)
RELATIVE: Final[tuple[Place, ...]] = (
    ("/citizen", (open_details,)),
    ("/citizen/plan", (open_details,)),
    ("/citizen/readings", ()),
    ("/citizen/readings/spo2", ()),
    ("/citizen/self-treatment", ()),
    ("/citizen/messages", ()),
    ("/citizen/happened", ()),
    ("/citizen/report", ()),
    ("/citizen/report/sent", ()),
    ("/citizen/who-looked", ()),
    ("/citizen/sharing", ()),
    ("/citizen/own-looks", ()),
)
GUARDIAN: Final[tuple[Place, ...]] = (
    ("/citizen", (open_details,)),
    ("/citizen/plan", ()),
    ("/citizen/sharing", (open_details,)),
    ("/citizen/sharing/municipality-arendal", ()),
    ("/citizen/sharing/municipality-arendal", (send_main,)),
    ("/citizen/sharing/nowhere", ()),
    ("/citizen/own-looks", ()),
    ("/auth/people", ()),
    ("/auth/people", (forged("main form", "csrf", "x"),)),
)
NURSE: Final[tuple[Place, ...]] = (
    ("/team", (open_details,)),
    ("/team", (open_keys,)),
    ("/team", (press("[data-act=c]"),)),
    ("/team", (stale(DOING),)),
    ("/team", (late_undo,)),
    ("/team", (forged(DOING, "csrf", "x"),)),
    ("/team", (forged(DOING, "back", "x" * 70_000),)),
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
    ("/team/people/ingrid-aasen/limit?of=pulse", (write(high="9999", reason="x"),)),
    ("/team/people/ingrid-aasen/limit?of=pulse", (write(low="abc", reason="x"),)),
    ("/team/people/ingrid-aasen/limit?of=pulse", (stale("main form"),)),
    ("/team/people/ingrid-aasen/summary", ()),
    ("/team/people/ingrid-aasen/why", ()),
    ("/team/people/ingrid-aasen/open", ()),
    ("/team/people/nobody/why", ()),
    ("/team/why-not", ()),
    ("/team/emergency", ()),
    ("/team/emergency", (write(number="123", reason="x"),)),
    ("/team/people/nobody", ()),
    ("/team/messages/ingrid-aasen", ()),
    ("/team/messages/olav-tveit", (send_main,)),
    ("/team/requests/{late}", (open_details,)),
    ("/team/requests/{late}", (stale("main form[action*='/requests/']"),)),
    ("/team/requests/{done}", ()),
    ("/team/requests/nobody", ()),
    ("/nonsense", ()),
    ("/auth/assignment", ()),
    ("/citizen", ()),
)
HOME_CARE: Final[tuple[Place, ...]] = (
    ("/team", ()),
    ("/team/people", ()),
    ("/team/sent", ()),
    ("/team/people/einar-kleivset", (open_details,)),
    ("/team/requests/{late}", (open_details,)),
    ("/team/requests/{late}", (send("form[action$=decline]"),)),
    ("/team/delegations", ()),
    ("/team/delegations/new", ()),
    ("/team/delegations/new", (write(until="2020-01-01T00:00"),)),
    ("/team/delegations/new", (send_main,)),
    ("/team/delegations/list", ()),
)
DOCTOR: Final[tuple[Place, ...]] = (
    ("/team", ()),
    ("/team/people/ingrid-aasen", (open_details,)),
    ("/team/people/ingrid-aasen/summary", ()),
    ("/team/people/ingrid-aasen/limit?of=spo2", ()),
)
COLLEAGUE: Final[tuple[Place, ...]] = (
    ("/team", (open_details,)),
    ("/team?show=mine", ()),
    ("/team/sent", ()),
    ("/team/people", ()),
    ("/team/people/ingrid-aasen", (open_details,)),
    ("/team/people/ingrid-aasen/visit", ()),
    ("/team/people/ingrid-aasen/limit", ()),
    ("/team/people/ingrid-aasen/summary", ()),
    ("/team/messages/ingrid-aasen", ()),
    ("/team/people/lise-holt", ()),
)
LEADER: Final[tuple[Place, ...]] = (
    ("/team", (open_details,)),
    ("/team/people", ()),
    ("/team/substitutes", ()),
    ("/team/substitutes", (seek,)),
    ("/team/substitutes/new", ()),
    ("/team/substitutes/new", (send_main,)),
    ("/team/substitutes/new?of=eli-strand", (send_main,)),
    ("/team/substitutes/new?of=eli-strand", (write(reason="A nurse is ill"),)),
    ("/team/substitutes/nobody/dates", ()),
    ("/team/delegations", ()),
    ("/team/delegations/new", ()),
    ("/team/delegations/list", ()),
    ("/team/members", ()),
    ("/region/work/ways", ()),
    ("/region/work/ways/new", (send_main,)),
    ("/region/work/ways/new", (BEGUN, open_details)),
    ("/region/work/ways/new", (BEGUN, follow("a[href$='/steps/expected-benefits']"), open_details)),
    ("/region/work/ways/new", (BEGUN, follow("a[href$='/steps/needs']"), follow("a[href*='/papers/']"))),
    ("/region/work/ways/new", (BEGUN, follow("a[href$='/time']"), send_main)),
    ("/region/work/ways/new", (BEGUN, follow("a[href$='/end']"), open_details)),
    ("/region/work/ways/new", (BEGUN, follow("a[href$='/report']"))),
)
KEEPER: Final[tuple[Place, ...]] = (
    ("/team", (open_details,)),
    ("/team/members", ()),
    ("/team/members", (seek,)),
    ("/team/members", (stale("main form[action$=end]"),)),
    ("/team/members/new", ()),
    ("/team/members/new?of=hanne-dahl", (send_main,)),
    ("/team/members/eli-strand/dates", ()),
    ("/team/members/eli-strand/dates", (write(until="2026-01-01T00:00"),)),
)
OVERSEER: Final[tuple[Place, ...]] = (
    ("/region", (open_details,)),
    ("/review", ()),
    ("/team", ()),
    ("/citizen", ()),
    ("/auth/assignment", ()),
)
REVIEWER: Final[tuple[Place, ...]] = (
    ("/review", ()),
    ("/review/openings", ()),
    ("/review/sample", ()),
    ("/review/patterns", ()),
    ("/review/numbers", ()),
    ("/review/questions/nobody", ()),
    ("/team", ()),
    ("/auth/assignment", ()),
)
PLACES: Final = {
    "": NOBODY,
    "Ingrid Aasen": CITIZEN,
    "Kari Aasen": RELATIVE,
    "Tor Aasen": RELATIVE,
    "Målfrid Tveit": RELATIVE,
    "Lise Holt": RELATIVE,
    "Samir Al-Khatib": GUARDIAN,
    "Silje Haugen": NURSE,
    "Bodil Aas": HOME_CARE,
    "Per Nilsen": DOCTOR,
    "Marte Olsen": COLLEAGUE,
    "Kjersti Wold": COLLEAGUE,
    "Anna Berg": COLLEAGUE,
    "Amina Yusuf": COLLEAGUE,
    "Hege Rike": LEADER,
    "Nils Tangen": COLLEAGUE,
    "Jan Dale": COLLEAGUE,
    "Geir Vik": COLLEAGUE,
    "Turid Moen": KEEPER,
    "Unni Lund": REVIEWER,
    "Rolf Ås": REVIEWER,
    "Tone Larsen": OVERSEER,
    "Ellen Vik": OVERSEER,
}
"""By the name to search for. Kari sees plan and messages, Tor nothing, Målfrid readings too; nobody follows Lise.

Samir has custody of one whose plan he sees.
"""


def tasks(place: Installation) -> dict[str, str]:
    """Ids of the visits that addresses name: one that is overdue, one that is done."""
    late = [("patient", "Patient/einar-kleivset"), ("status", "requested")]
    done = [("patient", "Patient/ingrid-aasen"), ("code", "urn:saman:task|home-visit"), ("status", "completed")]
    found = {
        name: place.ask(lambda record, pairs=pairs: record.search("Task", pairs))
        for name, pairs in (("late", late), ("done", done))
    }  # type: ignore[misc]
    return {name: page.matches[0].id for name, page in found.items()}
