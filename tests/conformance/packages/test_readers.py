"""Packages of regions as `fhir-package-loader` and SUSHI read them: loaded whole, found by URL, built upon."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from tests.conformance.packages.conftest import HERE, Packed, packed, run

pytestmark = pytest.mark.conformance

NAMES = ("no-agder", "se-norrtalje", "dk", "fi-paijat-hame", "is-fjallabyggd", "template")


def loaded(home: Path, tools: Path, packages: list[Packed], ask: list[str]) -> dict[str, object]:
    given = {
        "cache": str(home / ".fhir" / "packages"),
        "packages": [{"name": one.name, "version": one.version, "file": str(one.file)} for one in packages],
        "ask": ask,
    }
    done = run(home, str(HERE / "load.mjs"), str(tools), given=json.dumps(given) + "\n")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def defined(package: Packed) -> dict[str, list[str]]:
    """Type, id and version of each definition by its URL, read from the files of the package themselves."""
    with tarfile.open(package.file) as archive:
        texts = [
            archive.extractfile(entry).read()  # type: ignore[union-attr]
            for entry in archive
            if entry.name.count("/") == 1 and entry.name.endswith(".json") and entry.name != "package/package.json"
        ]
    resources = [one for one in map(json.loads, texts) if "resourceType" in one]
    return {one["url"]: [one["resourceType"], one["id"], one["version"]] for one in resources}


def test_every_package_loads_and_each_definition_is_found_by_its_url(home: Path, tools: Path, tmp_path: Path) -> None:
    packages = [packed(name, tmp_path) for name in NAMES]
    wanted = {url: what for one in packages for url, what in defined(one).items()}
    assert {what[0] for what in wanted.values()} == {
        "ActivityDefinition", "ImplementationGuide", "Measure", "PlanDefinition", "Questionnaire",
    }  # fmt: skip
    answer = loaded(home, tools, packages, [*wanted, "https://saman.example/nothing"])
    assert answer["told"] == []
    assert answer["states"] == {one.name: "LOADED" for one in packages}
    assert answer["found"] == wanted | {"https://saman.example/nothing": None}
    assert answer["infos"] == sorted(wanted)


OWN = """\
id: test.own
canonical: https://own.example
name: Own
status: draft
version: 0.1.0
fhirVersion: 4.0.1
FSHOnly: true
dependencies:
  saman.region.no-agder: {version}
"""
RULES = """\
Instance: own-plan
InstanceOf: PlanDefinition
Usage: #definition
* url = "https://own.example/PlanDefinition/own-plan"
* status = #draft
* action[0].definitionCanonical = Canonical({service})
* action[1].definitionCanonical = Canonical({activity})

Profile: OwnAnswers
Parent: QuestionnaireResponse
* questionnaire = Canonical({questionnaire})
"""


@pytest.fixture
def project(home: Path, tools: Path, tmp_path: Path) -> Path:
    """A project of FHIR Shorthand that depends on Agder's package."""
    agder = packed("no-agder", tmp_path)
    assert loaded(home, tools, [agder], [])["states"] == {agder.name: "LOADED"}
    (tmp_path / "own" / "input" / "fsh").mkdir(parents=True)
    (tmp_path / "own" / "sushi-config.yaml").write_text(OWN.format(version=agder.version), encoding="utf-8")
    return tmp_path / "own"


def built(home: Path, tools: Path, project: Path, **names: str) -> tuple[int, str]:
    """The exit status and the words of SUSHI."""
    rules = project / "input" / "fsh" / "own.fsh"
    rules.write_text(RULES.format(**names), encoding="utf-8")
    done = run(home, str(tools / "node_modules" / "fsh-sushi" / "dist" / "app.js"), "build", str(project))
    return done.returncode, done.stdout + done.stderr


def test_sushi_builds_upon_a_package(home: Path, tools: Path, project: Path) -> None:
    names = {"service": "no-agder-safety-alarm", "activity": "no-agder-answer-alarm"}
    status, said = built(home, tools, project, questionnaire="no-agder-symptoms", **names)
    assert (status, "0 Errors" in said) == (0, True), said
    base = "https://saman.example/regions/no-agder"
    made = project / "fsh-generated" / "resources"
    plan = json.loads((made / "PlanDefinition-own-plan.json").read_text("utf-8"))
    assert [one["definitionCanonical"] for one in plan["action"]] == [
        f"{base}/PlanDefinition/safety-alarm", f"{base}/ActivityDefinition/answer-alarm",
    ]  # fmt: skip
    profile = (made / "StructureDefinition-OwnAnswers.json").read_text("utf-8")
    assert f"{base}/Questionnaire/symptoms" in profile


def test_sushi_says_what_a_package_does_not_have(home: Path, tools: Path, project: Path) -> None:
    names = {"service": "no-agder-safety-alarm", "activity": "no-agder-answer-alarm"}
    status, said = built(home, tools, project, questionnaire="no-agder-nothing", **names)
    assert status != 0
    assert "no-agder-nothing" in said
