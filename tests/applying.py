"""Files of a region as they are, or changed, for tests that apply them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from saman.flows.governance.applying import HOW, How, Plan, apply_files
from saman.kernel.outcome import Refusal
from saman.model.whole import Region
from saman.ops.region import region_files
from saman.ops.running import InForce, in_force
from saman.record import Store

REGIONS = Path(__file__).parents[1] / "regions"
AGDER = REGIONS / "no-agder"
FOLLOW_UP = "no-agder/services/digital-home-follow-up.yaml"
QUESTIONS = "no-agder/questionnaires/symptoms.yaml"
ALARM = "no-agder/services/safety-alarm.yaml"
AGREEMENTS = "no-agder/agreements.yaml"

Files = dict[str, str]


def changed(files: Files, path: str, before: str, after: str) -> Files:
    """The files with one text in another's place, wherever it stands in a file."""
    assert before in files[path], (path, before)
    return files | {path: files[path].replace(before, after)}


def asking_anew(files: Files) -> Files:
    """Another question about the day."""
    english = changed(files, QUESTIONS, "How is your breathing today", "How do you breathe today")
    return changed(english, QUESTIONS, "Hvordan er pusten i dag", "Hvordan puster du i dag")


def without_alarm(files: Files) -> Files:
    """The region with another service in the place of its safety alarm."""
    own = {path: text for path, text in files.items() if path.startswith("no-agder/") and path != ALARM}
    renamed = {path: text.replace("safety-alarm", "safety-call") for path, text in own.items()}
    renamed["no-agder/services/safety-call.yaml"] = files[ALARM].replace("safety-alarm", "safety-call")
    return {path: text for path, text in files.items() if path not in own and path != ALARM} | renamed


async def apply(store: Store, files: Files, now: datetime, name: str = "no-agder", how: How = HOW) -> Plan:
    """The plan that was made true."""
    plan = await apply_files(store, files, name, now, "Practitioner/planner", "test", how)
    assert not isinstance(plan, Refusal), plan
    return plan


async def running(store: Store, folder: Path = AGDER) -> Region:
    """What a server would run on."""
    found = await in_force(store.statements, folder)
    assert isinstance(found, InForce), found
    return found.region


def enrolment(person: str, service: str, party: str, **more: Any) -> dict[str, Any]:
    """Somebody in a service."""
    return {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "type": [{"coding": [{"system": "urn:saman:service", "code": service}]}],
        "patient": {"reference": f"Patient/{person}"},
        "managingOrganization": {"reference": f"Organization/{party}"},
    } | more


__all__ = ["AGDER", "REGIONS", "apply", "changed", "enrolment", "region_files", "running"]
