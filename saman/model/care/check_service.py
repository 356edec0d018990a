"""Checks of a service: someone for every role, step and hour of the week, a mandate and a legal ground."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from saman.kernel.outcome import Issue
from saman.model.care import check_distance, check_measured
from saman.model.care.agreement import Agreement, LegalBasis
from saman.model.care.check_parties import AGREEMENTS, missing
from saman.model.care.coverage import gaps, takers
from saman.model.care.load import Loaded
from saman.model.care.measurement import Measurement
from saman.model.care.service_model import Activity, ServiceModel, Step
from saman.model.care.timing import Counted
from saman.model.care.yamltree import Path, finding

PERSONAL_ROLES = ("citizen", "relative")
"""Roles that belong to the person and those close, so no party holds them."""


def issues(loaded: Loaded, today: date) -> Iterator[Issue]:
    """What is wrong with the services and the agreements they rest on, on a day."""
    for index, agreement in enumerate(loaded.model.agreements):
        yield from _validity(loaded, index, agreement, today)
    for service in loaded.model.services:
        file = f"services/{service.id}.yaml"
        if f"{loaded.folder}/{file}" not in loaded.parts:
            yield _misnamed(loaded, service)
            continue
        yield from _told_apart(loaded, file, service)
        yield from check_measured.issues(loaded, file, service)
        yield from check_distance.issues(loaded, file, service)
        yield from _references(loaded, file, service)
        yield from _roles(loaded, file, service)
        yield from _steps(loaded, file, service)
        yield from _chain(loaded, file, service)
        yield from _mandates(loaded, file, service, today)
        yield from _flows(loaded, file, service, today)


def _misnamed(loaded: Loaded, service: ServiceModel) -> Issue:
    file = next(name for name, part in loaded.parts.items() if part is service)
    mend = f"Call the file `{service.id}.yaml`."
    return finding(loaded.at(file, "id"), "value", "The file and the service have different names.", mend)


def _told_apart(loaded: Loaded, file: str, service: ServiceModel) -> Iterator[Issue]:
    """Activities and measurements that an earlier service has by the same id and that are something else there."""
    for name in ("activities", "measurements"):
        path: Path = ("monitoring", name) if name == "measurements" else (name,)
        for index, one in enumerate(getattr(service, name)):
            for other in loaded.model.services[: loaded.model.services.index(service)]:
                if any(same.id == one.id and _means(same) != _means(one) for same in getattr(other, name)):
                    wrong = f"`{one.id}` is something else in `{other.id}`."
                    mend = "Give it another id, or write both alike."
                    yield finding(loaded.at(file, *path, index, "id"), "duplicate", wrong, mend)


def _means(one: Activity | Measurement) -> tuple[object, ...]:
    """What is written of an activity or measurement where resources and codes are made from it."""
    if isinstance(one, Activity):
        return one.name, one.role, one.sector, one.requires
    return one.name, one.codes, tuple((quantity.id, quantity.unit, quantity.codes) for quantity in one.quantities)


def _validity(loaded: Loaded, index: int, agreement: Agreement, today: date) -> Iterator[Issue]:
    if agreement.valid_to is not None and agreement.valid_to < today:
        wrong = f"The agreement ran out on {agreement.valid_to.isoformat()}."
        mend = "Agree anew and change `valid_to`, or take the agreement out."
        yield finding(loaded.at(AGREEMENTS, "agreements", index, "valid_to"), "expired", wrong, mend)
    begins, ends = agreement.valid_from, agreement.valid_to
    if begins is not None and ends is not None and ends < begins:
        wrong = "The agreement ends before it begins."
        place = loaded.at(AGREEMENTS, "agreements", index, "valid_from")
        yield finding(place, "value", wrong, "Correct `valid_from` or `valid_to`.")


def _references(loaded: Loaded, file: str, service: ServiceModel) -> Iterator[Issue]:
    roles = {role.id for role in loaded.model.roles}
    numbers = set(loaded.model.numbers)
    indicators = {indicator.id for indicator in loaded.model.indicators}
    activities = {activity.id for activity in service.activities}
    for index, filled in enumerate(service.roles):
        yield from missing(loaded, file, ("roles", index, "role"), "role", [filled.role], roles)
    for index, step in enumerate(service.steps):
        names = [step.activity] if step.activity else []
        yield from missing(loaded, file, ("steps", index, "activity"), "activity", names, activities)
    for index, receiver in enumerate(service.receivers):
        names = [receiver.number] if receiver.number else []
        yield from missing(loaded, file, ("receivers", index, "number"), "telephone number", names, numbers)
        if receiver.number is None and (receiver.role is None or receiver.party_kind is None):
            wrong = "This receiver is neither a role in a kind of party nor a number."
            mend = "Write `role` and `party_kind`, or `number`."
            yield finding(loaded.at(file, "receivers", index), "required", wrong, mend)
    yield from missing(loaded, file, ("indicators",), "indicator", service.indicators, indicators)
    offered = {mode.mode.value for mode in service.modes}
    for index, activity in enumerate(service.activities):
        modes = [mode.value for mode in activity.modes]
        yield from missing(loaded, file, ("activities", index, "modes"), "mode of the service", modes, offered)


def _roles(loaded: Loaded, file: str, service: ServiceModel) -> Iterator[Issue]:
    for index, filled in enumerate(service.roles):
        path: Path = ("roles", index)
        if filled.role in PERSONAL_ROLES:
            continue
        if filled.party_kind is None:
            wrong = f"It is not said which kind of party fills the role `{filled.role}`."
            yield finding(loaded.at(file, *path), "required", wrong, "Add `party_kind`.")
            continue
        without = [
            taker.name
            for taker in takers(loaded.model, service)
            if not any(filled.role in party.roles for party in loaded.model.serving(taker.place, filled.party_kind))
        ]
        if without:
            wrong = f"Nobody fills the role `{filled.role}` for {some(without)}."
            mend = f"Give a {filled.party_kind.value} that serves it the role, or change `party_kind`."
            yield finding(loaded.at(file, *path), "nobody", wrong, mend)


def some(names: list[str]) -> str:
    """The first three of some names, and how many more there are."""
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _steps(loaded: Loaded, file: str, service: ServiceModel) -> Iterator[Issue]:
    of_service = {filled.role for filled in service.roles}
    for index, activity in enumerate(service.activities):
        if activity.role not in of_service:
            yield _nobody(loaded, file, ("activities", index, "role"), activity.role)
    for index, step in enumerate(service.steps):
        yield from _step(loaded, file, service, index, step)


def _step(loaded: Loaded, file: str, service: ServiceModel, index: int, step: Step) -> Iterator[Issue]:
    if step.role is None:
        return
    path: Path = ("steps", index, "role")
    if step.role not in {filled.role for filled in service.roles}:
        yield _nobody(loaded, file, path, step.role)
    does = next((one.role for one in service.activities if one.id == step.activity), step.role)
    if does != step.role:
        wrong = f"The step is for `{step.role}`, but `{step.activity}` is done by `{does}`."
        yield finding(loaded.at(file, *path), "nobody", wrong, f"Write `role: {does}`, or name another activity.")
    if step.within is not None and step.within.counted is Counted.OPENING:
        yield from _open_at_all(loaded, file, service, index, step.role)


def _nobody(loaded: Loaded, file: str, path: Path, role: str) -> Issue:
    wrong = f"Nobody can do this: the service has no role `{role}`."
    return finding(loaded.at(file, *path), "nobody", wrong, "Add it to `roles` of the service, or name another role.")


def _open_at_all(loaded: Loaded, file: str, service: ServiceModel, index: int, role: str) -> Iterator[Issue]:
    kinds = {filled.party_kind for filled in service.roles if filled.role == role}
    for party in loaded.model.parties:
        if party.kind in kinds and role in party.roles and party.hours is None:
            wrong = f"The time runs while {party.id} is open, but its hours are not given."
            mend = f"Add `hours` to {party.id}, or write `counted: clock`."
            yield finding(loaded.at(file, "steps", index, "within"), "nobody", wrong, mend)


def _chain(loaded: Loaded, file: str, service: ServiceModel) -> Iterator[Issue]:
    for place, when in gaps(loaded.model, service):
        wrong = f"Nobody takes it {when} in {place}."
        mend = "Add a receiver for those hours, such as a number of the country with `hours: {always: true}`."
        yield finding(loaded.at(file, "receivers"), "gap", wrong, mend)
        # One gap is enough to mend; the next check shows the next.
        return


def _resting_on(loaded: Loaded, service: ServiceModel, today: date) -> list[Agreement]:
    covers = [one for one in loaded.model.agreements if any(part.service == service.id for part in one.services)]
    return [one for one in covers if one.holds(today)]


def _mandates(loaded: Loaded, file: str, service: ServiceModel, today: date) -> Iterator[Issue]:
    agreements = _resting_on(loaded, service, today)
    if not agreements:
        wrong = "No agreement in force covers this service."
        yield finding(loaded.at(file, "id"), "mandate", wrong, "Add it to `services` of an agreement.")
        return
    mandated: set[tuple[str, str]] = set()
    for mandate in (mandate for agreement in agreements for mandate in agreement.mandates):
        party = loaded.model.party(mandate.party) if mandate.party else None
        roles = party.roles if party else (mandate.role,) if mandate.role else ()
        mandated |= {(name, role) for name in mandate.activities for role in roles}
    for index, activity in enumerate(service.activities):
        if (activity.id, activity.role) not in mandated:
            wrong = f"No party is mandated for `{activity.id}` as {activity.role}."
            mend = "Add it to `mandates` of the agreement, for a party that holds the role or for the role."
            yield finding(loaded.at(file, "activities", index, "id"), "mandate", wrong, mend)


def _flows(loaded: Loaded, file: str, service: ServiceModel, today: date) -> Iterator[Issue]:
    bases: dict[str, LegalBasis] = {
        base.id: base for agreement in _resting_on(loaded, service, today) for base in agreement.legal_bases
    }
    of_service = {filled.role for filled in service.roles}
    for index, flow in enumerate(service.flows):
        path: Path = ("flows", index)
        if not flow.legal_bases:
            wrong = f"Person data flows to `{flow.receiver}` without a legal ground."
            mend = "Add `legal_bases`, each defined in the agreement with its law."
            yield finding(loaded.at(file, *path), "legal-basis", wrong, mend)
        yield from missing(loaded, file, (*path, "legal_bases"), "legal basis", flow.legal_bases, set(bases))
        yield from missing(loaded, file, path, "role of the service", (flow.sender, flow.receiver), of_service)
