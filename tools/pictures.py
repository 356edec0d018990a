"""Takes the README's pictures from a running demo: `python -m tools.pictures http://localhost:8000`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
CHROMIUM = os.environ.get("SAMAN_TEST_CHROMIUM", "/usr/bin/chromium")


class Picture(NamedTuple):
    """A page as somebody sees it, in English, at a width and height in pixels."""

    name: str
    user: str
    address: str
    width: int
    height: int


PICTURES = (
    Picture("citizen-today-390", "ingrid-aasen", "/citizen", 390, 844),
    Picture("team-worklist-1280", "silje-haugen", "/team", 1280, 800),
    Picture("team-person-1280", "silje-haugen", "/team/people/ingrid-aasen", 1280, 800),
)


def main(base: str) -> None:
    """Save every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for picture in PICTURES:
            take(browser, base.rstrip("/"), picture)
        browser.close()


def take(browser: Browser, base: str, picture: Picture) -> None:
    """Sign in, choose English, and save the top of the page."""
    page = browser.new_page(viewport={"width": picture.width, "height": picture.height})
    page.goto(f"{base}/?lang=en")
    page.request.post(f"{base}/auth/demo", form={"user": picture.user}, max_redirects=0)
    page.goto(base + picture.address)
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    page.close()
    print(picture.name)


if __name__ == "__main__":
    main(sys.argv[1])
