"""A6: only JSON is read, and the little XML there is, a narrative, has no types of its own and calls nothing."""

from __future__ import annotations

import httpx
import pytest

from saman.model.fhir import validate
from tests.attacks.counting import tried

ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(b)} "{f"&{chr(b - 1)};" * 10}">' for b in range(98, 108))
    + "]>"
)
BODIES = (
    f'<?xml version="1.0"?>{ENTITY}<Patient xmlns="http://hl7.org/fhir"><id value="&e;"/></Patient>',
    f"{LAUGHS}<Patient>&k;</Patient>",
    '<Patient xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></Patient>',
    '<?xml-stylesheet type="text/xsl" href="http://elsewhere.example/x.xsl"?><Patient/>',
    "<xsl:stylesheet version='1.0'><xsl:template match='/'>x</xsl:template></xsl:stylesheet>",
)
TYPES = (
    "application/fhir+xml", "application/xml", "text/xml", "application/fhir+turtle", "application/x-yaml",
    "application/xslt+xml", "image/svg+xml", "multipart/form-data; boundary=x", "application/x-ndjson", "text/plain",
    "application/cbor",
)  # fmt: skip
CALLS = (("POST", "Patient"), ("PUT", "Patient/x"), ("POST", ""), ("POST", "Patient/_search"))
DIVS = (
    f"{ENTITY}<div xmlns='http://www.w3.org/1999/xhtml'>&e;</div>",
    f"{LAUGHS}<div xmlns='http://www.w3.org/1999/xhtml'>&k;</div>",
    "<div xmlns='http://www.w3.org/1999/xhtml'>&undeclared;</div>",
    "<div xmlns='http://www.w3.org/1999/xhtml'><?php system('id') ?></div>",
    "<div xmlns='http://www.w3.org/1999/xhtml' xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='x'/></div>",
    "<!DOCTYPE div PUBLIC 'x' 'http://127.0.0.1:9/x.dtd'><div xmlns='http://www.w3.org/1999/xhtml'/>",
)


async def test_only_json_is_read(client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    cases = 0
    for method, url in CALLS:
        for body in BODIES:
            for kind in TYPES:
                answer = await client.request(method, url, content=body, headers={"content-type": kind})
                assert answer.status_code == 415, (method, url, kind)
                assert "root:" not in answer.text
                cases += 1
            lying = await client.request(method, url, content=body, headers={"content-type": "application/fhir+json"})
            assert lying.status_code in (400, 415)
            cases += 1
    for kind in ("application/fhir+xml", "text/xml", "application/fhir+turtle"):
        assert (await client.get("Patient", headers={"accept": kind})).status_code == 406
        assert (await client.get("Patient", params={"_format": kind})).status_code == 406
        cases += 2
    tried(capsys, "A6", cases + len(DIVS))


@pytest.mark.parametrize("div", DIVS)
async def test_a_narrative_declares_nothing_and_expands_nothing(client: httpx.AsyncClient, div: str) -> None:
    sent = {"resourceType": "Patient", "text": {"status": "generated", "div": div}}
    assert validate(sent)
    strict = await client.post("Patient", json=sent, headers={"prefer": "handling=strict"})
    assert strict.status_code == 422
    answer = await client.post("Patient", json=sent)
    included = "xi:include" in div
    assert answer.status_code == (201 if included else 422)
    if included:
        assert "include" not in answer.json()["text"]["div"]
