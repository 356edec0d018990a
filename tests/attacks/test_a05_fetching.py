"""A5: the server calls nobody, whatever address is sent to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.attacks.counting import tried

ADDRESSES = (
    "http://169.254.169.254/latest/meta-data/", "http://[::1]:80/", "http://[fd00:ec2::254]/", "http://127.0.0.1:9/",
    "http://0.0.0.0/", "http://2130706433/", "http://0x7f.1/", "http://localhost:5432/", "file:///etc/passwd",
    "http://test@169.254.169.254/", "http://test.elsewhere.example/fhir", "http://test/fhir@elsewhere.example/",
    "gopher://127.0.0.1:6379/_INFO", "ftp://elsewhere.example/x", "jar:http://elsewhere.example!/", "//elsewhere.test/",
    "http://elsewhere.example/redirect?to=http://127.0.0.1/", "ldap://127.0.0.1/x", "dict://127.0.0.1:11211/",
    "http://xn--elsewhere.example/", "http://elsewhere。example/", "unix:/var/run/docker.sock",
)  # fmt: skip

Json = dict[str, Any]

_watching: list[list[str]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Note every look-up of a name and every connection while somebody watches."""
    if _watching and event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
        _watching[-1].append(f"{event} {arguments[1:] if event == 'socket.connect' else arguments}")
    elif _watching and event == "open" and str(arguments[0]).startswith("/etc/passwd"):
        _watching[-1].append(f"open {arguments[0]}")


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[list[str]]:
    """What is called meanwhile, apart from the database's own socket."""
    seen: list[str] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.pop()


def foreign(seen: list[str]) -> list[str]:
    """The calls that do not go to the database."""
    return [one for one in seen if ".s.PGSQL." not in one]


def resources(url: str) -> list[Json]:
    """A resource of every kind that could make somebody fetch something."""
    attachment = {"contentType": "application/pdf", "url": url}
    channel = {"type": "rest-hook", "endpoint": url, "payload": "application/fhir+json"}
    return [
        {"resourceType": "Patient", "photo": [attachment], "meta": {"profile": [url]}},
        {"resourceType": "Patient", "implicitRules": url},
        {"resourceType": "Patient", "generalPractitioner": [{"reference": f"{url.rstrip('/')}/Practitioner/1"}]},
        {"resourceType": "Binary", "contentType": "text/plain", "securityContext": {"reference": f"{url}/Patient/1"}},
        {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": attachment}]},
        {"resourceType": "Media", "status": "completed", "content": attachment},
        {"resourceType": "Subscription", "status": "requested", "reason": "x", "criteria": "Task", "channel": channel},
        {"resourceType": "ValueSet", "status": "draft", "url": url, "compose": {"include": [{"valueSet": [url]}]}},
        {"resourceType": "StructureDefinition", "url": url, "name": "X", "status": "draft", "kind": "resource",
         "abstract": False, "type": "Patient", "baseDefinition": url},
        {"resourceType": "Endpoint", "status": "active", "address": url, "payloadType": [{"text": "x"}],
         "connectionType": {"system": "x", "code": "hl7-fhir-rest"}},
        {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": url},
        {"resourceType": "Library", "status": "draft", "type": {"text": "x"}, "content": [attachment]},
    ]  # fmt: skip


async def test_nothing_that_is_sent_makes_the_server_call_anybody(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.get("Patient")
    cases = 0
    with watched() as seen:
        for url in ADDRESSES:
            for resource in resources(url):
                await client.post(resource["resourceType"], json=resource)
                cases += 1
            for query in ({"_profile": url}, {"organization": url}, {"_include": url}, {"_filter": url}):
                await client.get("Patient", params=query)
                cases += 1
            entry = {"fullUrl": url, "resource": {"resourceType": "Patient"}, "request": {"method": "GET", "url": url}}
            await client.post("", json={"resourceType": "Bundle", "type": "batch", "entry": [entry]})
            await client.get("metadata", headers={"host": "elsewhere.example", "referer": url.encode()})
            cases += 2
    assert foreign(seen) == []
    tried(capsys, "A5", cases)


def test_the_watch_would_notice() -> None:
    with watched() as seen, pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9/", timeout=1)
    assert foreign(seen)
