"""The two files that a region's access rules are read from, as texts, so that others can be tried in their place."""

from __future__ import annotations

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access.policy import Policy
from saman.model.access.read import add_region, read_country


class Rulebook(msgspec.Struct, frozen=True, kw_only=True):
    """File names and texts of the country's rows and of what the region's agreements add (empty: nothing).

    `roles` are the ids of roles that rules may name.
    """

    country_file: str
    country: str
    region_file: str
    region: str
    roles: frozenset[str]

    def read(self) -> Policy | Refusal:
        """The rules in force by these texts, or everything that is wrong with them."""
        policy = read_country(self.country_file, self.country, self.roles)
        if isinstance(policy, Refusal) or not self.region.strip():
            return policy
        return add_region(policy, self.region_file, self.region)
