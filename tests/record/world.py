"""A small region made at random from one seed, and what everybody in it may see, decided without the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.model.access import (
    Assignment,
    Domain,
    Holder,
    Policy,
    Question,
    Relation,
    decide,
    domain_of,
    relations,
)
from saman.record import Context, Record, Store, system
from saman.record.grants import open_context
from tests.record.conftest import BASE, NOW, Resource, observation, patient

PARTIES = ("centre", "home-a", "home-b", "gp-1")
STAFF = (
    ("telemedicine-nurse", "centre"),
    ("home-care-nurse", "home-a"),
    ("home-care-worker", "home-b"),
    ("general-practitioner", "gp-1"),
    ("coordinator", "home-b"),
    ("region-administrator", "centre"),
    ("nobody-knows", "centre"),
)
EDGES = [datetime(2026, 11, day, hour, tzinfo=UTC) for day in (10, 18, 20, 21, 22, 25) for hour in (0, 12, 23)]
TICK = timedelta(microseconds=1)
SOCIAL = {"system": "urn:saman:category", "code": "social-care"}
HOME = {"system": "urn:saman:category", "code": "home-monitoring"}


class Version(NamedTuple):
    """One version as the world knows it."""

    type: str
    id: str
    version: int
    person: str | None
    domain: Domain
    deleted: bool


class World:
    """What was written, in the order it was written, and whom it ties to whom."""

    def __init__(self, seed: int, store: Store, policy: Policy) -> None:
        self.pick = Random(seed)
        self.store = store
        self.policy = policy
        self.record = Record(store, system(NOW), BASE)
        self.versions: list[Version] = []
        self.current: dict[tuple[str, str], Resource] = {}
        self.persons: list[str] = []
        self.actors: list[str] = []

    async def write(self, resource: Resource, person: str | None) -> str:
        """Create `resource`, or update what has its id."""
        if "id" in resource:
            written = await self.record.update(resource["resourceType"], resource["id"], resource)
        else:
            written = await self.record.create(resource)
        assert not isinstance(written, Refusal), (resource, written)
        one = written.stored
        self.versions.append(Version(one.type, one.id, one.version, person, domain_of(resource), False))
        self.current[one.type, one.id] = one.resource()
        return one.id

    async def remove(self, kind: str, id: str) -> None:
        """Delete a resource."""
        gone = await self.record.delete(kind, id)
        assert not isinstance(gone, Refusal)
        last = next(one for one in reversed(self.versions) if (one.type, one.id) == (kind, id))
        self.versions.append(last._replace(version=gone.stored.version, deleted=True))
        del self.current[kind, id]

    async def build(self, persons: int = 3) -> None:
        """Everything."""
        for party in PARTIES:
            await self.write({"resourceType": "Organization", "id": party, "name": party}, None)
        for number in range(persons):
            await self._person(f"p-{number}" if number == 1 else None)
        await self._between()

    async def _person(self, id: str | None) -> None:
        more: Resource = {"id": id} if id else {}
        if self.pick.random() < 0.6:
            more["generalPractitioner"] = [{"reference": "Organization/gp-1"}]
        if self.pick.random() < 0.2:
            more["meta"] = {"security": [{"system": "urn:saman:category", "code": "protected-address"}]}
        resource = patient(**more)
        written = await (self.record.update("Patient", id, resource) if id else self.record.create(resource))
        assert not isinstance(written, Refusal)
        who = written.stored.id
        self.versions.append(Version("Patient", who, 1, who, Domain.PERSON, False))
        self.current["Patient", who] = written.stored.resource()
        self.persons.append(who)
        self.actors.append(f"Patient/{who}")
        for _ in range(self.pick.randint(1, 3)):
            await self.write(self._tie(who), who)
        related = await self.write(self._relative(who), who)
        self.actors.append(f"RelatedPerson/{related}")
        await self._data(who)

    def _period(self) -> Resource:
        ends = sorted(self.pick.choices(EDGES, k=2))
        return {
            name: self.pick.choice([instant(end), instant(end)[:10]])
            for name, end in zip(("start", "end"), ends, strict=True)
            if self.pick.random() < 0.7
        }

    def _tie(self, who: str) -> Resource:
        party = {"reference": f"Organization/{self.pick.choice(PARTIES)}"}
        subject = {"reference": f"Patient/{who}"}
        if self.pick.random() < 0.5:
            member: Resource = {"member": party}
            team: Resource = {
                "resourceType": "CareTeam",
                "status": "active",
                "subject": subject,
                "participant": [member],
            }
            for one in (team, member):
                if self.pick.random() < 0.5 and (period := self._period()):
                    one["period"] = period
            return team
        task: Resource = {
            "resourceType": "Task",
            "status": self.pick.choice(["requested", "accepted", "completed", "draft"]),
            "intent": "order",
            "for": subject,
            "owner": party,
        }
        written = sorted(self.pick.choices(EDGES, k=2))
        task |= {"authoredOn": instant(written[0]), "lastModified": instant(written[1])}
        if self.pick.random() < 0.6:
            task["code"] = {"coding": [{"system": "urn:saman:activity", "code": "home-visit"}]}
        return task

    def _relative(self, who: str) -> Resource:
        shared = self.pick.choice(["plan", "plan", "nothing"])
        return {
            "resourceType": "RelatedPerson",
            "patient": {"reference": f"Patient/{who}"},
            "extension": [{"url": "urn:saman:scope", "valueCode": shared}],
        } | ({"period": period} if (period := self._period()) else {})

    async def _data(self, who: str) -> None:
        subject = {"reference": f"Patient/{who}"}
        await self.write(observation(who), who)
        await self.write(observation(who, category=[{"coding": [HOME]}]), who)
        moved = await self.write(observation(who, category=[{"coding": [SOCIAL]}]), who)
        await self.write(observation(who, id=moved), who)
        gone = await self.write(observation(who, category=[{"coding": [HOME]}]), who)
        await self.remove("Observation", gone)
        condition: Resource = {"resourceType": "Condition", "subject": subject, "code": {"text": "x"}}
        await self.write(condition, who)
        goal = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "x"}, "subject": subject}
        await self.write(goal, who)
        coverage = {"resourceType": "Coverage", "status": "active", "beneficiary": subject, "payor": [subject]}
        await self.write(coverage, who)
        consent = {
            "resourceType": "Consent",
            "status": "active",
            "scope": {"text": "x"},
            "category": [{"text": "x"}],
            "policyRule": {"text": "x"},
            "patient": subject,
        }
        await self.write(consent, who)
        plan = {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "subject": subject,
            "category": [{"coding": [SOCIAL]}] if self.pick.random() < 0.5 else [{"text": "x"}],
        }
        await self.write(plan, who)

    async def _between(self) -> None:
        """Resources about nobody or several people, and links from one person's data to another's."""
        await self.write({"resourceType": "Observation", "status": "final", "code": {"text": "x"}}, None)
        readings = [(kind, id) for kind, id in self.current if kind == "Observation"]
        for who in self.persons:
            others = [{"reference": f"{kind}/{id}"} for kind, id in self.pick.sample(readings, 3)]
            performer = [{"reference": f"Patient/{self.pick.choice(self.persons)}"}]
            await self.write(observation(who, hasMember=others, performer=performer), who)
        both = [{"reference": f"Patient/{who}"} for who in self.persons[:2]]
        agent = [{"who": {"reference": "Organization/centre"}}]
        await self.write({"resourceType": "Provenance", "target": both, "recorded": instant(NOW), "agent": agent}, None)

    async def contexts(self) -> list[Context]:
        """Everybody who may ask, open on the store."""
        wanted = [Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role=r, party=p) for r, p in STAFF]
        wanted += [Assignment(number=0, kind=Holder.STAFF, purpose="HRESCH", role=STAFF[0][0], party=STAFF[0][1])]
        for actor in self.actors:
            own = actor.startswith("Patient/")
            kind, purpose = (Holder.CITIZEN, "PATRQT") if own else (Holder.RELATIVE, "FAMRQT")
            wanted.append(Assignment(number=0, kind=kind, purpose=purpose, role=kind.value, actor=actor))
        opened = []
        for one in wanted:
            number = await open_context(self.store.pool, one, self.policy)
            actor = one.actor or "Practitioner/1"
            opened.append(Context(number, actor, one.role, one.party, one.purpose, NOW, "r", one.kind.value))
        return opened

    def ties(self) -> list[Relation]:
        """All care relations, read from the resources as they are now."""
        return [tie for one in self.current.values() for tie in relations(one, self.policy.zone)]

    def times(self) -> list[datetime]:
        """Moments at which somebody's access may change, and just before."""
        changes = {moment for tie in self.ties() for moment in (tie.start, tie.end) if moment is not None}
        return sorted({NOW, *(moment - nudge for moment in changes for nudge in (TICK, TICK * 0))})


class Oracle:
    """Who may see what, from the decision alone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ties = world.ties()
        self._known: dict[Any, bool] = {}

    def sees(self, context: Context, person: str | None, domain: Domain) -> bool:
        """Whether the context may read data of this kind about the person now."""
        if context.is_system or domain is Domain.DIRECTORY:
            return True
        if person is None:
            return False
        key = (context.number, context.now, person, domain)
        if key not in self._known:
            question = Question(
                assignment=context.assignment, domain=domain, at=context.now, person=person, relations=self.ties
            )
            self._known[key] = decide(question, self.world.policy).permitted
        return self._known[key]

    def versions(self, context: Context) -> list[Version]:
        """The versions that the context may see."""
        return [one for one in self.world.versions if self.sees(context, one.person, one.domain)]

    def current(self, context: Context) -> dict[tuple[str, str], Version]:
        """Those of them that are current, by type and id."""
        last = {(one.type, one.id): one for one in self.world.versions}
        return {key: one for key, one in last.items() if self.sees(context, one.person, one.domain)}
