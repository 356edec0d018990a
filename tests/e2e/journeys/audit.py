"""What axe and a ruler find on a page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from playwright.sync_api import BrowserContext, Page

NARROW, WIDE = 390, 1280
AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LAYOUT: Final = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
"""What width and colours can change on a page that is otherwise the same."""
LOOK = """async ([type, values]) => {
  const runOnly = { type, values };
  const wrong = values.length ? await axe.run(document, { runOnly, resultTypes: ['violations'] }) : { violations: [] };
  const { scrollWidth, clientWidth } = document.documentElement;
  return {
    lines: wrong.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 120)).slice(0, 3)]),
    wide: scrollWidth > clientWidth,
    text: document.body.innerText,
  };
}"""
LEFT_OVER = re.compile(r"&#?\w+;|%\(\w+\)s|\bNone\b|Markup\(")


class View(NamedTuple):
    """How wide the window is, and whether its owner wants pages light or dark."""

    width: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.width} {self.scheme}"

    def show(self, page: Page) -> None:
        """Make the window so."""
        page.set_viewport_size({"width": self.width, "height": 900})
        page.emulate_media(color_scheme=self.scheme)  # type: ignore[arg-type]


class TwoWindows:
    """Looks at each page closely in one window, and in another at what a window can change; the next page vice versa.

    One window is narrow and one wide, one light and one dark.
    """

    def __init__(self, drawn: Random) -> None:
        one, other = drawn.sample(("light", "dark"), 2)
        self.now, self.next = drawn.sample((View(NARROW, one), View(WIDE, other)), 2)

    def __call__(self, page: Page) -> list[str]:
        """What is wrong with a page that was opened while `now` was shown."""
        wrong = [f"{self.now}: {line}" for line in violations(page)]
        self.now, self.next = self.next, self.now
        self.now.show(page)
        return wrong + [f"{self.now}: {line}" for line in layout_violations(page)]


def prepare(context: BrowserContext) -> None:
    """Give axe to every page that will be opened; it comes by the debugger, for the pages' own policy refuses it."""
    context.add_init_script(path=AXE)


def violations(page: Page) -> list[str]:
    """Everything that is wrong, one line each: axe's rule and elements; text code left over; wider than the screen."""
    return _found(page, ["tag", TAGS])


def layout_violations(page: Page) -> list[str]:
    """What can be wrong only because the window has changed since `violations`."""
    return _found(page, ["rule", LAYOUT])


def plain_violations(page: Page) -> list[str]:
    """What can be wrong with the words of one language: text that code left over; wider than the screen."""
    return _found(page, ["rule", []])


def _found(page: Page, rules: list[Any]) -> list[str]:
    page.wait_for_load_state()  # a step may end as the next page has begun and has no elements yet
    if rules[1] and not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_axe())
    found = page.evaluate(LOOK, rules)
    wide = ["wider than the screen"] if found["wide"] else []
    left = [f"left over: {text}" for text in LEFT_OVER.findall(found["text"])]
    return [f"{rule}: {elements}" for rule, elements in found["lines"]] + wide + left


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8") + ";0"
