"""From file texts to a care model; every error says file, line, what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import PurePosixPath
from typing import Any, TypeVar

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.care.agreement import AgreementsFile
from saman.model.care.assessment import AssessmentFile
from saman.model.care.caremodel import CareModel
from saman.model.care.competence import CompetencesFile
from saman.model.care.convert import convert
from saman.model.care.country import Country
from saman.model.care.dated import Standing, standing, undated
from saman.model.care.governance import GovernanceFile, IndicatorsFile
from saman.model.care.party import PartiesFile
from saman.model.care.pathway import Pathway
from saman.model.care.portfolio import PortfolioFile
from saman.model.care.questionnaire import Questionnaire
from saman.model.care.region import RegionFile, RolesFile
from saman.model.care.service_model import ServiceModel
from saman.model.care.way import WayFile
from saman.model.care.yamltree import Tree, finding, parse

SCHEMA = 0

ACCESS = "access.yaml"
"""Read into types by `saman.model.access`; here only what it refers to is checked."""

COMPETENCES = "competences.yaml"
"""Beside the region's folder, for all regions alike."""

ASSESSMENT = "assessment.yaml"
"""The same."""
WAY = "way.yaml"
"""Beside it too: the guided way from a challenge to new practice."""

T = TypeVar("T", bound=msgspec.Struct)


class Loaded(msgspec.Struct, frozen=True):
    """A care model together with its files: their lines, which the checks point to, and what each one holds."""

    model: CareModel
    folder: str
    trees: dict[str, Tree]
    parts: dict[str, msgspec.Struct]

    @property
    def country_file(self) -> str:
        """The path of the country profile."""
        return beside(self.folder, f"countries/{self.model.region.country.lower()}.yaml")

    def at(self, name: str, *path: str | int) -> str:
        """`file:line` of a path in a file of the region's folder, or in a file named in full."""
        file = name if name in self.trees else str(PurePosixPath(self.folder) / name)
        tree = self.trees.get(file)
        return f"{tree.file}:{tree.line(*path)}" if tree else f"{file}:1"


def load(files: Mapping[str, str], folder: str, on: date = date.min) -> Loaded | Refusal:
    """A region from texts by path: the files in `folder`, and `roles.yaml` and `countries/<cc>.yaml` beside it.

    `on`: the day that it is for; without it as it is before anything changes.
    A refusal holds every issue found, not the first one only. Whether the parts fit together is `check`'s to say.
    """
    folder = folder.rstrip("/")
    reader = _Reader(standing(files, folder, on), folder)
    for path in undated(files, folder):
        mend = "Call the folder `from-` and a day, such as `from-2027-01-01`."
        reader.issues.append(finding(f"{path}:1", "value", "This folder is called after no day.", mend))
    model = reader.model()
    if model is None or reader.issues:
        return Refusal(Kind.INVALID, tuple(reader.issues))
    return Loaded(model, reader.folder, reader.trees, reader.parts)


def beside(folder: str, name: str) -> str:
    """The path of a file that stands beside a region's folder and is shared by all regions."""
    return str(PurePosixPath(folder).parent / name)


def load_country(files: Mapping[str, str], path: str) -> Country | Refusal:
    """One country profile by itself."""
    reader = _Reader(Standing(dict(files), {}), str(PurePosixPath(path).parent))
    country = reader.file(path, Country)
    if country is None or reader.issues:
        return Refusal(Kind.INVALID, tuple(reader.issues))
    return country


class _Reader:
    def __init__(self, standing: Standing, folder: str) -> None:
        self.files, self.places = standing
        self.folder = folder
        self.issues: list[Issue] = []
        self.trees: dict[str, Tree] = {}
        self.parts: dict[str, msgspec.Struct] = {}

    def model(self) -> CareModel | None:
        region = self.file(f"{self.folder}/region.yaml", RegionFile)
        parties = self.file(f"{self.folder}/parties.yaml", PartiesFile)
        roles = self.file(beside(self.folder, "roles.yaml"), RolesFile)
        competences = self.file(beside(self.folder, COMPETENCES), CompetencesFile, required=False)
        assessment = self.file(beside(self.folder, ASSESSMENT), AssessmentFile, required=False)
        way = self.file(beside(self.folder, WAY), WayFile, required=False)
        agreements = self.file(f"{self.folder}/agreements.yaml", AgreementsFile, required=False)
        governance = self.file(f"{self.folder}/governance.yaml", GovernanceFile, required=False)
        indicators = self.file(f"{self.folder}/indicators.yaml", IndicatorsFile, required=False)
        self.tree(f"{self.folder}/{ACCESS}")
        portfolio = self.file(f"{self.folder}/portfolio.yaml", PortfolioFile, required=False)
        services = self.all_in("services", ServiceModel)
        pathways = self.all_in("pathways", Pathway)
        questionnaires = self.all_in("questionnaires", Questionnaire)
        country_file = beside(self.folder, f"countries/{region.country.lower()}.yaml") if region else ""
        country = self.file(country_file, Country) if region else None
        if region is None or parties is None or roles is None or country is None:
            return None
        return CareModel(
            region=region,
            country=country,
            roles=roles.roles,
            parties=parties.parties,
            agreements=agreements.agreements if agreements else (),
            bodies=governance.bodies if governance else (),
            goals=governance.goals if governance else (),
            services=services,
            questionnaires=questionnaires,
            indicators=indicators.indicators if indicators else (),
            competences=competences.competences if competences else (),
            way=way,
            pathways=pathways,
            projects=portfolio.projects if portfolio else (),
            lessons=portfolio.lessons if portfolio else (),
            assessment=assessment,
        )

    def all_in(self, subfolder: str, kind: type[T]) -> tuple[T, ...]:
        prefix = f"{self.folder}/{subfolder}/"
        names = sorted(name for name in self.files if name.startswith(prefix) and name.endswith(".yaml"))
        found = [self.file(name, kind) for name in names]
        return tuple(one for one in found if one is not None)

    def file(self, path: str, kind: type[T], required: bool = True) -> T | None:
        if path not in self.files:
            if required:
                mend = "Write the file, or start from the folder of another region."
                self.issues.append(finding(f"{path}:1", "not-found", "This file is missing.", mend))
            return None
        tree = self.tree(path)
        if tree is None or not self._schema_known(tree):
            return None
        value, problems = convert(tree, kind)
        self.issues += problems
        if value is not None:
            self.parts[path] = value
        return value

    def tree(self, path: str) -> Tree | None:
        """The file's tree, or None when there is none or it is not well-formed."""
        if path not in self.files:
            return None
        tree, issues = parse(self.places.get(path, path), self.files[path])
        self.trees[path] = tree
        self.issues += issues
        return None if issues else tree

    def _schema_known(self, tree: Tree) -> bool:
        value: Any = tree.value
        if isinstance(value, dict) and value.get("schema") == SCHEMA:
            return True
        mend = f"Begin the file with `schema: {SCHEMA}`."
        place = f"{tree.file}:{tree.line('schema')}"
        self.issues.append(finding(place, "version", "The version of the schema is missing or unknown.", mend))
        return False
