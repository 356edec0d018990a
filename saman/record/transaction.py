"""A transaction: references between entries are resolved, then everything is written in one statement, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import Literal, extract, links, literal, references
from saman.record import render
from saman.record.change import ANY, Change
from saman.record.conditional import claim, matching, read_condition
from saman.record.record import Record
from saman.record.rows import Resource, person_of, person_shard
from saman.record.step import Step, at, perform, status_of
from saman.record.stored import Stored, Written

ORDER = {"DELETE": 0, "POST": 1, "PUT": 2}

_ONCE = "INSERT INTO done (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING name"


async def transact(record: Record, steps: Sequence[Step], once: str = "") -> str | Refusal:
    """The transaction-response, entries in the order of the request.

    With `once` it happens for that name a single time, whatever crashes: later calls are refused as done.
    """
    repeated = _repeated(steps)
    if repeated is not None:
        return repeated
    outcome = await record.atomically(lambda inner: _Transaction(inner, steps).run(once))
    return outcome if isinstance(outcome, Refusal) else await _answers(record, steps, outcome)


def _repeated(steps: Sequence[Step]) -> Refusal | None:
    seen: set[str] = set()
    for step in steps:
        keys = {step.full_url} if step.full_url and step.method != "GET" else set()
        keys |= {f"{step.type}/{step.id}"} if step.method in ("PUT", "DELETE") else set()
        if keys & seen:
            return at(step, refused(Kind.INVALID, "duplicate", "Two entries name the same resource."))
        seen |= keys
    return None


class _Entry:
    """A step that writes a resource, while its references are being resolved."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.id = step.id
        self.resource = _copied(step.resource)
        own = literal(step.full_url)
        self.base = own.base if own else ""

    def resolve(self, targets: Mapping[str, str]) -> None:
        """Write what entries and conditions stand for, as far as that is known, into the resource."""
        for holder, _ in references(self.resource):
            text = holder.get("reference", "")
            target = targets.get(text) or (targets.get(self.base + text) if self.base else None)
            if target is not None:
                holder["reference"] = target
        for link in links(self.resource):
            link.holder[link.key] = targets.get(link.holder[link.key], link.holder[link.key])

    def unresolved(self) -> Refusal | None:
        """A refusal that names a reference to an entry which is not there."""
        for holder, path in references(self.resource):
            if holder.get("reference", "").startswith("urn:uuid:"):
                text = "It names an entry that is not in the Bundle."
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
        for holder, _ in references(self.resource):
            parts = literal(holder.get("reference", ""))
            if parts is not None:
                yield parts


def _copied(resource: Resource | None) -> Resource:
    copy = json.decode(json.encode(resource))
    assert isinstance(copy, dict)
    return copy


class _Transaction:
    """One run of a transaction, from nothing: what the steps hold is left as it is."""

    def __init__(self, record: Record, steps: Sequence[Step]) -> None:
        self.record = record
        self.steps = steps
        self.entries = [_Entry(step) for step in steps if step.method in ("POST", "PUT")]
        self.targets: dict[str, str] = {}
        self.results: dict[int, Written] = {}

    async def run(self, once: str) -> dict[int, Written] | Refusal:
        """The outcome of each step that writes, by its place."""
        connection = self.record.connection
        assert connection is not None
        if once and await connection.fetchval(_ONCE, once) is None:
            return refused(Kind.CONFLICT, "duplicate", "This has been done already.", key="record.done")
        conditions = [(step.condition, step.resource) for step in self.steps if step.condition is not None]
        await claim(connection, self.record.store.secret, conditions)
        refusal = await self._settle_conditions() or await self._settle_references()
        if refusal is not None:
            return refusal
        self._name_new()
        for entry in self.entries:
            entry.resolve(self.targets)
            refusal = entry.unresolved()
            if refusal is not None:
                return refusal
        return await self._write()

    async def _settle_conditions(self) -> Refusal | None:
        """Settle the conditional creates, and say what each fullUrl that exists already stands for."""
        for step in self.steps:
            if step.condition is not None:
                there = await matching(self.record, step.condition)
                if isinstance(there, Refusal):
                    return at(step, there)
                if there is not None:
                    self.results[step.place] = Written(there, created=False, found=True)
                    self._name(step.full_url, there.reference)
            elif step.method == "PUT":
                self._name(step.full_url, f"{step.type}/{step.id}")
        self.entries = [entry for entry in self.entries if entry.step.place not in self.results]
        return None

    async def _settle_references(self) -> Refusal | None:
        """Find what references by condition (`Patient?identifier=…`) stand for."""
        for entry in self.entries:
            for holder, path in references(entry.resource):
                text = holder.get("reference", "")
                if "?" in text and text not in self.targets and literal(text) is None:
                    found = await self._by_condition(text, path)
                    if isinstance(found, Refusal):
                        return at(entry.step, found)
                    self.targets[text] = found.reference
        return None

    async def _by_condition(self, text: str, path: str) -> Stored | Refusal:
        type_name, _, condition = text.rpartition("/")[2].partition("?")
        query = read_condition(type_name, condition)
        if isinstance(query, Refusal):
            return query
        there = await matching(self.record, query)
        if there is None:
            return refused(Kind.PRECONDITION, "not-found", "No resource fulfils the condition of a reference.", path)
        return there

    def _name_new(self) -> None:
        """Ids for what is to be created, people first, so that all that is about a person gets that person's shard."""
        mint = self.record.store.mint
        creating = [entry for entry in self.entries if entry.step.method == "POST"]
        for entry in sorted(creating, key=lambda entry: entry.step.type != "Patient"):
            entry.resolve(self.targets)
            person = entry.person()
            entry.id = mint.make(mint.new_shard() if person is None else person_shard(person, mint))
            entry.resource["id"] = entry.id
            self._name(entry.step.full_url, f"{entry.step.type}/{entry.id}")

    def _name(self, full_url: str, reference: str) -> None:
        if full_url:
            self.targets[full_url] = reference

    async def _write(self) -> dict[int, Written] | Refusal:
        steps: list[Step] = []
        changes: list[Change] = []
        for step in self.steps:
            if step.method == "DELETE":
                removal = await self.record.removal(step.type, step.id, step.expected)
                if isinstance(removal, Refusal):
                    return at(step, removal)
                steps.append(step)
                changes.append(removal)
        for entry in sorted(self.entries, key=lambda entry: ORDER[entry.step.method]):
            steps.append(entry.step)
            changes.append(_change(entry))
        if changes:
            written = await self.record.commit(changes)
            if isinstance(written, Refusal):
                return written
            self.results |= {step.place: one for step, one in zip(steps, written, strict=True)}
        return self.results


def _change(entry: _Entry) -> Change:
    if entry.step.method == "POST":
        return Change(entry.resource, entry.id, 0)
    expected = ANY if entry.step.expected is None else entry.step.expected
    return Change(entry.resource, entry.id, expected)


async def _answers(record: Record, steps: Sequence[Step], results: Mapping[int, Written]) -> str | Refusal:
    entries: list[str] = []
    for step in steps:
        if step.method == "GET":
            answer = await perform(record, step)
            entries.append(render.refused_entry(answer) if isinstance(answer, Refusal) else answer)
        else:
            result = results[step.place]
            entries.append(render.written_entry(status_of(result, step), result.stored, record.base))
    return render.answers("transaction", entries)
