"""Care relations: what ties a party or somebody close to a person, read from the resources that say so."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum

import msgspec

ROLE_SYSTEM = "urn:saman:role"
"""System of role codes; the ids of `regions/roles.yaml`. Role codes of other systems say nothing about access."""

TOPIC_SYSTEM = "urn:saman:activity"
"""System of the code in `Task.code` and `ServiceRequest.code` that access rows name: `home-visit`."""

SCOPE_URL = "urn:saman:scope"
"""Extension of RelatedPerson, one for each thing the citizen shares: `valueCode` `plan`."""

START = datetime(1900, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)
"""Stand for "always" and "no end", so that the database needs only order."""


class RelationKind(Enum):
    """What sort of tie it is."""

    SELF = "self"
    RELATIVE = "relative"
    CARE_TEAM = "care_team"
    TASK = "task"
    REQUEST = "request"
    APPOINTMENT = "appointment"
    EPISODE = "episode"
    GENERAL_PRACTITIONER = "general_practitioner"
    MANAGING = "managing"


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """A tie to one person, held from `start` up to but not including `end` (None: open).

    `person` is a Patient id. `party` is an Organization id (a unit counts as its own) and empty for the citizen and
    relatives, who are named by `actor` (`Patient/1`, `RelatedPerson/2`); for staff `actor` only says who was named.
    `role` narrows it to one role, `topic` is the code of the task or what the citizen shares with a relative,
    `ground` the resource that says so (`CareTeam/3`).
    """

    person: str
    kind: RelationKind
    ground: str
    party: str = ""
    role: str | None = None
    actor: str | None = None
    topic: str | None = None
    start: datetime | None = None
    end: datetime | None = None
