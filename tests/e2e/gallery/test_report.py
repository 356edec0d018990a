"""Reporting on a phone: with and without scripts, with a lost line, never twice."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from .serve import Gallery

NUMBERS = {
    "spo2": {"spo2": "93"},
    "pulse": {"pulse": "84"},
    "weight": {"weight": "71.8"},
    "blood-pressure": {"systolic": "138", "diastolic": "82"},
}
NOTHING_WAITS = """async () => {
  const drafts = await (await caches.open('saman-kept-1')).matchAll();
  const kept = await Promise.all(drafts.map((draft) => draft.json()));
  return kept.every((one) => !one.send && !Object.keys(one.waiting).length);
}"""
CHOICES = ("breathing", "phlegm", "swelling")


def fill(page: Page, step: str) -> None:
    """Answers the question on the page and goes on."""
    expect(page.locator(f"form[data-step={step}]")).to_be_visible()
    for name, value in NUMBERS.get(step, {}).items():
        page.locator(f"[name={name}]").fill(value)
    if step in CHOICES:
        page.get_by_text("As usual", exact=True).click()
    page.get_by_role("button", name="Next").click()


def report(page: Page) -> None:
    """Answers everything from the start."""
    page.goto("/citizen")
    page.get_by_role("link", name="Start").click()
    for step in (*NUMBERS, *CHOICES):
        fill(page, step)
    expect(page).to_have_url(f"{page.url.split('/citizen')[0]}/citizen/report/check")


def test_a_report_is_sent_and_followed(page: Page) -> None:
    report(page)
    expect(page.locator("[data-answer=weight]")).to_have_text("71.8 kg")
    expect(page.locator("[data-answer='blood-pressure']")).to_have_text("138/82 mmHg")
    expect(page.get_by_text("From Monday 23 November, 08:00. It is closed now.")).to_be_visible()
    page.get_by_label("Is there something you want to say?").fill("Slept badly")
    page.get_by_role("button", name="Send to").click()
    expect(page.get_by_role("heading", name="Your report is sent")).to_be_visible()
    page.get_by_role("link", name="Follow what happens").click()
    expect(page.get_by_role("heading", name="Step by step")).to_be_visible()


def test_the_words_that_it_is_no_alarm_do_not_depend_on_the_values(page: Page) -> None:
    words = []
    for value in ("95", "86"):
        page.goto("/citizen/report/spo2")
        page.locator("[name=spo2]").fill(value)
        page.get_by_role("button", name="Next").click()
        page.goto("/citizen/report/check")
        words.append(page.locator(".notalarm").inner_text())
    assert words[0] == words[1]
    assert "113" in words[0]


def test_an_unusual_number_is_asked_about_and_kept_as_confirmed(page: Page) -> None:
    page.goto("/citizen/report/spo2")
    page.locator("[name=spo2]").fill("78")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="You wrote 78 %. Is that what the meter shows?")).to_be_visible()
    page.get_by_role("button", name="Yes, it shows 78 %").click()
    page.goto("/citizen/report/check")
    expect(page.locator("[data-answer=spo2]")).to_have_text("78 % confirmed by you")


def test_one_answer_is_changed_from_the_last_page(page: Page) -> None:
    report(page)
    page.get_by_role("link", name="Change: Pulse").click()
    expect(page.locator("[name=pulse]")).to_have_value("84")
    page.locator("[name=pulse]").fill("90")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("[data-answer=pulse]")).to_have_text("90 beats a minute")


def test_everything_works_with_scripts_blocked(browser: Browser, gallery: Gallery) -> None:
    context = browser.new_context(base_url=gallery.address, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Ingrid Aasen").click()
    report(page)
    page.get_by_role("button", name="Send to").click()
    expect(page.get_by_role("heading", name="Your report is sent")).to_be_visible()
    page.goto("/citizen/messages")
    page.get_by_label("Write to").fill("Thank you")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    page.goto("/citizen/plan")
    page.locator("details[open]").get_by_role("button", name="I want this").click()
    expect(page.get_by_text("You have not been asked yet")).to_have_count(0)
    context.close()


def test_a_lost_line_keeps_the_draft_and_sends_it_once(page: Page, gallery: Gallery) -> None:
    person = gallery.app.state.people["ordinary"]
    page.goto("/citizen")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.get_by_role("link", name="Start").click()
    prepared(page)
    fill(page, "spo2")
    expect(page.locator("form[data-step=pulse]")).to_be_visible()
    gallery.stop()
    for step in ("pulse", "weight", "blood-pressure", *CHOICES):
        fill(page, step)
    expect(page.get_by_text("Your answers are kept on this device")).to_be_visible()
    expect(page.locator("[data-answer=weight]")).to_have_text("71.8 kg")
    expect(page.locator("[data-answer=breathing]")).to_have_text("As usual")
    page.get_by_role("button", name="Send to").click()
    expect(page.get_by_role("heading", name="Your report waits on this device")).to_be_visible()
    assert person.sent == {}
    gallery.start()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_role("heading", name="Your report is sent")).to_be_visible()
    assert list(person.sent) == ["draft-1"]
    until(page, "async () => (await (await caches.open('saman-kept-1')).keys()).length === 0")
    page.goto("/citizen")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.goto("/citizen/report")
    assert list(person.sent) == ["draft-1"]


def test_an_unusual_number_is_asked_about_without_a_line_too(page: Page, gallery: Gallery) -> None:
    page.goto("/citizen/report/spo2")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.reload()
    prepared(page)
    gallery.stop()
    page.reload()
    expect(page.get_by_text("No network just now")).to_be_visible()
    page.locator("[name=spo2]").fill("78")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Is that what the meter shows?")).to_be_visible()
    page.get_by_role("button", name="Yes, keep it").click()
    expect(page.locator("form[data-step=pulse]")).to_be_visible()
    gallery.start()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Your answers are kept on this device")).to_be_hidden()
    page.goto("/citizen/report/check")
    expect(page.locator("[data-answer=spo2]")).to_have_text("78 % confirmed by you")


def test_a_message_survives_a_lost_page_on_the_device(page: Page) -> None:
    page.goto("/citizen/messages")
    page.get_by_label("Write to").fill("My ankles are")
    page.goto("/citizen")
    page.goto("/citizen/messages")
    expect(page.get_by_label("Write to")).to_have_value("My ankles are")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_label("Write to")).to_have_value("")


def test_the_next_person_at_the_device_sees_and_sends_nothing_of_the_first(page: Page, gallery: Gallery) -> None:
    first, second = gallery.app.state.people["ordinary"], gallery.app.state.people["empty"]
    page.goto("/citizen/report/spo2")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.reload()
    prepared(page)
    gallery.stop()
    fill(page, "spo2")
    expect(page.get_by_text("Your answers are kept on this device")).to_be_visible()
    gallery.start()
    page.goto("/as/empty")
    expect(page.get_by_role("heading", name="Nothing is asked of you today")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Your answers are kept on this device")).to_be_hidden()
    until(page, "async () => !(await (await caches.open('saman-pages-1')).match('/citizen/report/pulse'))")
    assert len(kept(page)) == 1
    page.goto("/as/ordinary")
    until(page, NOTHING_WAITS)
    assert set(first.answers) == {"spo2"}
    assert second.answers == {}


def test_pages_that_were_opened_can_be_read_without_a_line(page: Page, gallery: Gallery) -> None:
    page.goto("/citizen")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.goto("/citizen/plan")
    page.goto("/citizen")
    until(page, "async () => !!(await (await caches.open('saman-pages-1')).match('/citizen'))")
    gallery.stop()
    page.goto("/citizen/plan")
    expect(page.get_by_role("heading", name="What matters to me")).to_be_visible()
    expect(page.get_by_text("You see what this device kept at 15:40.")).to_be_visible()
    page.goto("/citizen/readings")
    expect(page.get_by_role("heading", name="Good afternoon, Ingrid")).to_be_visible()


def until(page: Page, condition: str) -> None:
    """Waits in the page until an asynchronous condition holds; Playwright's own waiting takes a promise for yes."""
    page.evaluate(
        f"""async () => {{
          const holds = {condition};
          for (let tries = 0; tries < 400; tries++) {{
            if (await holds()) return;
            await new Promise((done) => setTimeout(done, 25));
          }}
          throw new Error('it never came true');
        }}"""
    )


def prepared(page: Page) -> None:
    """Waits until the device has every page it may need without a line."""
    until(
        page,
        """async () => {
          const pages = await caches.open('saman-pages-1');
          const found = ['swelling', 'check', 'later'].map((step) => pages.match(`/citizen/report/${step}`));
          return (await Promise.all(found)).every(Boolean);
        }""",
    )


def kept(page: Page) -> list[str]:
    """The reports that the device keeps."""
    found: list[str] = page.evaluate(
        """async () => {
          const drafts = await (await caches.open('saman-kept-1')).keys();
          return drafts.map((one) => new URL(one.url).pathname);
        }"""
    )
    return found
