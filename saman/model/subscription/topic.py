"""What can be subscribed to: topics as data, each about one resource type.

Source: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/components.html#subscription-topics
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Literal

import msgspec

from saman.model.fhir.fhirpath import Context, compiled, holds

Interaction = Literal["create", "update", "delete"]
Resource = Mapping[str, Any]

CANONICAL = "urn:saman:subscription-topic:"
_LETTERS: Mapping[str, Interaction] = {"C": "create", "U": "update", "D": "delete"}


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic. `filters` are the search parameters by which a subscription may narrow it."""

    id: str
    title: str
    describes: str
    resource: str
    interactions: tuple[Interaction, ...]
    filters: tuple[str, ...]
    becomes: str = ""
    holding: str = msgspec.field(name="while", default="")

    @property
    def url(self) -> str:
        """The canonical by which subscriptions name it."""
        return CANONICAL + self.id

    @property
    def changes(self) -> str:
        """The changes it tells of, as letters of the outbox."""
        return "".join(letter for letter, name in _LETTERS.items() if name in self.interactions)

    @property
    def compares(self) -> bool:
        """Whether the version before decides too."""
        return bool(self.becomes)

    def tells_of(self, current: Resource, before: Resource | None) -> bool:
        """Whether this version, after the one before if there is one, is what the topic tells of."""
        if self.holding and not _holds(self.holding, current):
            return False
        return not self.becomes or (
            _holds(self.becomes, current) and (before is None or not _holds(self.becomes, before))
        )


def _holds(expression: str, resource: Resource) -> bool:
    return holds(expression, Context(dict(resource))) is True


def _read() -> dict[str, Topic]:
    """The topics by canonical; raises ValueError when one of them can't be."""
    text = files("saman.model.subscription").joinpath("topics.yaml").read_bytes()
    topics = msgspec.yaml.decode(text, type=list[Topic])
    for one in topics:
        for expression in filter(None, (one.becomes, one.holding)):
            compiled(expression, one.resource)
    return {one.url: one for one in topics}


TOPICS: Mapping[str, Topic] = _read()
"""Every topic by its canonical."""
