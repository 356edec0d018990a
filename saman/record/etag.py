"""Entity tags as versions (https://hl7.org/fhir/R4/http.html#versioning)."""

from __future__ import annotations

import re

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.refusals import conflict

_TAG = re.compile(r'(?:W/)?"?(\d{1,18})"?')


def read_etag(text: str) -> int | Refusal:
    """The version in `W/"3"`; the plain forms `"3"` and `3` are taken too. None is 0: nothing has that version."""
    found = _TAG.fullmatch(text.strip())
    if found is None:
        return refused(Kind.INVALID, "value", 'A version is written W/"3".', "If-Match")
    return int(found[1]) or conflict()


def names_version(tags: str, version: int) -> bool:
    """Whether one of the tags is a version, compared weakly (https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.2)."""
    given = {tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")}
    return "*" in given or str(version) in given
