"""Takes out of narratives what they may not hold, and leaves those that are fine as they are, byte for byte.

R4 lets a server refuse or sanitise (https://hl7.org/fhir/R4/security.html#narrative). HTML is taken apart by ammonia
(https://docs.rs/ammonia), and what comes out has to pass the same check as any other narrative.
"""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

import nh3

from saman.kernel.outcome import Issue
from saman.model.fhir.narrative import ATTRIBUTES, ELEMENTS, XHTML, Unwanted, is_harmless, is_narrative, unwanted

_KEPT = ELEMENTS | {"script", "style"}
"""What is handed on: of the last two ammonia drops the content too, of all others the text stays."""
MOST_CHARACTERS = 500_000
DEEPEST = 200
MOST_ATTRIBUTES = 60
"""Beyond these a narrative is not mended: HTML's rules take the square of depth and number in time."""

_VOID = frozenset(("area", "br", "col", "hr", "img"))
_CLEANER = nh3.Cleaner(
    tags=set(ELEMENTS),
    attributes={"*": set(ATTRIBUTES)},
    attribute_filter=lambda element, name, value: value if is_harmless(element, name, value) else None,
    url_schemes={"http", "https", "ftp", "mailto", "tel", "urn", "data"},
    link_rel=None,
    strip_comments=True,
)


def sanitise(tree: Any) -> tuple[Issue, ...]:
    """Sanitise every narrative in decoded JSON, in place; an issue for each that was changed.

    What cannot be mended, because it is no XHTML, is left for the validation to refuse.
    """
    root = tree.get("resourceType") if isinstance(tree, dict) else ""
    waiting: list[tuple[Any, str]] = [(tree, root if isinstance(root, str) else "")]
    issues: list[Issue] = []
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, dict):
            issue = _mended(value.get("text"), path)
            issues += [issue] if issue else []
            waiting += [(one, f"{path}.{name}") for name, one in value.items() if isinstance(one, (dict, list))]
        elif isinstance(value, list):
            waiting += [(one, f"{path}[{place}]") for place, one in enumerate(value) if isinstance(one, (dict, list))]
    return tuple(issues)


def _mended(narrative: Any, path: str) -> Issue | None:
    div = narrative.get("div") if isinstance(narrative, dict) else None
    if not isinstance(div, str):
        return None
    wrong = unwanted(div)
    if wrong is None or not wrong.mendable:
        return None
    clean = sanitised(div)
    if clean is None:
        return None
    narrative["div"] = clean
    text = f"The narrative held {wrong.what}. What a narrative may not hold was left out."
    return Issue("informational", text, f"{path}.text.div", "information", "fhir.narrative.sanitised")


def sanitised(div: str) -> str | None:
    """`div` without what a narrative may not hold; None when nothing sound is left of it."""
    html = _Html()
    try:
        html.parser.Parse(div[: MOST_CHARACTERS + 1], True)
    except (expat.ExpatError, UnicodeEncodeError, Unwanted):
        return None
    writer = _Xhtml()
    writer.feed(_CLEANER.clean("".join(html.parts)))
    writer.close()
    made = "".join(writer.parts)
    return made if is_narrative(made) else None


class _Html:
    """Well-formed XHTML as HTML that no browser reads otherwise: nothing closes itself, no CDATA, no comments."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._depth = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST or len(attributes) > MOST_ATTRIBUTES:
            raise Unwanted("more than is looked through", mendable=False)
        if name in _KEPT:
            self.parts.append(_tag(name, attributes.items(), ">"))

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name in _KEPT and name not in _VOID:
            self.parts.append(f"</{name}>")

    def _text(self, text: str) -> None:
        self.parts.append(escape(text, quote=False))


class _Xhtml(HTMLParser):
    """HTML as ammonia writes it, as XHTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if not self.parts:
            given = {"xmlns": XHTML} | given
        self.parts.append(_tag(tag, given.items(), "/>" if tag in _VOID else ">"))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(data, quote=False))


def _tag(name: str, attributes: Any, end: str) -> str:
    return f"<{name}{''.join(f' {key}={chr(34)}{escape(value)}{chr(34)}' for key, value in attributes)}{end}"
