"""Checks of what a service does over distance: the things, roles and places it names, and times that can be kept."""

from __future__ import annotations

from collections.abc import Iterator

from saman.kernel.outcome import Issue
from saman.model.care.check_parties import hours_issues, missing
from saman.model.care.distance import Distance, Doses, Tour
from saman.model.care.load import Loaded
from saman.model.care.service_model import ModeKind, ServiceModel
from saman.model.care.yamltree import Path, finding

AT: Path = ("distance",)

NEEDS_MODE = {
    "doses": ModeKind.DEVICE,
    "rooms": ModeKind.HEALTH_ROOM,
    "tours": ModeKind.MOBILE_UNIT,
    "channels": ModeKind.CHAT,
    "meetings": ModeKind.VIDEO,
}
"""The way of contact that each part is about; a service that has the part offers it."""


def issues(loaded: Loaded, file: str, service: ServiceModel) -> Iterator[Issue]:
    """What is wrong with the doses, looks, alarms, rooms, tours, channels, locks and meetings of a service."""
    distance = service.distance
    if distance is None:
        return
    yield from _modes(loaded, file, service, distance)
    yield from _roles(loaded, file, service, distance)
    yield from _things(loaded, file, service, distance)
    yield from _places(loaded, file, distance)
    yield from _bases(loaded, file, distance)
    if distance.doses is not None:
        yield from _doses(loaded, file, distance.doses)
    for index, tour in enumerate(distance.tours):
        yield from _tour(loaded, file, (*AT, "tours", index), tour)


def _modes(loaded: Loaded, file: str, service: ServiceModel, distance: Distance) -> Iterator[Issue]:
    offered = {mode.mode for mode in service.modes}
    for name, mode in NEEDS_MODE.items():
        if getattr(distance, name) and mode not in offered:
            wrong = f"The service has `{name}`, but not the mode `{mode.value}`."
            yield finding(loaded.at(file, *AT, name), "reference", wrong, f"Add `{mode.value}` to `modes`.")


def _roles(loaded: Loaded, file: str, service: ServiceModel, distance: Distance) -> Iterator[Issue]:
    known = {filled.role for filled in service.roles}
    named: list[tuple[Path, tuple[str | None, ...]]] = [
        *((("alarms", index, "sent_out"), (one.sent_out,)) for index, one in enumerate(distance.alarms)),
        *((("channels", index, "role"), (one.role,)) for index, one in enumerate(distance.channels)),
        *((("meetings", index, "joins"), one.joins) for index, one in enumerate(distance.meetings)),
        *((("meetings", index, "helper"), (one.helper,)) for index, one in enumerate(distance.meetings)),
    ]
    if distance.watch is not None:
        named.append((("watch", "looked_by"), (distance.watch.looked_by,)))
    if distance.lock is not None:
        named.append((("lock", "opened_by"), distance.lock.opened_by))
    if distance.positions is not None:
        named.append((("positions", "seen_by"), distance.positions.seen_by))
    for path, roles in named:
        yield from missing(loaded, file, (*AT, *path), "role of the service", filter(None, roles), known)


def _things(loaded: Loaded, file: str, service: ServiceModel, distance: Distance) -> Iterator[Issue]:
    equipment, alarms = {one.id for one in service.equipment}, {one.id for one in distance.alarms}
    activities = {one.id for one in service.activities}
    for index, alarm in enumerate(distance.alarms):
        names = filter(None, [alarm.equipment])
        yield from missing(loaded, file, (*AT, "alarms", index, "equipment"), "equipment", names, equipment)
    for index, room in enumerate(distance.rooms):
        yield from missing(loaded, file, (*AT, "rooms", index, "equipment"), "equipment", room.equipment, equipment)
    if distance.doses is not None:
        yield from missing(loaded, file, (*AT, "doses", "missed"), "alarm", [distance.doses.missed], alarms)
    if distance.watch is not None:
        names = filter(None, [distance.watch.triggered_by])
        yield from missing(loaded, file, (*AT, "watch", "triggered_by"), "alarm", names, alarms)
    if distance.lock is not None:
        names = filter(None, distance.lock.activities)
        yield from missing(loaded, file, (*AT, "lock", "activities"), "activity", names, activities)


def _places(loaded: Loaded, file: str, distance: Distance) -> Iterator[Issue]:
    places = {place.code for place in loaded.model.region.places}
    for index, room in enumerate(distance.rooms):
        path = (*AT, "rooms", index)
        yield from missing(loaded, file, (*path, "place"), "place", [room.place], places)
        for name, hours in (("hours", room.hours), ("staffed", room.staffed)):
            if hours is not None:
                yield from hours_issues(loaded, file, (*path, name), hours)
    for index, tour in enumerate(distance.tours):
        for position, stop in enumerate(tour.stops):
            path = (*AT, "tours", index, "stops", position, "place")
            yield from missing(loaded, file, path, "place", [stop.place], places)


def _bases(loaded: Loaded, file: str, distance: Distance) -> Iterator[Issue]:
    known = {base.id for agreement in loaded.model.agreements for base in agreement.legal_bases}
    for name, part in (("watch", distance.watch), ("positions", distance.positions)):
        if part is not None:
            yield from missing(loaded, file, (*AT, name, "consent"), "legal basis", [part.consent], known)


def _doses(loaded: Loaded, file: str, doses: Doses) -> Iterator[Issue]:
    times = (*doses.reminds_after, doses.taken_back_after)
    if list(times) != sorted(set(times)):
        wrong = "A dose is taken back before the last reminder, or reminders are out of order."
        yield finding(loaded.at(file, *AT, "doses"), "value", wrong, "Let each come later than the one before.")
    if doses.warns_days_before_empty >= doses.refilled_every_days:
        wrong = "The dispenser would always say that it is nearly empty."
        mend = "Let it warn fewer days before than it is refilled."
        yield finding(loaded.at(file, *AT, "doses", "warns_days_before_empty"), "value", wrong, mend)


def _tour(loaded: Loaded, file: str, path: Path, tour: Tour) -> Iterator[Issue]:
    taken: dict[tuple[int, int], str] = {}
    for index, stop in sorted(enumerate(tour.stops), key=lambda one: (one[1].week, one[1].day.number, one[1].arrives)):
        here = (*path, "stops", index)
        if stop.week > tour.weeks:
            wrong = f"The stop is in week {stop.week} of a tour of {tour.weeks}."
            yield finding(loaded.at(file, *here, "week"), "value", wrong, "Correct `week`, or `weeks` of the tour.")
        if stop.leaves <= stop.arrives or taken.get((stop.week, stop.day.number), "") > stop.arrives:
            wrong = f"The unit cannot stand at {stop.name} then."
            mend = "Let it leave after it arrives, and arrive after it left the stop before."
            yield finding(loaded.at(file, *here, "arrives"), "value", wrong, mend)
        taken[(stop.week, stop.day.number)] = max(stop.leaves, taken.get((stop.week, stop.day.number), ""))
