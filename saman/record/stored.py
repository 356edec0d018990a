"""What the record gives back: a stored version whose text goes into the answer unparsed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from saman.kernel import json
from saman.kernel.clock import instant
from saman.model.fhir import resource_name


class Stored(msgspec.Struct, frozen=True):
    """One version of a resource; `meta` and `body` are the stored JSON text that `text` splices."""

    type: str
    id: str
    version: int
    updated: datetime
    person: str | None
    meta: str
    body: str
    deleted: bool = False

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.type}/{self.id}"

    @property
    def etag(self) -> str:
        """The weak entity tag of this version (https://hl7.org/fhir/R4/http.html#versioning)."""
        return f'W/"{self.version}"'

    def text(self) -> str:
        """The resource as JSON, with id, version and time."""
        return (
            f'{{"resourceType":"{self.type}","id":"{self.id}","meta":{{"versionId":"{self.version}",'
            f'"lastUpdated":"{instant(self.updated)}"{self.meta}}}{self.body}'
        )

    def resource(self) -> dict[str, Any]:
        """The resource as a tree whose numbers keep their digits."""
        tree = json.decode_kept(self.text())
        assert isinstance(tree, dict)
        return tree


class Written(msgspec.Struct, frozen=True):
    """The outcome of a write: `created` false for an update, `found` true when a condition matched what was there."""

    stored: Stored
    created: bool
    found: bool = False


class Page(msgspec.Struct, frozen=True):
    """One page of a search or a history: matches, what was included with them, and where it goes on.

    `total` is counted only when it was asked for; `next` is an opaque marker, None on the last page. `whole` is false
    when there was more to include than a page takes.
    """

    matches: tuple[Stored, ...]
    included: tuple[Stored, ...] = ()
    total: int | None = None
    next: str | None = None
    whole: bool = True


def stored(row: Any) -> Stored:
    """A row with the columns type, id, version, updated, person, meta, body, deleted."""
    return Stored(
        resource_name(row["type"]),
        row["id"],
        row["version"],
        row["updated"],
        row["person"],
        row["meta"],
        row["body"],
        row["deleted"],
    )
