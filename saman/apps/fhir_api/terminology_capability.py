"""The TerminologyCapabilities: which codes this server knows, and what can be asked of them.

Source: https://hl7.org/fhir/R4/terminologycapabilities.html and https://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from saman import __version__
from saman.apps.fhir_api.operations.declared import Operation
from saman.kernel.clock import instant
from saman.model.fhir.terminology import base_urls

_DESCRIPTION = (
    "The code systems that R4 itself defines are listed here. Those that are stored as CodeSystem count as well, as "
    "far as the caller sees them; search for them at CodeSystem."
)


def terminology_capabilities(base: str, now: datetime, operations: Sequence[Operation]) -> dict[str, Any]:
    """What this server does with codes; `operations` are those that it has."""
    (expand,) = [one for one in operations if one.name == "expand"]
    return {
        "resourceType": "TerminologyCapabilities",
        "url": f"{base}/metadata?mode=terminology",
        "version": __version__,
        "name": "SamanTerminology",
        "title": "Saman terminology service",
        "status": "active",
        "date": instant(now),
        "description": _DESCRIPTION,
        "kind": "instance",
        "software": {"name": "Saman", "version": __version__},
        "implementation": {"description": "Saman: integrated health and social care", "url": base},
        "lockedDate": False,
        "codeSystem": [{"uri": url, "subsumption": True} for url in sorted(base_urls("CodeSystem"))],
        "expansion": {
            "hierarchical": True,
            "paging": True,
            "incomplete": False,
            "parameter": [{"name": one.name} for one in expand.takes if not one.not_supported],
            "textFilter": "Words that the code or one of its names has to hold, folded.",
        },
        "codeSearch": "all",
        "validateCode": {"translations": False},
        "translation": {"needsMap": True},
    }
