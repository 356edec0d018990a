"""Takes in FHIR files through the record's own door: checked, in the installation's name, a file whole or not at all.

What has an id keeps it and is written only where it differs, so that importing again changes nothing. A transaction
Bundle is done as it says (https://hl7.org/fhir/R4/http.html#transaction), once if it makes resources without ids.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir import leads
from saman.model.fhir.narrative_links import relinked
from saman.ops.importing_files import Document, Line, has_lines, placed, read_document, read_lines
from saman.record import Change, Record
from saman.record.change import ANY
from saman.record.contents.marking import as_kept
from saman.record.present import present
from saman.record.rows import Resource, checked, split
from saman.record.step import Step, read_step
from saman.record.stored import Stored
from saman.record.transaction import transact

CHUNK = 500
"""Lines written in one transaction."""

MOST_ENTRIES = 50_000
"""Of one Bundle, which is written in one transaction."""

Tell = Callable[[str], None]
"""Told what is being done."""

_HALTING = (Kind.UNAVAILABLE, Kind.STORAGE_FULL)


class Imported(msgspec.Struct):
    """What became of an import: resources by type and what was done, and why files were refused."""

    done: Counter[tuple[str, str]]
    refused: list[str]


async def import_files(record: Record, files: Sequence[Path], tell: Tell) -> Imported:
    """Import every file; what refers to something in a later file is tried again after all others.

    It ends early when the database cannot be reached.
    """
    result = Imported(Counter(), [])
    waiting = list(files)
    while waiting:
        refusals = await _round(record, waiting, result, tell)
        later = [file for file, one in refusals.items() if one.kind is Kind.PRECONDITION]
        if len(later) == len(waiting) or any(one.kind in _HALTING for one in refusals.values()):
            later = []
        result.refused += [_said(file, one) for file, one in refusals.items() if file not in later]
        waiting = later
    return result


async def _round(record: Record, files: Sequence[Path], result: Imported, tell: Tell) -> dict[Path, Refusal]:
    """Import each file once, adding to the result; why files were refused."""
    refusals: dict[Path, Refusal] = {}
    for number, file in enumerate(files, 1):
        outcome = await import_file(record, file, _in(f"file {number} of {len(files)}", tell))
        if isinstance(outcome, Refusal):
            refusals[file] = outcome
            if outcome.kind in _HALTING:
                break
        else:
            result.done += outcome
    return refusals


def _in(place: str, tell: Tell) -> Tell:
    return lambda what: tell(f"{place}, {what}")


def _said(file: Path, refusal: Refusal) -> str:
    first, *more = refusal.issues
    place = f"{file.name}, {first.path}" if first.path else file.name
    others = f" ({len(more)} more to mend.)" if more else ""
    return f"{place}: {first.text}{others}"


async def import_file(record: Record, file: Path, tell: Tell) -> Counter[tuple[str, str]] | Refusal:
    """How many resources of each type were created, updated, deleted or already there; or why nothing was stored."""
    tell("reading")
    if has_lines(file):
        return await _import_lines(record, file, tell)
    document = read_document(file)
    if isinstance(document, Refusal):
        return document
    valid = checked(document.content)
    if isinstance(valid, Refusal):
        return valid
    if valid["resourceType"] == "Bundle" and valid["type"] in _UNPACKED:
        return await _import_bundle(record, document)
    return await store(record, [Line(0, valid)])


async def _import_lines(record: Record, file: Path, tell: Tell) -> Counter[tuple[str, str]] | Refusal:
    """Look at every line before anything is written, then write them in chunks."""
    marks: array[int] = array("q")
    for line in read_lines(file, marks):
        if isinstance(line, Refusal):
            return line
        if line.number % CHUNK == 0:
            tell(f"checking line {line.number}")
    done: Counter[tuple[str, str]] = Counter()
    for chunk in chunks(read_lines(file, marks)):
        tell(f"storing line {chunk[0].number}")
        stored = await store(record, chunk)
        if isinstance(stored, Refusal):
            return _halfway(stored, chunk[0].number) if done else stored
        done += stored
    return done


def _halfway(refusal: Refusal, number: int) -> Refusal:
    """A file that the record refused in the middle says what it has kept."""
    told = f"The lines before {number} are stored; mend it and import it again."
    first, *more = refusal.issues
    return Refusal(refusal.kind, (msgspec.structs.replace(first, text=f"{first.text} {told}"), *more))


def chunks(lines: Iterable[Line | Refusal]) -> Iterator[list[Line]]:
    """Lines that can be written together: no resource twice, at most CHUNK of them."""
    chunk: list[Line] = []
    keys: set[tuple[str, str]] = set()
    for line in lines:
        if isinstance(line, Refusal):
            raise ValueError(line.issues[0].text)  # it has changed since it was looked at
        if len(chunk) == CHUNK or line.key in keys:
            yield chunk
            chunk, keys = [], set()
        chunk.append(line)
        keys |= {line.key} if line.key[1] else set()
    if chunk:
        yield chunk


async def store(record: Record, lines: Sequence[Line]) -> Counter[tuple[str, str]] | Refusal:
    """Write resources in one transaction; those with an id keep it."""
    there = await present(record, (line.key for line in lines if line.key[1]))
    same = {line.number for line in lines if _same(line.resource, there.get("/".join(line.key)))}
    writing = [line for line in lines if line.number not in same]
    done = Counter((line.key[0], "unchanged") for line in lines if line.number in same)
    changes = [Change(line.resource, line.key[1], _expected(record, line, there)) for line in writing]
    written = await record.commit(changes) if changes else []
    if isinstance(written, Refusal):
        return _at_line(written, writing)
    done.update((one.stored.type, "created" if one.created else "updated") for one in written)
    return done


def _expected(record: Record, line: Line, there: Mapping[str, Stored]) -> int:
    """Nothing under an id that is new here, so that nobody looks for it again; whatever is there under all others."""
    id = line.key[1]
    is_new = not id or ("/".join(line.key) not in there and record.store.mint.shard(id) is None)
    return 0 if is_new else ANY


def _same(resource: Resource | None, found: Stored | None) -> bool:
    return found is not None and resource is not None and split(as_kept(resource)) == (found.meta, found.body)


def _at_line(refusal: Refusal, lines: Sequence[Line]) -> Refusal:
    """Which line the record means, instead of the resource's id."""
    if not lines[0].number:
        return refusal
    numbers = {"/".join(line.key): line.number for line in lines}
    number = numbers.get(refusal.issues[0].path)
    if number is not None:
        return Refusal(refusal.kind, (msgspec.structs.replace(refusal.issues[0], path=f"line {number}"),))
    return placed(f"lines {lines[0].number} to {lines[-1].number}", refusal)


_UNPACKED = ("transaction", "batch", "collection", "searchset")
"""Types of Bundle whose entries are stored; the others, such as a document, are kept whole."""


async def _import_bundle(record: Record, document: Document) -> Counter[tuple[str, str]] | Refusal:
    steps = _steps(document.content)
    if isinstance(steps, Refusal):
        return steps
    _link(steps)
    there = await present(record, ((one.type, one.id) for one in steps if one.method == "PUT" and one.id))
    putting = [one for one in steps if one.method == "PUT" and one.expected is None]
    same = {one.place for one in putting if _same(one.resource, there.get(f"{one.type}/{one.id}"))}
    done = Counter((one.type, "unchanged") for one in steps if one.place in same)
    doing = [one for one in steps if one.place not in same]
    if not doing:
        return done
    fresh = any(one.method == "POST" and one.condition is None for one in doing)
    answer = await transact(record, doing, f"import {document.digest}" if fresh else "")
    if not isinstance(answer, Refusal):
        return done + _outcomes(doing, answer)
    if answer.issues[0].key == "record.done":
        return Counter((one.type, "unchanged") for one in steps if one.method != "GET")
    return _at_entry(answer, doing)


def _steps(bundle: Resource) -> list[Step] | Refusal:
    entries = bundle.get("entry", [])
    if len(entries) > MOST_ENTRIES:
        text = f"At most {MOST_ENTRIES} entries fit in one Bundle. Split it, or write it as NDJSON."
        return refused(Kind.TOO_LARGE, "too-long", text, "Bundle.entry")
    if bundle["type"] in ("transaction", "batch"):
        read = [read_step(entry, place) for place, entry in enumerate(entries)]
    else:
        kept = [(place, entry) for place, entry in enumerate(entries) if _is_kept(entry)]
        read = [_kept(entry, place) for place, entry in kept]
    wrong: list[Issue] = [issue for one in read if isinstance(one, Refusal) for issue in one.issues]
    return Refusal(Kind.INVALID, tuple(wrong)) if wrong else [one for one in read if isinstance(one, Step)]


def _is_kept(entry: dict[str, Any]) -> bool:
    return "resource" in entry and entry.get("search", {}).get("mode") != "outcome"


def _kept(entry: dict[str, Any], place: int) -> Step:
    resource = entry["resource"]
    kind, id = resource["resourceType"], resource.get("id", "")
    method, url = ("PUT", f"{kind}/{id}") if id else ("POST", kind)
    return Step(place, method, kind, id, url, entry.get("fullUrl", ""), resource)


def _link(steps: Sequence[Step]) -> None:
    """Write the ids that are known into what refers to them, so that what is stored already can be told."""
    targets = {one.full_url: f"{one.type}/{one.id}" for one in steps if one.method == "PUT" and one.id and one.full_url}
    for step in steps:
        if step.resource is not None and step.method in ("POST", "PUT"):
            found = leads(step.resource)
            for holder in found.references:
                if holder.get("reference") in targets:
                    holder["reference"] = targets[holder["reference"]]
            for link in found.links:
                link.holder[link.key] = targets.get(link.holder[link.key], link.holder[link.key])
            for narrative in found.narratives:
                narrative["div"] = relinked(narrative["div"], targets)


_DONE = {"201": "created", "200": "updated", "204": "deleted"}


def _outcomes(steps: Sequence[Step], answer: str) -> Counter[tuple[str, str]]:
    told: Any = json.decode(answer)
    pairs = zip(steps, told.get("entry", []), strict=True)
    words = ((step, _DONE[entry["response"]["status"][:3]]) for step, entry in pairs if step.method != "GET")
    return Counter((step.type, "unchanged" if step.condition and word == "updated" else word) for step, word in words)


def _at_entry(refusal: Refusal, steps: Sequence[Step]) -> Refusal:
    """Which entry the record means, instead of the resource's id."""
    places = {f"{one.type}/{one.id}": f"Bundle.entry[{one.place}]" for one in steps}
    issues = (msgspec.structs.replace(one, path=places.get(one.path, one.path)) for one in refusal.issues)
    return Refusal(refusal.kind, tuple(issues))
