"""Value sets that are too large to list, by what their codes look like."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Form = tuple[Callable[[Any], bool], str]

MEDIA_TYPES = "http://hl7.org/fhir/ValueSet/mimetypes"

_media_type = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]*/[\w!#$&^.+*-]+(?: ?;.{1,200})?", re.ASCII).fullmatch


def is_media_type(value: Any) -> bool:
    """Whether a code has the form of a media type (https://www.rfc-editor.org/rfc/rfc6838#section-4.2)."""
    return type(value) is str and _media_type(value) is not None


def is_format(value: Any) -> bool:
    """The same, or one of the short words that the definitions of servers and tests have for formats of FHIR."""
    return value in ("json", "xml", "ttl", "none") or is_media_type(value)


def form_of(block: str, value_set: str) -> Form | None:
    """Whether a code has the form that its value set asks for, and what is expected in words; None if it has none."""
    if value_set != MEDIA_TYPES:
        return None
    is_about_servers = block.startswith(("CapabilityStatement", "TestScript"))
    return (is_format if is_about_servers else is_media_type), "a media type such as text/plain"
