"""Checks of parties, agreements and bodies: everyone named exists, stands somewhere, and opens before it closes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from saman.kernel.outcome import Issue
from saman.model.care.load import ACCESS, Loaded
from saman.model.care.party import Hours, Party
from saman.model.care.yamltree import Path, finding

PARTIES = "parties.yaml"
AGREEMENTS = "agreements.yaml"
GOVERNANCE = "governance.yaml"

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def issues(loaded: Loaded) -> Iterator[Issue]:
    """What is wrong with who works together."""
    for index, party in enumerate(loaded.model.parties):
        yield from _party(loaded, index, party)
    yield from _agreements(loaded)
    yield from _governance(loaded)
    yield from _access(loaded)


def missing(loaded: Loaded, file: str, path: Path, what: str, names: Iterable[str], known: set[str]) -> Iterator[Issue]:
    """An issue for each name that is not among the known ones."""
    for name in names:
        if name not in known:
            wrong = f"There is no {what} `{name}`."
            yield finding(loaded.at(file, *path), "reference", wrong, f"Add it, or correct the id of the {what}.")


def party_ids(loaded: Loaded) -> set[str]:
    """The ids of all parties."""
    return {party.id for party in loaded.model.parties}


def _party(loaded: Loaded, index: int, party: Party) -> Iterator[Issue]:
    at: Path = ("parties", index)
    places = {place.code for place in loaded.model.region.places}
    roles = {role.id for role in loaded.model.roles}
    if party.parent is not None:
        yield from missing(loaded, PARTIES, (*at, "parent"), "party", [party.parent], party_ids(loaded))
        yield from _circle(loaded, index, party)
    yield from _parents(loaded, at, party)
    yield from missing(loaded, PARTIES, (*at, "place"), "place", [party.place], places)
    yield from missing(loaded, PARTIES, (*at, "area"), "place", party.area, places)
    yield from missing(loaded, PARTIES, (*at, "roles"), "role", party.roles, roles)
    if party.hours is not None:
        yield from hours_issues(loaded, PARTIES, (*at, "hours"), party.hours)


def _parents(loaded: Loaded, at: Path, party: Party) -> Iterator[Issue]:
    """Parents that are not there, that overlap, or that leave the `parent` of today out."""
    path = (*at, "parents")
    yield from missing(loaded, PARTIES, path, "party", [one.party for one in party.parents], party_ids(loaded))
    if party.parents and party.parent not in {one.party for one in party.parents}:
        wrong = f"`{party.parent}` is the parent, and not among the parents with dates."
        yield finding(loaded.at(PARTIES, *path), "reference", wrong, "Add it with its dates, or correct `parent`.")
    for before, after in pairwise(party.parents):
        if before.until is None or after.since is None or after.since <= before.until:
            wrong = f"`{after.party}` begins before `{before.party}` has ended."
            yield finding(loaded.at(PARTIES, *path), "value", wrong, "Write them in order, each with its last day.")


def _circle(loaded: Loaded, index: int, party: Party) -> Iterator[Issue]:
    last = list(loaded.model.lineage(party.id))[-1]
    if last.parent == party.id:
        wrong = f"`{party.id}` is its own parent, through {last.id}."
        yield finding(loaded.at(PARTIES, "parties", index, "parent"), "circle", wrong, "Take one `parent` away.")


def hours_issues(loaded: Loaded, file: str, path: Path, hours: Hours) -> Iterator[Issue]:
    """Intervals that end before they begin, or overlap the one before."""
    for weekday, name in enumerate(WEEKDAYS):
        ended = "00:00"
        for interval in hours.of_weekday(weekday):
            begins, ends = interval.split("-")
            if begins >= ends or begins < ended:
                wrong = f"`{interval}` on {name} ends before it begins, or overlaps the one before."
                mend = "Write a night on two days: `22:00-24:00` and `00:00-07:00`."
                yield finding(loaded.at(file, *path, name), "value", wrong, mend)
            ended = max(ended, ends)


def _agreements(loaded: Loaded) -> Iterator[Issue]:
    known, services = party_ids(loaded), {service.id for service in loaded.model.services}
    roles = {role.id for role in loaded.model.roles}
    for index, agreement in enumerate(loaded.model.agreements):
        at: Path = ("agreements", index)
        yield from missing(loaded, AGREEMENTS, (*at, "parties"), "party", agreement.parties, known)
        for position, coverage in enumerate(agreement.services):
            here = (*at, "services", position)
            yield from missing(loaded, AGREEMENTS, (*here, "service"), "service", [coverage.service], services)
            yield from missing(loaded, AGREEMENTS, (*here, "parties"), "party", coverage.parties, known)
            signed = set(agreement.parties)
            yield from missing(loaded, AGREEMENTS, (*here, "parties"), "signatory", coverage.parties, signed)
        for position, mandate in enumerate(agreement.mandates):
            here = (*at, "mandates", position)
            yield from missing(loaded, AGREEMENTS, (*here, "party"), "party", filter(None, [mandate.party]), known)
            yield from missing(loaded, AGREEMENTS, (*here, "role"), "role", filter(None, [mandate.role]), roles)
        shares = [share.party for share in agreement.funding]
        yield from missing(loaded, AGREEMENTS, (*at, "funding"), "party", shares, known)


def _governance(loaded: Loaded) -> Iterator[Issue]:
    known, bodies = party_ids(loaded), {body.id for body in loaded.model.bodies}
    indicators = {indicator.id for indicator in loaded.model.indicators}
    for index, body in enumerate(loaded.model.bodies):
        for position, seat in enumerate(body.seats):
            here: Path = ("bodies", index, "seats", position, "party")
            yield from missing(loaded, GOVERNANCE, here, "party", filter(None, [seat.party]), known)
    for index, goal in enumerate(loaded.model.goals):
        at: Path = ("goals", index)
        yield from missing(loaded, GOVERNANCE, (*at, "owner"), "party or body", [goal.owner], known | bodies)
        yield from missing(loaded, GOVERNANCE, (*at, "signatories"), "party", goal.signatories, known)
        yield from missing(loaded, GOVERNANCE, (*at, "indicator"), "indicator", [goal.indicator], indicators)


def _access(loaded: Loaded) -> Iterator[Issue]:
    tree = loaded.trees.get(f"{loaded.folder}/{ACCESS}")
    rows = tree.value.get("rows") if tree is not None and isinstance(tree.value, dict) else None
    agreements = {agreement.id for agreement in loaded.model.agreements}
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict):
            named = [str(row.get("agreement"))]
            yield from missing(loaded, ACCESS, ("rows", index, "agreement"), "agreement", named, agreements)
            signing = row.get("parties")
            parties = [str(name) for name in signing] if isinstance(signing, list) else []
            yield from missing(loaded, ACCESS, ("rows", index, "parties"), "party", parties, party_ids(loaded))
