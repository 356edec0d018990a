"""What axe and a ruler find on a page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })"
LEFT_OVER = re.compile(r"&#?\w+;|%\(\w+\)s|\bNone\b|Markup\(")
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8") + ";0"


def violations(page: Page) -> list[str]:
    """What axe finds, one line each: rule and elements; text that code left over; a page wider than the screen.

    Axe comes by the debugger, for the pages' own policy refuses it.
    """
    page.evaluate(_axe())
    found = page.evaluate(RUN, RULES)["violations"]
    wide = ["wider than the screen"] if page.evaluate(WIDE) else []
    left = [f"left over: {text}" for text in LEFT_OVER.findall(page.locator("body").inner_text())]
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes']][:3]}" for one in found] + wide + left
