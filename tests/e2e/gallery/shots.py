"""Takes pictures of every page: `python -m tests.e2e.gallery.shots FOLDER [language …]`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, sync_playwright

from .places import PLACES, STATES
from .serve import Gallery

CHROMIUM = {"executable_path": "/usr/bin/chromium", "args": ["--no-sandbox"]}


def main(folder: Path, languages: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with Gallery() as gallery, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)  # type: ignore[arg-type]
        for language in languages:
            for width, scheme in ((390, "light"), (390, "dark"), (1280, "light")):
                context = browser.new_context(
                    viewport={"width": width, "height": 844}, color_scheme=scheme, base_url=gallery.address
                )  # type: ignore[arg-type]
                _all(context, folder, f"{language}-{width}-{scheme}", language)
                context.close()
        browser.close()


def _all(context: BrowserContext, folder: Path, suffix: str, language: str) -> None:
    page = context.new_page()
    for state, places in {"ordinary": PLACES, **STATES}.items():
        page.goto(f"/as/{state}")
        for name, path, steps in places:
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            for step in steps:
                step(page)
            shoot(page, folder / f"{name}-{suffix}.png")


def shoot(page: Page, path: Path) -> None:
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["nb", "fi", "en", "is"])
