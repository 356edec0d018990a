"""XHTML that a narrative may hold (https://hl7.org/fhir/R4/narrative.html#xhtml): formatting, links, images.

What could act or load (scripts, forms, frames, event handlers, objects, styles that fetch) is refused, and so is what
a browser that reads it as HTML understands otherwise than an XML parser does: comments that HTML ends earlier, CDATA.
`saman.model.fhir.sanitising` takes such things out.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from xml.parsers import expat

XHTML = "http://www.w3.org/1999/xhtml"

_ELEMENT_NAMES = (
    "a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd del dfn div dl dt em "
    "h1 h2 h3 h4 h5 h6 hr i img ins kbd li map area ol p pre q samp small span strong sub sup table tbody td tfoot "
    "th thead tr tt ul var"
)
_ATTRIBUTE_NAMES = (
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset "
    "cite class color colspan compact coords datetime dir frame headers height href hreflang hspace id lang longdesc "
    "name noshade nowrap rel rev rowspan rules scope shape span src start style summary tabindex title type usemap "
    "valign value vspace width xml:id xml:lang xml:space xmlns"
)
ELEMENTS = frozenset(_ELEMENT_NAMES.split())
ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_MARKING = "a abbr acronym b bdo big cite code del dfn em i ins kbd q samp small span strong sub sup tt var"
_WITHIN_WORDS = frozenset(_MARKING.split())
"""Elements that may stand in the middle of a word."""
_LINKS = ("http:", "https:", "ftp:", "mailto:", "tel:", "urn:")
_PICTURES = (
    "data:image/png",
    "data:image/jpeg",
    "data:image/jpg",
    "data:image/gif",
    "data:image/bmp",
    "data:image/webp",
)
_ADDRESSES = frozenset(("cite", "href", "longdesc", "src", "usemap"))

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:-]{0,40}")
_CALLER = re.compile(r"[\w-]*\Z")
_HARMLESS_CALLS = frozenset(("", "rgb", "rgba", "hsl", "hsla", "calc"))
_LONGEST_CALL = 40
_ACTING_STYLE = re.compile(r"[\\@<]|/\*|behaviou?r|-moz-binding|javascript:|vbscript:", re.IGNORECASE)
_ENDED_EARLY = (">", "->")
"""How a comment begins that is over for HTML at once: what follows in it would be live."""

FORM = "Expected well-formed XHTML in one div, with formatting, links and images only"


class Unwanted(Exception):
    """What a narrative may not hold, in words; `mendable` when it can be taken out and the rest kept."""

    def __init__(self, what: str, *, mendable: bool = True) -> None:
        super().__init__(what)
        self.what = what
        self.mendable = mendable


def is_narrative(value: Any) -> bool:
    """Whether `value` is a text holding one XHTML div in which nothing can act."""
    return unwanted(value) is None


def unwanted(value: Any) -> Unwanted | None:
    """The first thing that a narrative may not hold; None when all of it is fine."""
    if type(value) is not str or not value.lstrip().startswith("<div"):
        return Unwanted("", mendable=False)
    parser = expat.ParserCreate()
    parser.StartElementHandler = _element
    parser.StartDoctypeDeclHandler = parser.ProcessingInstructionHandler = _declared
    parser.CommentHandler = _comment
    parser.StartCdataSectionHandler = _cdata
    try:
        parser.Parse(value, True)
    except (expat.ExpatError, UnicodeEncodeError):
        return Unwanted("", mendable=False)
    except Unwanted as found:
        return found
    return None


def narrated(div: str) -> str:
    """The text of a narrative as it is read; of what is none, as older versions took, what stands before that."""
    parts: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.CharacterDataHandler = parts.append
    parser.StartDoctypeDeclHandler = _declared

    def apart(name: str, *_: Any) -> None:
        if name not in _WITHIN_WORDS:
            parts.append(" ")

    parser.StartElementHandler = parser.EndElementHandler = apart
    with suppress(expat.ExpatError, Unwanted):
        parser.Parse(div, True)
    return "".join(parts)


def _declared(*_: Any) -> None:
    raise Unwanted("a declaration or an instruction", mendable=False)


def _comment(text: str) -> None:
    if text.startswith(_ENDED_EARLY):
        raise Unwanted("a comment that a browser ends elsewhere")


def _cdata() -> None:
    raise Unwanted("a CDATA section")


def _element(name: str, attributes: dict[str, str]) -> None:
    if name not in ELEMENTS:
        raise Unwanted(f"the element {_shown(name)}")
    for key, value in attributes.items():
        if not is_harmless(name, key, value):
            raise Unwanted(f"the attribute {_shown(key)} of the element {name}, or what it says")


def _shown(name: str) -> str:
    """A name that could be one of HTML; anything could stand there."""
    return name if _NAME.fullmatch(name) else "of an unusual name"


def is_harmless(element: str, attribute: str, value: str) -> bool:
    """Whether an element may have this attribute with this value."""
    if attribute not in ATTRIBUTES:
        return False
    if attribute in _ADDRESSES:
        return _leads_to_a_place(value, is_picture=element == "img" and attribute == "src")
    if attribute == "xmlns":
        return value == XHTML
    return attribute != "style" or _only_formats(value)


def _leads_to_a_place(link: str, *, is_picture: bool) -> bool:
    """Whether `link` leads to a place, here or elsewhere, and runs nothing."""
    plain = "".join(link.split()).lower()
    if plain.startswith(_LINKS) or ":" not in plain.partition("/")[0]:
        return True
    return is_picture and plain.startswith(_PICTURES)


def _only_formats(style: str) -> bool:
    """Whether a style loads and runs nothing: it calls no functions but those of colours and lengths."""
    if _ACTING_STYLE.search(style):
        return False
    return all(_caller(before).lower() in _HARMLESS_CALLS for before in style.split("(")[:-1])


def _caller(before: str) -> str:
    """The name right before a parenthesis."""
    found = _CALLER.search(before.rstrip()[-_LONGEST_CALL:])
    return found[0] if found else ""
