"""The whole demo as transaction Bundles, each of which needs only those before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from saman.ops.demo.bundle import put, transaction
from saman.ops.demo.contacts import story_entries
from saman.ops.demo.follow_up import Follow, changed_limits, enrolment_entries
from saman.ops.demo.hours import Closed, Hours, weekend
from saman.ops.demo.marks import HAND_MADE, Resource, mark
from saman.ops.demo.people import condition, person_entries
from saman.ops.demo.plan import Circle, care_team, plan_resources
from saman.ops.demo.profile import Joiner, Person, Profile, person_of, read_joiners, read_profiles
from saman.ops.demo.readings import Sender, device_entries, report_entries
from saman.ops.demo.setting import Setting
from saman.ops.demo.social import social_entries
from saman.ops.demo.staff import staff_bundle
from saman.ops.demo.synthea import Newcomer, newcomers
from saman.ops.demo.work import limit_told, missing_report, read_report

Named = tuple[str, Resource]


def demo_bundles(now: datetime, seed: int = 1, closed: Closed = weekend) -> Iterator[Named]:
    """Name and transaction Bundle of each part of the demo, in the order in which they are to be stored.

    `now` (aware) is the day everything lies around; the same `now` and `seed` give the same Bundles. `closed` says on
    which days the telemedicine centre does not open. The Organizations of the sample region must be stored before.
    """
    setting = Setting(now, seed, Hours(closed))
    profiles = read_profiles()
    people = {key: person_of(key, profile, turn) for turn, (key, profile) in enumerate(profiles.items())}
    yield "staff", staff_bundle()
    for key, profile in profiles.items():
        yield f"person-{key}", transaction(_person(people[key], profile, setting))
    follows = [_follow(people[key], profile, setting) for key, profile in profiles.items() if profile.enrolled]
    for follow in follows:
        yield from _followed(follow)
    yield "going-on", transaction(story_entries(people, setting))
    yield from _published(setting)


def _person(person: Person, profile: Profile, setting: Setting) -> Iterator[Resource]:
    circle = Circle(person, setting, profile, profile.enrolled)
    yield from person_entries(person, profile, setting)
    yield from social_entries(person, profile, setting)
    yield from (put(mark(resource, HAND_MADE)) for resource in plan_resources(circle))


def _follow(person: Person, profile: Profile, setting: Setting) -> Follow:
    assert profile.enrolled
    return Follow(person, profile.enrolled, tuple(profile.conditions), setting)


def _followed(follow: Follow) -> Iterator[Named]:
    """Enrolment, what changed since, and the reports with their tasks."""
    yield f"follow-up-{follow.person.id}", transaction(enrolment_entries(follow))
    changed = [*changed_limits(follow), *limit_told(follow)]
    if changed:
        yield f"limits-{follow.person.id}", transaction(changed)
    yield f"reports-{follow.person.id}", transaction(_reports(follow))


def _reports(follow: Follow) -> Iterator[Resource]:
    sender = Sender(follow.person, follow.enrolled)
    yield from device_entries(sender)
    last = follow.setting.now
    for sent, entries in report_entries(sender, follow.setting):
        yield from entries
        yield read_report(follow, sent)
        last = sent.report.sent
    if follow.enrolled.silent_since is not None:
        yield missing_report(follow, last)


def _published(setting: Setting) -> Iterator[Named]:
    joiners = read_joiners()
    for newcomer, bundle in newcomers(setting):
        joiner = next((joiner for start, joiner in joiners.items() if newcomer.file.startswith(start)), None)
        bundle["entry"] += _around(newcomer, joiner, setting)
        yield f"published-{newcomer.person.id}", bundle
        if joiner:
            yield from _followed(Follow(newcomer.person, joiner.enrolled, (joiner.reason,), setting))


def _around(newcomer: Newcomer, joiner: Joiner | None, setting: Setting) -> list[Resource]:
    """What is added to a published person: the care team of the living, and the plan of those in home follow-up."""
    if newcomer.dead:
        return []
    circle = Circle(newcomer.person, setting, enrolled=joiner.enrolled if joiner else None)
    if joiner is None:
        return [put(mark(care_team(circle), HAND_MADE))]
    resources = [condition(newcomer.person, joiner.reason, None, setting), *plan_resources(circle)]
    return [put(mark(resource, HAND_MADE)) for resource in resources]
