"""Write the pages of docs/ that are made from code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from saman.model.care import reference
from saman.ops import settings

DOCS = Path(__file__).parent.parent / "docs"
PAGES: dict[str, Callable[[], str]] = {"settings.md": settings.page, "care-model-reference.md": reference.page}


def main() -> None:
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), "utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
