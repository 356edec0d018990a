"""Rules about templates, documents and everything written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.house_linter.finding import Finding, Source

PAGE_LINES = 60
PAGE_CHARACTERS = 4000

# Written in pieces, so that this file does not name what it forbids.
HOSTS = re.compile(r"\b(?:pypi\.(?:org|python)|files\.python" r"hosted|registry\.npm" r"js|registry\.yarn" r"pkg)\b")
PLACES = re.compile(r"(?<![\w.~])/(?:wo" r"rk|ro" r"ot|home/\w+|Users/\w+)/[\w.]")
INLINE = (
    (re.compile(r"<[^>{]*\sstyle\s*=", re.I), "no style attribute: a class with a rule in the style sheet"),
    (re.compile(r"<style\b", re.I), "no style element: a rule in the style sheet"),
    (re.compile(r"<script(?![^>]*\bsrc\s*=)", re.I), "no script in the page: a file under static"),
    (re.compile(r"<[^>{]*\son[a-z]+\s*=", re.I), "no event attribute: a listener in a script file"),
    (re.compile(r"javascript:", re.I), "no javascript: address"),
)


def places(source: Source) -> Iterator[Finding]:
    """Nothing names a package registry's host or a path of somebody's machine."""
    for number, line in enumerate(source.lines, 1):
        if HOSTS.search(line):
            yield source.found(number, "places", "names the host of a package registry")
        if PLACES.search(line):
            yield source.found(number, "places", "names a path of one machine")


def decisions(source: Source) -> Iterator[Finding]:
    """A decision record has at most one page, and says context, choice, cost and way out."""
    if not (source.within("docs/decisions") and source.path.endswith(".md")):
        return
    if len(source.lines) > PAGE_LINES or len(source.text) > PAGE_CHARACTERS:
        yield source.found(1, "decisions", f"longer than a page ({PAGE_LINES} lines, {PAGE_CHARACTERS} characters)")
    for heading in ("Context", "Choice", "Cost", "Way out"):
        if f"## {heading}" not in source.text:
            yield source.found(1, "decisions", f"has no heading {heading}")


def templates(source: Source) -> Iterator[Finding]:
    """Templates carry no style, script or event attribute of their own."""
    if not (source.within("saman") and source.pure_path.suffix in (".html", ".jinja")):
        return
    for pattern, text in INLINE:
        for match in pattern.finditer(source.text):
            yield source.found(source.text.count("\n", 0, match.start()) + 1, "templates", text)


RULES = (places, decisions, templates)
