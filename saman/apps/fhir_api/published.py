"""The descriptions of the interface that anyone may read: made once, kept as bytes, told apart by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from saman.apps.fhir_api.answer import Answer, Header
from saman.apps.fhir_api.call import Call
from saman.kernel import json

KEPT: Header = (b"cache-control", b"public, max-age=300")


class Published:
    """Answers `metadata`, `openapi.json` and, where apps are let in, `.well-known/smart-configuration`."""

    def __init__(
        self, statement: dict[str, Any], document: dict[str, Any], smart: Mapping[str, Any] | None = None
    ) -> None:
        self._statement = json.encode(statement)
        self._document = json.encode(document)
        self._smart = json.encode(dict(smart or {}))

    async def metadata(self, call: Call) -> Answer:
        """The CapabilityStatement."""
        return _kept(Answer(200, self._statement), call)

    async def openapi(self, call: Call) -> Answer:
        """The OpenAPI 3.1 description."""
        return _kept(Answer(200, self._document, content_type="application/json"), call)

    async def smart(self, call: Call) -> Answer:
        """What apps are told (https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html)."""
        return _kept(Answer(200, self._smart, content_type="application/json"), call)


def _kept(answer: Answer, call: Call) -> Answer:
    tag = f'W/"{hashlib.blake2s(answer.body, digest_size=12).hexdigest()}"'
    answer.headers, answer.cache = ((b"etag", tag.encode()),), KEPT
    if tag in call.header(b"if-none-match"):
        answer.status, answer.body = 304, b""
    return answer
