"""The descriptions of the interface that anyone may read: kept as bytes, told apart by their content.

They are made anew when the search parameters have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from saman.apps.fhir_api.answer import Answer, Header, refusal_answer
from saman.apps.fhir_api.call import Call
from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir.own_parameters import Parameters
from saman.record.parameters.known import Known

KEPT: Header = (b"cache-control", b"public, max-age=300")


Describe = Callable[[Parameters], dict[str, Any]]


class _Description:
    """One description as bytes, as long as the parameters are those that it was made for."""

    def __init__(self, describe: Describe, known: Known) -> None:
        self._describe = describe
        self._known = known
        self._made_for = known.now.changed
        self._body = json.encode(describe(known.now))

    def body(self) -> bytes:
        """It as it is now."""
        now = self._known.now
        if now.changed != self._made_for:
            self._made_for, self._body = now.changed, json.encode(self._describe(now))
        return self._body


class Published:
    """Answers `metadata`, `openapi.json` and, where apps are let in, `.well-known/smart-configuration`.

    `terminology` describes the terminology service, when somebody asks for that first.
    """

    def __init__(
        self,
        statement: Describe,
        document: Describe,
        terminology: Callable[[], dict[str, Any]],
        known: Known,
        smart: Mapping[str, Any] | None = None,
    ) -> None:
        self._statement = _Description(statement, known)
        self._document = _Description(document, known)
        self._terminology = cache(lambda: json.encode(terminology()))
        self._smart = json.encode(dict(smart or {}))

    async def metadata(self, call: Call) -> Answer:
        """The CapabilityStatement, or with `mode=terminology` the TerminologyCapabilities."""
        pairs = call.pairs()
        if isinstance(pairs, Refusal):
            return refusal_answer(pairs, call)
        is_of_codes = dict(pairs).get("mode") == "terminology"
        return _kept(Answer(200, self._terminology() if is_of_codes else self._statement.body()), call)

    async def openapi(self, call: Call) -> Answer:
        """The OpenAPI 3.1 description."""
        return _kept(Answer(200, self._document.body(), content_type="application/json"), call)

    async def smart(self, call: Call) -> Answer:
        """What apps are told (https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html)."""
        return _kept(Answer(200, self._smart, content_type="application/json"), call)


def _kept(answer: Answer, call: Call) -> Answer:
    tag = f'W/"{hashlib.blake2s(answer.body, digest_size=12).hexdigest()}"'
    answer.headers, answer.cache = ((b"etag", tag.encode()),), KEPT
    if tag in call.header(b"if-none-match"):
        answer.status, answer.body = 304, b""
    return answer
