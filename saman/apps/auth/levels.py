"""How sure a sign-in must be: for staff the country's row R26, for citizens and relatives its identity file."""

from __future__ import annotations

from datetime import datetime

from saman.model.access import Policy
from saman.model.access.terms import SignInLevel, of_kind
from saman.model.identity import Identity, Level, People


class Levels:
    """The levels that hold at a time."""

    def __init__(self, policy: Policy, identity: Identity) -> None:
        self._policy = policy
        self._identity = identity

    def of(self, people: People, at: datetime) -> Level:
        """The least level for citizens or for staff; where no row says any, the highest."""
        if people is People.CITIZEN:
            return self._identity.citizens.level
        row = of_kind(self._policy, SignInLevel, at)
        return Level(row.level) if row is not None else Level.HIGH

    @property
    def passkeys(self) -> Level:
        """What a passkey counts as."""
        return self._identity.passkeys.level
