"""Plays the journeys of `docs/journeys.yaml` in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import yaml
from playwright.sync_api import Error, Locator, Page, Request, expect

from .audit import prepare, violations
from .installation import Installation
from .words import ROOT, Lexicon

Step = dict[str, Any]
Journey = dict[str, Any]

TAPPED: Final = {"press": "button", "follow": "link", "choose": "radio", "tick": "checkbox"}


@cache
def journeys() -> dict[str, Journey]:
    """Every journey by its id, in order."""
    told = yaml.safe_load((ROOT / "docs" / "journeys.yaml").read_text(encoding="utf-8"))
    return {journey["id"]: journey for journey in told["journeys"]}


class Player:
    """One person at one page. `looks` has axe look at every page on the way; `marks` says whether readings have any."""

    def __init__(
        self, page: Page, place: Installation, language: str = "en", *, looks: bool = False, marks: bool = True
    ) -> None:
        self.page = page
        self._place = place
        self._language = language
        self._looks = looks
        self._marks = marks
        self._fresh = True
        self._taps = 0
        self.most_taps = 0
        self.wrong: list[str] = []
        if looks:
            prepare(page.context)
        page.on("load", lambda _: self._loaded())
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def play(self, journey: Journey) -> None:
        """Sign in and take every step; fails with journey and step, and with what axe found on the way."""
        self._place.clock.now = journey["time"]
        self.sign_in(journey["user"])
        self.most_taps = 0
        for number, step in enumerate(journey["steps"], 1):
            if step.get("marks", self._marks) is self._marks:
                self.take(step, f"{journey['id']}, step {number}: {step}")
        assert self.most_taps <= journey.get("taps", self.most_taps), f"{self.most_taps} taps on one page"
        assert not self.wrong, "\n".join([journey["id"], *self.wrong])

    def take(self, step: Step, called: str = "") -> None:
        """Take one step, in the time that a person waits."""
        try:
            self._take(dict(step))
        except (AssertionError, Error) as error:
            seen = " ".join(self.page.locator("body").inner_text().split())
            said = str(error).partition("\nAria snapshot")[0][:1500]
            raise AssertionError(f"{called or step}\n{said}\nat {self.page.url}:\n{seen}") from error
        if self._looks and self._fresh:
            self._fresh = False
            self.wrong += [f"{self.page.url}: {line}" for line in violations(self.page)]

    def sign_in(self, name: str) -> None:
        """Be somebody, from the front page in the language of the journey."""
        self.page.context.clear_cookies()
        self.page.goto(f"{self._place.address}/?lang={self._language}")
        self._take({"fill": {"Find a person or a role": name}})
        self._take({"press": "Find"})
        self.page.get_by_role("button", name=name).first.click()
        expect(self.page.get_by_role("button", name=name)).to_have_count(0)
        self.page.wait_for_load_state()

    def _loaded(self) -> None:
        self._fresh = True

    def _asked(self, request: Request) -> None:
        """Another page, also one at the same address, begins when it is asked for."""
        if request.is_navigation_request():
            self._taps = 0

    def _take(self, step: Step) -> None:
        step.pop("marks", None)
        where = self._where(step.pop("in", None))
        if "time" in step and len(step) == 1:
            self._place.clock.now = step["time"]
            return
        ((verb, value),) = step.items()
        if verb in TAPPED:
            self._tap(lambda: where.get_by_role(TAPPED[verb], name=self._name(value)).click())  # type: ignore[arg-type]
            return
        self._verbs[verb](self, where, value)

    def _where(self, within: Mapping[str, Any] | None) -> Page | Locator:
        if within is None:
            return self.page
        ((role, name),) = within.items()
        return self.page.get_by_role(role, name=self._name(name))  # type: ignore[arg-type]

    def _lexicon(self) -> Lexicon:
        return Lexicon(self._language, self._place.clock.now, self._place.zone)

    def _name(self, text: Any) -> re.Pattern[str]:
        return self._lexicon().pattern(text, whole=True)

    def _tap(self, act: Callable[[], None]) -> None:
        self._taps += 1
        self.most_taps = max(self.most_taps, self._taps)
        act()

    def _go(self, where: Page | Locator, address: str) -> None:
        self.page.goto(self._place.address + address)

    def _open(self, where: Page | Locator, name: Any) -> None:
        closed = where.locator("details:not([open]) > summary").filter(has_text=self._name(name))
        opened = where.locator("details[open] > summary").filter(has_text=self._name(name))
        expect(closed.or_(opened).first).to_be_visible()
        if closed.count():
            self._tap(closed.first.click)
            self._fresh = True

    def _fill(self, where: Page | Locator, fields: Mapping[str, Any] | list[list[Any]]) -> None:
        for label, text in fields.items() if isinstance(fields, Mapping) else fields:
            field = where.get_by_label(self._name(label))
            written = text.strftime("%Y-%m-%dT%H:%M") if isinstance(text, datetime) else str(text)
            self._tap(lambda field=field, written=written: field.fill(written))  # type: ignore[misc]

    def _select(self, where: Page | Locator, fields: Mapping[str, Any]) -> None:
        for label, name in fields.items():
            field = where.get_by_label(self._name(label))
            option = field.locator("option").filter(has_text=self._name(name))
            self._tap(lambda field=field, option=option: field.select_option(option.get_attribute("value")))  # type: ignore[misc]

    def _key(self, where: Page | Locator, key: str) -> None:
        self.page.keyboard.press(key)

    def _at(self, where: Page | Locator, address: str) -> None:
        path = re.escape(address).replace(r"\*", "[^?#]+")
        expect(self.page).to_have_url(re.compile(rf"^{re.escape(self._place.address)}{path}(?:[?#].*)?$"))

    def _heading(self, where: Page | Locator, name: Any) -> None:
        expect(where.get_by_role("heading", name=self._name(name)).first).to_be_visible()

    def _see(self, where: Page | Locator, texts: Any) -> None:
        for text in texts if isinstance(texts, list) else [texts]:
            expect(self._main(where)).to_contain_text(self._lexicon().pattern(text, whole=False), use_inner_text=True)

    def _not(self, where: Page | Locator, texts: Any) -> None:
        for text in texts if isinstance(texts, list) else [texts]:
            pattern = self._lexicon().pattern(text, whole=False)
            expect(self._main(where)).not_to_contain_text(pattern, use_inner_text=True)

    def _order(self, where: Page | Locator, texts: list[Any]) -> None:
        either = [self._lexicon().pattern(text, whole=False).pattern for text in texts]
        ordered = re.compile(r"[\s\S]*?".join(either), re.IGNORECASE)
        expect(self._main(where)).to_contain_text(ordered, use_inner_text=True)

    def _main(self, where: Page | Locator) -> Locator:
        return self.page.locator("body") if isinstance(where, Page) else where.first

    def _holds(self, where: Page | Locator, fields: Mapping[str, str]) -> None:
        for label, text in fields.items():
            expect(where.get_by_label(self._name(label))).to_have_value(str(text))

    def _marked(self, where: Page | Locator, label: Any) -> None:
        expect(where.get_by_label(self._name(label))).to_have_attribute("aria-invalid", "true")

    def _focus(self, where: Page | Locator, name: Any) -> None:
        focused = self.page.locator(":focus")
        expect(focused).to_have_accessible_name(self._name(name))

    _verbs: Final[dict[str, Callable[[Player, Page | Locator, Any], None]]] = {
        "go": _go,
        "open": _open,
        "fill": _fill,
        "select": _select,
        "key": _key,
        "at": _at,
        "heading": _heading,
        "see": _see,
        "not": _not,
        "order": _order,
        "holds": _holds,
        "marked": _marked,
        "focus": _focus,
    }
