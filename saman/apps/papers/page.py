"""A paper as one HTML file that needs nothing else: for screens, print and those who hear it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from saman.apps.papers.telling import Told

HERE: Final = Path(__file__).parent / "templates"


def page(told: Told) -> str:
    """The file's text."""
    return _environment().get_template("paper.html").render(paper=told, sheet=_sheet()) + "\n"


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(HERE)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _sheet() -> Markup:
    text = (HERE / "paper.css").read_text(encoding="utf-8")
    return Markup(f"<style>\n{text}</style>")  # noqa: S704 - our own file
