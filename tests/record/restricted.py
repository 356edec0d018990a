"""A region in which people have restricted things, and what is hidden from whom: read off the Consents, naively.

Nothing here uses what the product makes of a Consent; it walks the JSON as the text of the profile says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from saman.kernel.clock import instant
from saman.model.access import Domain, domain_of
from saman.model.fhir import clinical_time
from saman.record import Context
from tests.record.conftest import NOW, Resource, observation
from tests.record.world import EDGES, PARTIES, STAFF, TICK, Oracle, Version, World

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
LEVEL = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
SCOPE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]}
LABELS = [(ACT_CODE, "PSY"), (ACT_CODE, "PSYTHPN"), (ACT_CODE, "SEX"), (LEVEL, "R"), (LEVEL, "V")]
INSIDE = {"PSY": {"PSYTHPN"}, "SEX": {"SDV", "STD", "HIV"}}
RANK = "ULMNRV"
HOSPITAL = "hospital"
SAID = ("actor", "purpose", "class", "data", "securityLabel", "dataPeriod")
Rule = tuple[Resource, list[Resource]]


def label(system: str, code: str) -> Resource:
    return {"system": system, "code": code}


class RestrictedWorld(World):
    """A world whose people have said who may not see what."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.last: dict[tuple[str, str], Resource] = {}
        self.parents: dict[str, str] = {}

    async def write(self, resource: Resource, person: str | None) -> str:
        id = await super().write(resource, person)
        self.last[resource["resourceType"], id] = self.current[resource["resourceType"], id]
        return id

    async def build(self, persons: int = 3) -> None:
        await super().build(persons)
        await self.write({"resourceType": "Organization", "id": HOSPITAL, "name": "x"}, None)
        for unit in ("centre", "gp-1"):
            part_of = {"partOf": {"reference": f"Organization/{HOSPITAL}"}} if self.pick.random() < 0.6 else {}
            await self.write({"resourceType": "Organization", "id": unit, "name": unit, **part_of}, None)
            if part_of:
                self.parents[unit] = HOSPITAL
        for who in self.persons:
            members = [{"member": {"reference": f"Organization/{party}"}} for party in PARTIES]
            team = {"resourceType": "CareTeam", "status": "active", "subject": {"reference": f"Patient/{who}"}}
            await self.write(team | {"participant": members}, who)
            self.last["Patient", who] = self.current["Patient", who]
            goals = await self._sensitive(who)
            for _ in range(self.pick.choice([1, 2, 2, 3])):
                await self.write(self.consent(who, goals), who)

    async def _sensitive(self, who: str) -> list[str]:
        """Things with labels and holders, some of which point to each other; gives the Goals."""
        goals = []
        for _ in range(2):
            security = [label(*one) for one in self.pick.sample(LABELS, self.pick.randint(0, 2))]
            reading = observation(who, performer=[{"reference": f"Organization/{self.pick.choice(PARTIES)}"}])
            reading["effectiveDateTime"] = instant(self.pick.choice(EDGES))
            await self.write(reading | ({"meta": {"security": security}} if security else {}), who)
            goal = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "y"}}
            goals.append(f"Goal/{await self.write(goal | {'subject': {'reference': f'Patient/{who}'}}, who)}")
        plan = {"resourceType": "CarePlan", "status": "active", "intent": "plan"}
        points = {"goal": [{"reference": one} for one in goals]}
        await self.write(plan | points | {"subject": {"reference": f"Patient/{who}"}}, who)
        return goals

    def consent(self, who: str, goals: list[str]) -> Resource:
        root = self._provision(self.pick.choice(["deny"] * 4 + ["permit"]), goals, [])
        return {
            "resourceType": "Consent",
            "status": self.pick.choice(["active", "active", "active", "inactive"]),
            "scope": SCOPE,
            "category": [{"text": "x"}],
            "policyRule": {"text": "x"},
            "patient": {"reference": f"Patient/{who}"},
            "provision": root,
        }

    def _provision(self, type: str, goals: list[str], used: list[str]) -> Resource:
        made: Resource = {"type": type}
        chosen = [one for one in ("class", "data", "label", "time") if one not in used and self.pick.random() < 0.35]
        for one in chosen:
            made |= self._narrowed(one, goals)
        if self.pick.random() < 0.4:
            made["actor"] = [self._actor() for _ in range(self.pick.randint(1, 2))]
        if self.pick.random() < 0.3:
            made["purpose"] = [
                {"code": code} for code in self.pick.choice([["TREAT"], ["FAMRQT"], ["TREAT", "FAMRQT"]])
            ]
        if self.pick.random() < 0.25 and (period := self._period()):
            made["period"] = period
        if len(used) + len(chosen) < 3 and self.pick.random() < 0.6:
            other = "permit" if type == "deny" else self.pick.choice(["deny", "permit"])
            made["provision"] = [self._provision(other, goals, used + chosen)]
        return made

    def _narrowed(self, how: str, goals: list[str]) -> Resource:
        if how == "class":
            kinds = [("urn:saman:kind-of-data", one) for one in ("plan", "health", "readings", "social")]
            types = [("http://hl7.org/fhir/resource-types", one) for one in ("Goal", "Observation", "CarePlan")]
            return {"class": [label(*one) for one in self.pick.sample(kinds + types, 2)]}
        if how == "data":
            ways = [("instance", self.pick.choice(goals)), ("related", goals[0])]
            ways += [("authoredby", f"Organization/{one}") for one in (*PARTIES, HOSPITAL)]
            return {
                "data": [
                    {"meaning": meaning, "reference": {"reference": place}}
                    for meaning, place in self.pick.sample(ways, 2)
                ]
            }
        if how == "label":
            return {"securityLabel": [label(*one) for one in self.pick.sample([*LABELS, (LEVEL, "N")], 2)]}
        ends = sorted([self.pick.choice(EDGES), self.pick.choice([NOW, NOW + timedelta(days=1)])])
        return {
            "dataPeriod": {"start": instant(ends[0])} | ({"end": instant(ends[1])} if self.pick.random() < 0.5 else {})
        }

    def _actor(self) -> Resource:
        place = self.pick.choice([*PARTIES, HOSPITAL])
        who = self.pick.choice(
            [f"Organization/{place}"] * 3 + ["Practitioner/1", "Practitioner/2", *self.actors[1::2], ""]
        )
        role = [label("urn:saman:role", self.pick.choice(STAFF)[0])] if not who or self.pick.random() < 0.2 else []
        named = {"reference": who} if who else {"display": "all of a role"}
        return {"role": {"coding": role} if role else {"text": "IRCP"}, "reference": named}

    def times(self) -> list[datetime]:
        """Also the moments at which Consents begin and end, and the future they are made for."""
        found = set(super().times())
        for (kind, _), one in self.last.items():
            if kind == "Consent":
                for provision in walk(one.get("provision", {})):
                    for end in boundaries(provision.get("period", {})):
                        found |= {end, end - TICK}
        return sorted(found)


def walk(provision: Resource) -> list[Resource]:
    return [provision, *(below for each in provision.get("provision", ()) for below in walk(each))]


def rules(one: Resource, above: Resource, periods: list[Resource], *, root: bool = False) -> Iterator[Rule]:
    """Every denial in a provision; what one does not say is as in what it stands in, and all their periods count.

    A whole Consent that permits some data only denies the rest.
    """
    whole = {name: above[name] for name in SAID if name in above} | one
    whole["exact"] = one["type"] == "permit" if "securityLabel" in one else above.get("exact", False)
    periods = [*periods, one.get("period", {})]
    if one["type"] == "deny" or (root and any(name in one for name in SAID[2:])):
        yield whole, periods
    for each in one.get("provision", ()):
        yield from rules(each, whole, periods)


def boundaries(period: Resource) -> list[datetime]:
    """The first instant in a period and the first after it; bare dates are days in Oslo's winter time."""
    found = []
    if "start" in period:
        found.append(_first(period["start"]))
    if "end" in period:
        bare = "T" not in period["end"]
        found.append(_first(period["end"]) + (timedelta(days=1) if bare else timedelta()))
    return found


def _first(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+01:00")


def is_inside(moment: datetime, period: Resource) -> bool:
    late = "end" in period and moment >= boundaries({"end": period["end"]})[0]
    return not late and ("start" not in period or moment >= boundaries({"start": period["start"]})[0])


class Asked:
    """One context before one resource."""

    def __init__(self, world: RestrictedWorld, context: Context, key: tuple[str, str]) -> None:
        self.world, self.context, self.key = world, context, key
        self.resource = world.last[key]
        security = self.resource.get("meta", {}).get("security", ())
        self.codes = {one["code"] for one in security if one["system"] == ACT_CODE}
        levels = [one["code"] for one in security if one["system"] == LEVEL]
        self.level = max([*levels, "R" if self.codes else "N"], key=RANK.index)
        self.holder = next(_holders(self.resource), "")
        self.at = clinical_time(self.resource) or NOW

    def hidden(self) -> bool:
        """Whether any Consent of the person keeps it from who asks."""
        person = next(one.person for one in reversed(self.world.versions) if (one.type, one.id) == self.key)
        if self.context.is_system or self.context.actor == f"Patient/{person}" or person is None:
            return False
        for key, consent in self.world.last.items():
            if key[0] != "Consent" or consent.get("scope") != SCOPE or consent["status"] != "active":
                continue
            if consent["patient"]["reference"] != f"Patient/{person}":
                continue
            denials = list(rules(consent["provision"], {}, [], root=True))
            if any(self.denied(one, periods) for one, periods in denials):
                return True
            if key == self.key and any(self.concerned(one, periods) for one, periods in denials):
                return True
        return False

    def denied(self, one: Resource, periods: list[Resource]) -> bool:
        """Whether a denial keeps it out, and no exception right inside it lets it through."""
        if not self.concerned(one, periods) or self.is_spared(one):
            return False
        exceptions = [each for each in one.get("provision", ()) if each["type"] == "permit"]
        let = any(self.concerned(each, [each.get("period", {})]) and self.fits(each) for each in exceptions)
        if one["type"] == "permit":
            return domain_of(self.resource) is not Domain.PERSON and not self.fits(one) and not let
        return self.fits(one) and not let

    def is_spared(self, one: Resource) -> bool:
        """Who holds something keeps it, unless the denial names them."""
        return "actor" not in one and self.holder != "" and self.holder == self.context.party

    def concerned(self, one: Resource, periods: list[Resource]) -> bool:
        """Whether it speaks of who asks, for this purpose and at this time."""
        if "purpose" in one and self.context.purpose not in {each["code"] for each in one["purpose"]}:
            return False
        if not all(is_inside(self.context.now, each) for each in periods):
            return False
        return "actor" not in one or any(self.named(each) for each in one["actor"])

    def named(self, actor: Resource) -> bool:
        who = actor["reference"].get("reference", "")
        roles = {one["code"] for one in actor["role"].get("coding", ())}
        if who.startswith(("Practitioner/", "RelatedPerson/")):
            return who == self.context.actor
        if self.context.kind != "staff" or (roles and self.context.role not in roles):
            return False
        party = who.removeprefix("Organization/")
        return not party or party in (self.context.party, self.world.parents.get(self.context.party))

    def fits(self, one: Resource) -> bool:
        return self.in_class(one) and self.in_data(one) and self.labelled(one) and self.in_time(one)

    def in_class(self, one: Resource) -> bool:
        domain = domain_of(self.resource)
        if "class" not in one:
            items = any(each["meaning"] == "instance" for each in one.get("data", ()))
            return domain not in (Domain.PERSON, Domain.DIRECTORY) or items
        return bool({domain.word, self.key[0]} & {each["code"] for each in one["class"]})

    def in_data(self, one: Resource) -> bool:
        if "data" not in one:
            return True
        own = "/".join(self.key)
        for each in one["data"]:
            place = each["reference"]["reference"]
            if each["meaning"] == "instance" and place == own:
                return True
            if each["meaning"] == "related" and place in {own, *_pointed(self.resource)}:
                return True
            party = place.removeprefix("Organization/")
            if each["meaning"] == "authoredby" and party in (self.holder, self.world.parents.get(self.holder)):
                return True
        return False

    def labelled(self, one: Resource) -> bool:
        if "securityLabel" not in one:
            return True
        said = {each["code"] for each in one["securityLabel"]}
        wide = said | {inside for code in said for inside in INSIDE.get(code, ())}
        if one["type"] == "deny" and one.get("exact"):
            return bool(said & {self.level, *self.codes})
        if one["type"] == "deny":
            above = any(RANK.index(self.level) >= RANK.index(code) for code in said if code in RANK)
            return above or bool(wide & self.codes)
        return self.level in said or (bool(self.codes) and self.codes <= said)

    def in_time(self, one: Resource) -> bool:
        period = one.get("dataPeriod", {})
        return is_inside(self.at, period) or (one["type"] == "deny" and is_inside(NOW, period))


def _pointed(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
        return own.union(*(_pointed(each) for each in value.values()))
    return set().union(*map(_pointed, value)) if isinstance(value, list) else set()


def _holders(resource: Resource) -> Any:
    for name in ("managingOrganization", "organization", "author", "requester", "performer", "sender"):
        value = resource.get(name, [])
        for one in value if isinstance(value, list) else [value]:
            if one.get("reference", "").startswith("Organization/"):
                yield one["reference"].removeprefix("Organization/")


class RestrictedOracle(Oracle):
    """Who may see what: what the decision gives, without what is hidden."""

    world: RestrictedWorld

    def shows(self, context: Context, one: Version) -> bool:
        """Whether the context sees a version; what is hidden now is hidden in all its versions."""
        key = (one.type, one.id)
        if not self.sees(context, one.person, one.domain):
            return False
        return one.person is None or not Asked(self.world, context, key).hidden()

    def versions(self, context: Context) -> list[Version]:
        return [one for one in self.world.versions if self.shows(context, one)]

    def current(self, context: Context) -> dict[tuple[str, str], Version]:
        last = {(one.type, one.id): one for one in self.world.versions}
        return {key: one for key, one in last.items() if self.shows(context, one)}
