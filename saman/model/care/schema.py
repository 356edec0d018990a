"""The JSON Schema of each kind of file, for editors that complete and check while one writes."""

from __future__ import annotations

from typing import Any

import msgspec

from saman.model.care.agreement import AgreementsFile
from saman.model.care.assessment import AssessmentFile
from saman.model.care.competence import CompetencesFile
from saman.model.care.country import Country
from saman.model.care.governance import GovernanceFile, IndicatorsFile
from saman.model.care.party import PartiesFile
from saman.model.care.pathway import Pathway
from saman.model.care.portfolio import PortfolioFile
from saman.model.care.questionnaire import Questionnaire
from saman.model.care.region import RegionFile, RolesFile
from saman.model.care.service_model import ServiceModel
from saman.model.care.way import WayFile
from saman.model.care.way_drafts import SimulationRequest

FILES: dict[str, type[msgspec.Struct]] = {
    "region": RegionFile,
    "parties": PartiesFile,
    "agreements": AgreementsFile,
    "governance": GovernanceFile,
    "indicators": IndicatorsFile,
    "portfolio": PortfolioFile,
    "service": ServiceModel,
    "pathway": Pathway,
    "questionnaire": Questionnaire,
    "country": Country,
    "roles": RolesFile,
    "competences": CompetencesFile,
    "assessment": AssessmentFile,
    "way": WayFile,
    "simulation-request": SimulationRequest,
}
"""The kind of each file, by the name of its schema."""


def schemas() -> dict[str, str]:
    """The text of every schema by file name, such as `parties.json`; draft 2020-12, indented, keys sorted."""
    return {f"{name}.json": _text(kind) for name, kind in FILES.items()}


def numbers(part: Any) -> Any:
    """Decimals are written as numbers in YAML, though JSON Schema would have them as texts."""
    if isinstance(part, dict):
        if part.get("format") == "decimal":
            return {"type": "number"}
        return {name: numbers(inner) for name, inner in part.items()}
    return [numbers(inner) for inner in part] if isinstance(part, list) else part


def _text(kind: type[msgspec.Struct]) -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **numbers(msgspec.json.schema(kind))}
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2).decode() + "\n"
