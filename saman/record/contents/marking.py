"""How the row of a Binary says which content it has: an extension in the place of `data`, with size and SHA-256.

The row holds contentType and securityContext beside it. Whoever may see the Binary may see the mark, but nobody gets
at a content by sending one: see `keeping`.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from typing import Any

from saman.record.contents.files import Content
from saman.record.rows import Resource

URL = "urn:saman:content"
_VALUE = re.compile(r"sha-256:([0-9a-f]{64});([0-9]{1,18})")


def marks(resource: Resource) -> list[Any]:
    """The marks in a resource, whoever made them."""
    shadow = resource.get("_data")
    listed = shadow.get("extension") if isinstance(shadow, dict) else None
    return [one for one in listed or () if isinstance(one, dict) and one.get("url") == URL]


def content_of(resource: Resource) -> Content | None:
    """The content that a stored Binary is marked with; None when it holds its data itself, or none."""
    found = [_VALUE.fullmatch(str(one.get("valueString"))) for one in marks(resource)]
    return next((Content(one[1], int(one[2])) for one in found if one), None)


def marked(resource: Resource, content: Content) -> Resource:
    """The Binary with a mark in the place of its data; without anything when the content is empty."""
    bare = unmarked(resource)
    bare.pop("data", None)
    if not content.size:
        return bare
    shadow = bare.get("_data", {})
    mark = {"url": URL, "valueString": f"sha-256:{content.digest};{content.size}"}
    return bare | {"_data": shadow | {"extension": [*shadow.get("extension", ()), mark]}}


def unmarked(resource: Resource) -> Resource:
    """The Binary without marks."""
    if not marks(resource):
        return dict(resource)
    shadow = resource["_data"]
    kept = [one for one in shadow["extension"] if one.get("url") != URL]
    rest = {name: one for name, one in shadow.items() if name != "extension"} | ({"extension": kept} if kept else {})
    bare = {name: one for name, one in resource.items() if name != "_data"}
    return bare | ({"_data": rest} if rest else {})


def as_kept(resource: Resource) -> Resource:
    """A Binary as its row would be, so that it can be compared with what is stored; others as they are."""
    if resource["resourceType"] != "Binary" or "data" not in resource:
        return resource
    try:
        data = b64decode(resource["data"])
    except ValueError:
        return resource
    return marked(resource, Content(hashlib.sha256(data).hexdigest(), len(data)))
