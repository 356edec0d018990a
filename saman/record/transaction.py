"""A transaction: references between entries are resolved, then everything is written in one statement, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import Leads, Literal, extract, leads, literal, reference_path, resource_number
from saman.model.fhir.narrative_links import relinked
from saman.record import render
from saman.record.audit import Entry
from saman.record.change import ANY, Change, is_part, judging, replacement, unfit
from saman.record.conditional import Making, both_making, claim, condition_in, matching, meant_by
from saman.record.conditioned import not_allowed, replacing
from saman.record.limits import waiting
from saman.record.patching import change_by, is_overtaken, wait_for
from saman.record.presence import expected_there
from saman.record.record import Record
from saman.record.refusals import is_absent, not_found
from saman.record.rows import Resource, person_of, person_shard
from saman.record.step import Step, at, at_entries, entry_place, perform, placed, written
from saman.record.stored import Stored, Written
from saman.record.subscriptions.together import among, names
from saman.record.subscriptions.together import perform as perform_own

ACTIONS = {"POST": "C", "PUT": "U", "PATCH": "U", "DELETE": "D"}
ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2}

NOWHERE = Leads([], [], [])
_ONCE = "INSERT INTO done (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING name"


async def transact(record: Record, steps: Sequence[Step], once: str = "") -> str | Refusal:
    """The transaction-response, entries in the order of the request.

    With `once` it happens for that name a single time, whatever crashes: later calls are refused as done.
    """
    repeated = _repeated(steps)
    if repeated is not None:
        return repeated
    for step in steps:
        unfitting = (
            await not_allowed(record, step.condition, step.method) if step.condition and step.method != "POST" else None
        )
        if unfitting is not None:
            return at(step, unfitting)
    pinned = {entry_place(step) for step in steps if step.is_bound}

    def again(result: object) -> bool:
        """Another try helps with what others changed meanwhile, and not with a version that the client named."""
        return is_overtaken(result) and not _names(result, pinned)

    outcome = await record.until_settled(lambda inner: _Transaction(inner, steps, pinned).run(once), again=again)
    return outcome if isinstance(outcome, Refusal) else await _answers(record, steps, outcome)


def _names(result: object, places: Set[str]) -> bool:
    """Whether a refusal is about one of these places."""
    return isinstance(result, Refusal) and any(issue.path in places for issue in result.issues)


def _repeated(steps: Sequence[Step]) -> Refusal | None:
    seen: set[str] = set()
    for step in steps:
        keys = {step.full_url} if step.full_url and not step.reads else set()
        keys |= {f"{step.type}/{step.id}"} if step.id and not step.reads else set()
        if keys & seen:
            return _twice(step)
        seen |= keys
    return None


def _twice(step: Step) -> Refusal:
    return at(step, refused(Kind.INVALID, "duplicate", "Two entries name or would make the same resource."))


class _Entry:
    """A step that writes a resource, while its references are being resolved.

    The resource is that of the step, which is left as it is: it is copied once something is to be written into it.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self.id = step.id
        self.names = [step.full_url]
        self.expected = ANY if step.expected is None else step.expected
        self._take({} if step.patch is not None else step.resource or {})
        own = literal(step.full_url)
        self.base = own.base if own else ""

    @property
    def is_new(self) -> bool:
        """Whether its resource still needs an id."""
        return not self.id

    @property
    def makes(self) -> bool:
        """Whether it makes a resource, as far as is known."""
        return self.is_new or self.expected == 0

    def becomes(self, change: Change) -> None:
        """Take what the step turned out to change."""
        self._take(change.resource)
        self.id, self.expected = change.id, change.expected

    def _take(self, resource: Resource) -> None:
        self.resource, self._is_copy = resource, False
        self.leads = leads(resource) if resource else NOWHERE

    def name(self, id: str) -> None:
        """Give a new resource its id."""
        self.id, self.expected = id, 0
        if self._is_copy:
            self.resource["id"] = id
        else:
            self.resource = self.resource | {"id": id}

    def resolve(self, targets: Mapping[str, str]) -> None:
        """Write what entries and conditions stand for, as far as that is known, into the resource."""
        if not self._asks_for(targets):
            return
        if not self._is_copy:
            self._take(_copied(self.resource))
            self._is_copy = True
        for holder in self.leads.references:
            target = self._target(holder, targets)
            if target is not None:
                holder["reference"] = target
        for link in self.leads.links:
            link.holder[link.key] = targets.get(link.holder[link.key], link.holder[link.key])
        for narrative in self.leads.narratives:
            narrative["div"] = relinked(narrative["div"], targets)

    def _asks_for(self, targets: Mapping[str, str]) -> bool:
        linked = bool(self.leads.narratives) or any(one.holder[one.key] in targets for one in self.leads.links)
        return linked or any(self._target(one, targets) for one in self.leads.references)

    def _target(self, holder: Resource, targets: Mapping[str, str]) -> str | None:
        text = holder.get("reference", "")
        return targets.get(text) or (targets.get(self.base + text) if self.base else None)

    def unresolved(self) -> Refusal | None:
        """A refusal that names a reference to an entry which is not there."""
        for holder in self.leads.references:
            if holder.get("reference", "").startswith("urn:uuid:"):
                text, path = "It names an entry that is not in the Bundle.", reference_path(self.resource, holder)
                return at(self.step, refused(Kind.UNPROCESSABLE, "not-found", text, path))
        return None

    def person(self) -> str | None:
        """Whom the resource will be about, for the shard of its id; the only Patient it names will do."""
        if self.step.type == "Patient":
            return None
        named = {parts.id for parts in self._named() if parts.type == "Patient" and not parts.base}
        if len(named) > 1:
            return person_of(self.resource, extract(self.resource))
        return next(iter(named), None)

    def _named(self) -> Iterator[Literal]:
        for holder in self.leads.references:
            parts = literal(holder.get("reference", ""))
            if parts is not None:
                yield parts


def _copied(resource: Resource) -> Resource:
    copy: Resource = json.decode_kept(json.encode(resource))
    return copy


class _Transaction:
    """One run of a transaction, from nothing: what the steps hold is left as it is.

    `pinned` gets the names under which a refusal speaks of a version that the client named: no other try will help.
    """

    def __init__(self, record: Record, steps: Sequence[Step], pinned: set[str]) -> None:
        self.record = record
        self.pinned = pinned
        self.steps = steps
        self.entries = [_Entry(step) for step in steps if step.method in ("POST", "PUT", "PATCH")]
        self.removals: list[tuple[Step, Change]] = []
        self.targets: dict[str, str] = {}
        self.results: dict[int, Written | None] = {}
        self.own: dict[int, tuple[Step, str]] = {}

    async def run(self, once: str) -> dict[int, Written | None] | Refusal:
        """The outcome of each step that writes, by its place; None for a deletion of what is not there."""
        async with waiting(self.record, self._attempts):
            return await self._run(once)

    def _attempts(self) -> Iterator[Entry]:
        """The log of a transaction that comes to nothing: each step that writes."""
        for step in self.steps:
            if not step.reads:
                yield Entry(self.record.context, ACTIONS[step.method], resource_number(step.type), step.id)

    async def _run(self, once: str) -> dict[int, Written | None] | Refusal:
        connection = self.record.connection
        assert connection is not None
        if once and await connection.fetchval(_ONCE, once) is None:
            return refused(Kind.CONFLICT, "duplicate", "This has been done already.", key="record.done")
        conditions = [
            (step.condition, step.resource if step.method in ("POST", "PUT") else None)
            for step in self.steps
            if step.condition is not None
        ]
        await claim(connection, self.record.store.secret, conditions)
        patched = [f"{step.type}/{step.id}" for step in self.steps if step.patch is not None and step.id]
        await wait_for(connection, patched)
        self._set_aside(await among(self.record, self.steps))
        refusal = await self._settle_conditions() or self._overlapping()
        if refusal is not None:
            return refusal
        refusal = await self._settle_references()
        if refusal is not None:
            return refusal
        self._name_new()
        for entry in self.entries:
            entry.resolve(self.targets)
            refusal = entry.unresolved()
            if refusal is not None:
                return refusal
        return await self._write()

    def _set_aside(self, own: dict[int, tuple[Step, str]]) -> None:
        """Leave Subscriptions of whoever asks to those who keep them; what is written may refer to them."""
        self.own = own
        self.entries = [entry for entry in self.entries if entry.step.place not in own]
        self.targets |= names(own)

    async def _settle_conditions(self) -> Refusal | None:
        """Say what each step does that has a condition or a patch, and what each fullUrl stands for that is there."""
        entries = {entry.step.place: entry for entry in self.entries}
        for step in (one for one in self.steps if one.place not in self.own):
            there = None if step.condition is None else await matching(self.record, step.condition)
            if isinstance(there, Refusal):
                return at(step, there)
            refusal = await self._settle(step, entries.get(step.place), there)
            if refusal is not None:
                return at(step, refusal)
        self.entries = [entry for entry in self.entries if entry.step.place not in self.results]
        return None

    async def _settle(self, step: Step, entry: _Entry | None, there: Stored | None) -> Refusal | None:
        if step.method == "DELETE":
            return await self._settle_removal(step, there)
        if entry is None:
            return None
        if step.method == "POST" and there is not None:
            self.results[step.place] = Written(there, created=False, found=True)
            self._name(step.full_url, there.reference)
        elif step.method == "PUT" and step.condition is None:
            return await self._settle_update(step, entry)
        elif step.method != "POST":
            change = await self._change(step, there)
            if isinstance(change, Refusal):
                return change
            entry.becomes(change)
        if entry.id:
            self._name(step.full_url, f"{step.type}/{entry.id}")
        return None

    async def _settle_update(self, step: Step, entry: _Entry) -> Refusal | None:
        assert step.resource is not None
        if step.there is not None:
            expected = await expected_there(self.record, step.type, step.id, there=step.there)
            if isinstance(expected, Refusal):
                return expected
            entry.expected = ANY if expected is None else expected
        self._name(step.full_url, f"{step.type}/{step.id}")
        return is_part(step.resource)

    async def _settle_removal(self, step: Step, there: Stored | None) -> Refusal | None:
        if step.condition is not None and there is None:
            self.results[step.place] = None
            return None
        id, version = (step.id, None) if there is None else (there.id, there.version)
        removal = await self.record.removal(step.type, id, step.expected or version)
        if is_absent(removal):
            self.results[step.place] = None
            return None
        if isinstance(removal, Refusal):
            return removal
        self.removals.append((step, removal))
        return None

    async def _change(self, step: Step, there: Stored | None) -> Change | Refusal:
        """What a PATCH changes, or a PUT that names its resource by a condition."""
        record, expected = self.record, step.expected
        if step.patch is None:
            resource = replacement(step.resource)
            return resource if isinstance(resource, Refusal) else replacing(record, there, resource, expected)
        if there is None:
            return await change_by(record, step.type, step.id, step.patch, expected) if step.id else not_found()
        assert record.connection is not None
        await wait_for(record.connection, [there.reference])
        return await change_by(record, there.type, there.id, step.patch, expected)

    def _overlapping(self) -> Refusal | None:
        """Two steps that turned out to change the same resource."""
        written = [(entry.step, entry.id) for entry in self.entries if entry.id]
        seen: set[str] = set()
        for step, id in [*((step, change.id) for step, change in self.removals), *written]:
            key = f"{step.type}/{id}"
            if key in seen:
                return _twice(step)
            seen.add(key)
        return self._made_twice()

    def _made_twice(self) -> Refusal | None:
        """Two steps of which one would make what the condition of the other looks for."""
        listed = [
            Making(step.place, step.type, entry.resource, step.condition if entry.makes else None)
            for entry in self.entries
            if (step := entry.step).patch is None
        ]
        twice = both_making(listed)
        return next((_twice(step) for step in self.steps if step.place == twice), None)

    async def _settle_references(self) -> Refusal | None:
        """Find what references by condition (`Patient?identifier=…`) stand for."""
        known: set[str] = set()
        for entry in self.entries:
            for holder in entry.leads.references:
                text = holder.get("reference", "")
                asked = condition_in(text, self.record.base) if "?" in text and text not in known else None
                refusal = None if asked is None else await self._by_condition(text, *asked)
                if refusal is not None:
                    return at(entry.step, placed(refusal, reference_path(entry.resource, holder)))
                known.add(text)
        return None

    async def _by_condition(self, text: str, type_name: str, condition: str) -> Refusal | None:
        made = [one for one in self.entries if one.step.patch is None and one.step.type == type_name]
        found = await meant_by(self.record, type_name, condition, [(one.id, one.resource) for one in made])
        if isinstance(found, Refusal):
            return found
        if isinstance(found, int):
            made[found].names.append(text)
        else:
            self.targets[text] = found
        return None

    def _name_new(self) -> None:
        """Ids for what is to be created, people first, so that all that is about a person gets that person's shard."""
        mint = self.record.store.mint
        creating = [entry for entry in self.entries if entry.is_new]
        for entry in sorted(creating, key=lambda entry: entry.step.type != "Patient"):
            entry.resolve(self.targets)
            person = entry.person()
            entry.name(mint.make(mint.new_shard() if person is None else person_shard(person, mint)))
            for name in entry.names:
                self._name(name, f"{entry.step.type}/{entry.id}")

    def _name(self, full_url: str, reference: str) -> None:
        if full_url:
            self.targets[full_url] = reference

    async def _write(self) -> dict[int, Written | None] | Refusal:
        entries = sorted(self.entries, key=lambda entry: ORDER[entry.step.method])
        steps = [*(step for step, _ in self.removals), *(entry.step for entry in entries)]
        changes = [change for _, change in self.removals]
        validation = await judging(self.record)
        for entry in entries:
            broken = unfit(self.record, entry.resource, validation)
            if broken is not None:
                return at(entry.step, broken)
        changes += [Change(entry.resource, entry.id, entry.expected, is_fit=True) for entry in entries]
        called = [f"{change.type}/{change.id}" for change in changes]
        many = len(changes) > 1
        self.pinned |= {name if many else "" for step, name in zip(steps, called, strict=True) if step.is_bound}
        if changes:
            written = await self.record.commit(changes)
            if isinstance(written, Refusal):
                return at_entries(steps, called, written)
            self.results |= {step.place: one for step, one in zip(steps, written, strict=True)}
        return await self._write_own()

    async def _write_own(self) -> dict[int, Written | None] | Refusal:
        for step, id in sorted(self.own.values(), key=lambda one: ORDER[one[0].method]):
            done = await perform_own(self.record, step, id)
            if isinstance(done, Refusal):
                return at(step, done)
            self.results[step.place] = done
        return self.results


async def _answers(record: Record, steps: Sequence[Step], results: Mapping[int, Written | None]) -> str | Refusal:
    entries: list[str] = []
    for step in steps:
        if step.reads:
            answer = await perform(record, step)
            entries.append(render.refused_entry(answer) if isinstance(answer, Refusal) else answer)
        else:
            entries.append(written(results[step.place], step, record))
    return render.answers("transaction", entries)
