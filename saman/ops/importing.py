"""Takes in FHIR files through the record's own door: checked, in the installation's name.

A Bundle or a resource is stored whole or not at all; of a file of lines those that are good.

What has an id keeps it and is written only where it differs, so that importing again changes nothing. A transaction
Bundle is done as it says (https://hl7.org/fhir/R4/http.html#transaction), once if it makes resources without ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir import leads
from saman.model.fhir.narrative_links import relinked
from saman.ops.importing_files import Document, Line, has_lines, read_document
from saman.ops.importing_lanes import HALTING
from saman.ops.importing_lines import Lines, Tell
from saman.ops.importing_storing import Outcomes, is_same, store
from saman.record import Record
from saman.record.present import present
from saman.record.rows import Resource, checked
from saman.record.step import Step, read_step
from saman.record.transaction import transact

MOST_ENTRIES = 50_000
"""Of one Bundle, which is written in one transaction."""


class Imported(msgspec.Struct):
    """What became of an import: resources by type and what was done, and why files or lines of them were refused."""

    done: Outcomes
    refused: list[str]


async def import_files(record: Record, files: Sequence[Path], tell: Tell, *, stop: bool = False) -> Imported:
    """Import every file; what refers to something in a later file is tried again after all others.

    It ends early when the database cannot be reached, and with `stop` when a line is refused.
    """
    result = Imported(Counter(), [])
    waiting = list(files)
    while waiting:
        refusals = await _round(record, waiting, result, tell, stop=stop)
        later = [file for file, one in refusals.items() if one.kind is Kind.PRECONDITION]
        if len(later) == len(waiting) or any(one.kind in HALTING for one in refusals.values()):
            later = []
        result.refused += [_said(file, one) for file, one in refusals.items() if file not in later]
        waiting = later
    return result


async def _round(
    record: Record, files: Sequence[Path], result: Imported, tell: Tell, *, stop: bool
) -> dict[Path, Refusal]:
    """Import each file once, adding to the result; why files were refused."""
    refusals: dict[Path, Refusal] = {}
    for number, file in enumerate(files, 1):
        told = _in(f"file {number} of {len(files)}", tell)
        refusal = await (_import_lines if has_lines(file) else _import_document)(record, file, result, told, stop)
        if refusal is not None:
            refusals[file] = refusal
            if refusal.kind in HALTING:
                break
        if stop and result.refused:
            break
    return refusals


def _in(place: str, tell: Tell) -> Tell:
    return lambda what: tell(f"{place}, {what}")


def _said(file: Path, refusal: Refusal) -> str:
    first, *more = refusal.issues
    place = f"{file.name}, {first.path}" if first.path else file.name
    others = f" ({len(more)} more to mend.)" if more else ""
    return f"{place}: {first.text}{others}"


async def _import_lines(record: Record, file: Path, result: Imported, tell: Tell, stop: bool) -> Refusal | None:
    """Store what lines can be; why it ended early."""
    lines = Lines(record, file, tell, stop=stop)
    refusal = await lines.take_in()
    result.done += lines.done
    if lines.first is not None:
        many = "1 line was" if lines.wrong == 1 else f"{lines.wrong} lines were"
        result.refused.append(f"{_said(file, lines.first)} {many} refused; {lines.told.name} says why.")
    return refusal or lines.halt


async def _import_document(record: Record, file: Path, result: Imported, tell: Tell, _stop: bool) -> Refusal | None:
    """Store a file of one resource whole; or why nothing was stored."""
    tell("reading")
    document = read_document(file)
    if isinstance(document, Refusal):
        return document
    valid = checked(document.content)
    if isinstance(valid, Refusal):
        return valid
    if valid["resourceType"] == "Bundle" and valid["type"] in _UNPACKED:
        done = await _import_bundle(record, document)
    else:
        done = await store(record, [Line(0, valid)])
    if isinstance(done, Refusal):
        return done
    result.done += done
    return None


_UNPACKED = ("transaction", "batch", "collection", "searchset")
"""Types of Bundle whose entries are stored; the others, such as a document, are kept whole."""


async def _import_bundle(record: Record, document: Document) -> Outcomes | Refusal:
    steps = _steps(document.content)
    if isinstance(steps, Refusal):
        return steps
    _link(steps)
    there = await present(record, ((one.type, one.id) for one in steps if one.method == "PUT" and one.id))
    putting = [one for one in steps if one.method == "PUT" and one.expected is None]
    same = {one.place for one in putting if is_same(one.resource, there.get(f"{one.type}/{one.id}"))}
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


def _outcomes(steps: Sequence[Step], answer: str) -> Outcomes:
    told: Any = json.decode(answer)
    pairs = zip(steps, told.get("entry", []), strict=True)
    words = ((step, _DONE[entry["response"]["status"][:3]]) for step, entry in pairs if step.method != "GET")
    return Counter((step.type, "unchanged" if step.condition and word == "updated" else word) for step, word in words)


def _at_entry(refusal: Refusal, steps: Sequence[Step]) -> Refusal:
    """Which entry the record means, instead of the resource's id."""
    places = {f"{one.type}/{one.id}": f"Bundle.entry[{one.place}]" for one in steps}
    issues = (msgspec.structs.replace(one, path=places.get(one.path, one.path)) for one in refusal.issues)
    return Refusal(refusal.kind, tuple(issues))
