"""Papers of a region in a browser: axe finds nothing, nothing is too wide, nothing is fetched, each number leads on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from saman.ops.papers import write_papers
from saman.ops.region import Region, open_region
from tests.e2e.journeys.audit import NARROW, WIDE, violations

REGIONS = Path(__file__).parents[2] / "regions"


@pytest.mark.parametrize(
    ("name", "language", "kept"),
    [
        ("template", "nb", ""),
        ("is-fjallabyggd", "is", "joint-controllers"),
        ("se-norrtalje", "sv", "need-and-risk-analysis"),
    ],
)
def test_papers_are_pages_for_everybody(browser: Browser, tmp_path: Path, name: str, language: str, kept: str) -> None:
    day = date(2026, 11, 23)
    region = open_region(REGIONS / name, day)
    assert isinstance(region, Region)
    written = [
        path
        for path in write_papers(region, (language,), day, tmp_path)
        if isinstance(path, Path) and path.suffix == ".html"
    ]
    files = [path for path in written if path.name.startswith(kept)]
    assert files
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 900})
        for path in files:
            page.goto(path.as_uri())
            assert violations(page) == [], f"{path.name} at {width}"
    assert set(asked) == {path.as_uri() for path in files}
    page.locator("sup a").last.click()
    assert page.locator("tr:target").count() == 1
    page.close()
