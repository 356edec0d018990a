"""An ActivityDefinition as a request for somebody (https://hl7.org/fhir/R4/activitydefinition-operation-apply.html)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from saman.model.fhir.applying.subject import Applying, Unfit

Tree = dict[str, Any]

_WHEN = ("DateTime", "Period", "Timing")


def activity(definition: Tree, to: Applying, path: str = "ActivityDefinition") -> Tree:
    """The request, as a draft without an id; raises Unfit for a kind that is not made here."""
    make = _KINDS.get(definition.get("kind", "Task"))
    if make is None:
        text = f"Of activities {', '.join(sorted(_KINDS))} are made here."
        raise Unfit(text, f"{path}.kind", "not-supported")
    if "transform" in definition:
        raise Unfit("Activities are not made by a StructureMap here.", f"{path}.transform", "not-supported")
    made = {name: deepcopy(one) for name, one in make(definition, to).items() if one is not None}
    to.change(made, definition.get("dynamicValue", ()), f"{path}.dynamicValue")
    return made


def canonical(definition: Tree) -> list[str] | None:
    """The URL of a definition with its version, as a list; None for one without."""
    if "url" not in definition:
        return None
    return [f"{definition['url']}|{definition['version']}" if "version" in definition else definition["url"]]


def _common(kind: str, definition: Tree, to: Applying) -> Tree:
    """What all requests have."""
    return {
        "resourceType": kind,
        "status": "draft",
        "intent": definition.get("intent", "proposal"),
        "priority": definition.get("priority"),
        "doNotPerform": definition.get("doNotPerform"),
        "instantiatesCanonical": canonical(definition),
        "authoredOn": to.moment,
    } | to.references(subject="subject", encounter="encounter", requester="practitioner")


def _occurrence(definition: Tree, name: str = "occurrence") -> Tree:
    return {f"{name}{one}": definition[f"timing{one}"] for one in _WHEN if f"timing{one}" in definition}


def _roles(definition: Tree) -> list[Tree]:
    return [one["role"] for one in definition.get("participant", ()) if "role" in one]


def _service(definition: Tree, to: Applying) -> Tree:
    return _common("ServiceRequest", definition, to) | _occurrence(definition) | {
        "code": definition.get("code"),
        "bodySite": definition.get("bodySite"),
        "quantityQuantity": definition.get("quantity"),
        "locationReference": [definition["location"]] if "location" in definition else None,
        "performerType": next(iter(_roles(definition)), None),
    }  # fmt: skip


def _medication(definition: Tree, to: Applying) -> Tree:
    return _common("MedicationRequest", definition, to) | {
        "medicationCodeableConcept": definition.get("productCodeableConcept", definition.get("code")),
        "medicationReference": definition.get("productReference"),
        "dosageInstruction": definition.get("dosage"),
    } | ({"medicationCodeableConcept": None} if "productReference" in definition else {})  # fmt: skip


def _task(definition: Tree, to: Applying) -> Tree:
    taken = _common("Task", definition, to)
    told = definition.get("description") or definition.get("title")
    apart = ("subject", "doNotPerform", "instantiatesCanonical")
    return {name: one for name, one in taken.items() if name not in apart} | to.references(**{"for": "subject"}) | {
        "code": definition.get("code"),
        "description": told,
        "instantiatesCanonical": next(iter(taken["instantiatesCanonical"] or ()), None),
        "performerType": _roles(definition) or None,
    }  # fmt: skip


def _communication(definition: Tree, to: Applying) -> Tree:
    taken = _common("CommunicationRequest", definition, to)
    told = definition.get("description")
    apart = ("intent", "instantiatesCanonical")
    when = {name: one for name, one in _occurrence(definition).items() if name != "occurrenceTiming"}
    return {name: one for name, one in taken.items() if name not in apart} | when | {
        "category": [definition["code"]] if "code" in definition else None,
        "payload": [{"contentString": told}] if told else None,
    }  # fmt: skip


def _device(definition: Tree, to: Applying) -> Tree:
    taken = _common("DeviceRequest", definition, to)
    code = definition.get("productCodeableConcept", definition.get("code"))
    return {name: one for name, one in taken.items() if name != "doNotPerform"} | _occurrence(definition) | {
        "codeReference": definition.get("productReference"),
        "codeCodeableConcept": None if "productReference" in definition else code,
    }  # fmt: skip


def _appointment(definition: Tree, to: Applying) -> Tree:
    subject = to.reference("subject")
    return {
        "resourceType": "Appointment",
        "status": "proposed",
        "serviceType": [definition["code"]] if "code" in definition else None,
        "description": definition.get("description") or definition.get("title"),
        "created": to.moment,
        "participant": [{"actor": subject, "required": "required", "status": "needs-action"}],
    }


_KINDS: Mapping[str, Callable[[Tree, Applying], Tree]] = {
    "ServiceRequest": _service,
    "MedicationRequest": _medication,
    "Task": _task,
    "CommunicationRequest": _communication,
    "DeviceRequest": _device,
    "Appointment": _appointment,
}
