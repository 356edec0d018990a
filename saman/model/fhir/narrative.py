"""XHTML that a narrative may hold (https://hl7.org/fhir/R4/narrative.html#xhtml): formatting, links, images.

Anything that could act (scripts, forms, frames, event handlers, objects) is refused, since pages show narratives.
"""

from __future__ import annotations

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
_ELEMENTS = frozenset(_ELEMENT_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_LINKS = ("http:", "https:", "ftp:", "mailto:", "tel:", "urn:", "data:image/")


class _Unwanted(Exception):
    """The narrative holds something that it may not."""


def is_narrative(value: Any) -> bool:
    """Whether `value` is a text holding one XHTML div in which nothing can act."""
    if type(value) is not str or not value.lstrip().startswith("<div"):
        return False
    parser = expat.ParserCreate()
    parser.StartElementHandler = _element
    parser.StartDoctypeDeclHandler = parser.ProcessingInstructionHandler = _refuse
    try:
        parser.Parse(value, True)
    except (expat.ExpatError, UnicodeEncodeError, _Unwanted):
        return False
    return True


def _refuse(*_: Any) -> None:
    raise _Unwanted


def _element(name: str, attributes: dict[str, str]) -> None:
    if name not in _ELEMENTS:
        raise _Unwanted
    for key, value in attributes.items():
        if key not in _ATTRIBUTES or (key in ("href", "src") and not _is_harmless(value)):
            raise _Unwanted


def _is_harmless(link: str) -> bool:
    """Whether `link` leads to a place, here or elsewhere, and runs nothing."""
    plain = "".join(link.split()).lower()
    return plain.startswith(_LINKS) or ":" not in plain.partition("/")[0]
