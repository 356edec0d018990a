"""Bundles around stored text: nothing that was stored is parsed or encoded again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from saman.kernel import json
from saman.kernel.clock import instant
from saman.kernel.outcome import Issue, Refusal
from saman.model.fhir import RESOURCE_TYPES
from saman.record.stored import Page, Stored

_TYPES = frozenset(RESOURCE_TYPES)


def outcome_text(issues: Iterable[Issue]) -> str:
    """An OperationOutcome (https://hl7.org/fhir/R4/operationoutcome.html)."""
    listed = [
        {"severity": issue.severity, "code": issue.code, "diagnostics": _shown(issue.text)} | _place(_shown(issue.path))
        for issue in issues
    ]
    return json.encode({"resourceType": "OperationOutcome", "issue": listed}).decode()


def _shown(text: str) -> str:
    """Without the control characters that a name somebody made up may hold, which no FHIR string may."""
    return text if text.isprintable() else "".join(one if one.isprintable() else "\ufffd" for one in text)


def _place(path: str) -> dict[str, list[str]]:
    """An element as `expression`; a header or parameter as `location`, with `http.` before; so a pointer (`/0/op`)."""
    if not path or path.startswith("/"):
        return {"location": [path]} if path else {}
    is_element = path.partition(".")[0].partition("[")[0] in _TYPES
    return {"expression": [path]} if is_element else {"location": [f"http.{path}"]}


def quoted(text: str) -> str:
    """`text` as a JSON string."""
    return json.encode(text).decode()


def searchset(page: Page, base: str, self_url: str, next_url: str | None, passed_over: Iterable[str] = ()) -> str:
    """The answer to a search: matches, what was included, and what is said of each parameter that was ignored."""
    start = f'{{"fullUrl":{quoted(base)[:-1]}/'
    entries = [_entry(one, start, "match") for one in page.matches]
    entries += [_entry(one, start, "include") for one in page.included]
    warnings = [Issue("not-supported", text, severity="warning") for text in passed_over]
    if not page.whole:
        text = "There is more to include than one page takes. Ask for fewer matches, or search for it by itself."
        warnings.append(Issue("too-costly", text, severity="warning"))
    if warnings:
        entries.append(f'{{"resource":{outcome_text(warnings)},"search":{{"mode":"outcome"}}}}')
    total = "" if page.total is None else f'"total":{page.total},'
    return f'{{"resourceType":"Bundle","type":"searchset",{total}{_links(self_url, next_url)}{_list(entries)}}}'


def history_set(page: Page, base: str, self_url: str, next_url: str | None) -> str:
    """Versions, newest first; a deletion has a request and no resource."""
    entries = [_version(one, base) for one in page.matches]
    return f'{{"resourceType":"Bundle","type":"history",{_links(self_url, next_url)}{_list(entries)}}}'


def answers(kind: str, entries: list[str]) -> str:
    """The answer to a transaction or batch; entries are JSON text."""
    return f'{{"resourceType":"Bundle","type":"{kind}-response"{_list(entries)}}}'


def written_entry(
    status: str, stored: Stored | None, base: str, told: Sequence[Issue] = (), *, shown: bool = False
) -> str:
    """What became of one write in a bundle; None when there was nothing to delete.

    `told` is what is said of it, and `shown` whether it stands in the answer.
    """
    outcome = f',"outcome":{outcome_text(told)}' if told else ""
    if stored is None:
        return f'{{"response":{{"status":"{status}"{outcome}}}}}'
    location = quoted(f"{base}/{stored.reference}/_history/{stored.version}")
    resource = f'"resource":{stored.text()},' if shown else ""
    return f'{{{resource}"response":{{"status":"{status}","location":{location},{_version_of(stored)}{outcome}}}}}'


def read_entry(text: str) -> str:
    """What a read in a bundle found; without a text, that it is there."""
    found = f'"resource":{text},' if text else ""
    return f'{{{found}"response":{{"status":"200 OK"}}}}'


def unchanged_entry(stored: Stored) -> str:
    """What a read in a bundle found that the client has already."""
    return f'{{"response":{{"status":"304 Not Modified",{_version_of(stored)}}}}}'


def _version_of(stored: Stored) -> str:
    return f'"etag":{quoted(stored.etag)},"lastModified":"{instant(stored.updated)}"'


def refused_entry(refusal: Refusal) -> str:
    """What was refused in a batch."""
    return f'{{"response":{{"status":"{refusal.status}","outcome":{outcome_text(refusal.issues)}}}}}'


def _entry(one: Stored, start: str, mode: str) -> str:
    return f'{start}{one.type}/{one.id}","resource":{one.text()},"search":{{"mode":"{mode}"}}}}'


def _version(one: Stored, base: str) -> str:
    url = quoted(f"{base}/{one.reference}")
    if one.deleted:
        method, status, resource = "DELETE", "204 No Content", ""
    else:
        method, status = ("POST", "201 Created") if one.version == 1 else ("PUT", "200 OK")
        resource = f'"resource":{one.text()},'
    target = one.type if method == "POST" else one.reference
    return (
        f'{{"fullUrl":{url},{resource}"request":{{"method":"{method}","url":"{target}"}},'
        f'"response":{{"status":"{status}",{_version_of(one)}}}}}'
    )


def _links(self_url: str, next_url: str | None) -> str:
    links = [f'{{"relation":"self","url":{quoted(self_url)}}}']
    if next_url is not None:
        links.append(f'{{"relation":"next","url":{quoted(next_url)}}}')
    return f'"link":[{",".join(links)}]'


def _list(entries: list[str]) -> str:
    return f',"entry":[{",".join(entries)}]' if entries else ""
