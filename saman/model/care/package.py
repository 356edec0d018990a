"""A region as a FHIR package: its definitions as resources, and the files themselves for whoever makes a fork.

Source: https://hl7.org/fhir/packages.html (the specification of FHIR NPM packages)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from saman.kernel import json
from saman.model.care.basis import said
from saman.model.care.caremodel import CareModel
from saman.model.care.codes import Resource, concept, reference
from saman.model.care.fhir import to_fhir

FHIR = "4.0.1"
PREFIX = "saman.region."
DEFINITIONS = frozenset({"PlanDefinition", "ActivityDefinition", "Questionnaire", "Measure"})
"""What a package defines; organisations and places of the region stand beside them as examples."""
CORE = "hl7.fhir.r4.core"
COUNTRIES = "urn:iso:std:iso:3166"
AUTHOR = "Contributors to Saman"
"""Who made a region whose file names nobody."""

INDEXED = ("resourceType", "id", "url", "version", "kind", "type", "supplements", "content")
"""What `.index.json` says of a resource, where it has a text of that name."""

FILES = "package/other/regions/"
"""Where the files of the region stand, by their path below the folder that holds the regions."""


def package_name(model: CareModel) -> str:
    """The name of a region's package, such as `saman.region.no-agder`."""
    return PREFIX + model.region.id


def packaged(model: CareModel, files: Mapping[str, str], licence: str) -> dict[str, bytes]:
    """The content of the package by path, always the same for the same files.

    `files`: those of the region and what it shares with others; `licence`: an SPDX identifier.
    """
    resources = to_fhir(model)
    examples = [one for one in resources if one["resourceType"] not in DEFINITIONS]
    defined = [one for one in resources if one["resourceType"] in DEFINITIONS]
    defined.append(_guide(model, defined, examples))
    found = {"package/package.json": _manifest(model, licence), "package/.index.json": _index(defined)}
    found |= {f"package/{_file(one)}": _pretty(one) for one in defined}
    found |= {f"package/example/{_file(one)}": _pretty(one) for one in examples}
    found["package/example/.index.json"] = _index(examples)
    found["package/other/README.md"] = _readme(model, licence).encode()
    found |= {FILES + path: text.encode() for path, text in files.items()}
    return dict(sorted(found.items()))


def _manifest(model: CareModel, licence: str) -> bytes:
    manifest = {
        "name": package_name(model),
        "version": model.region.version,
        "description": said(model.region.statement, "en"),
        "title": said(model.region.name, "en"),
        "canonical": model.region.canonical,
        "url": model.region.canonical,
        "license": licence,
        "author": model.region.author or AUTHOR,
        "fhirVersions": [FHIR],
        "type": "IG",
        "jurisdiction": f"{COUNTRIES}#{model.country.code}",
        "languages": list(model.region.languages),
        "dependencies": {CORE: FHIR},
        "directories": {"lib": "package", "example": "example"},
    }
    return _pretty(manifest)


def _guide(model: CareModel, defined: Iterable[Resource], examples: Iterable[Resource]) -> Resource:
    """The ImplementationGuide that says what is in the package, as packages of guides should have one."""
    region = model.region
    held: list[tuple[Resource, Resource]] = [(one, {}) for one in defined]
    held += [(one, {"exampleBoolean": True}) for one in examples]
    name = package_name(model)
    return {
        "resourceType": "ImplementationGuide",
        "id": name,
        "url": f"{region.canonical}/ImplementationGuide/{name}",
        "version": region.version,
        "name": "".join(word.capitalize() for word in name.replace(".", "-").split("-")),
        "title": said(region.name, "en"),
        "status": "draft",
        "publisher": region.author or AUTHOR,
        "description": said(region.statement, "en"),
        "jurisdiction": [concept(COUNTRIES, model.country.code)],
        "packageId": name,
        "fhirVersion": [FHIR],
        "definition": {
            "resource": [{"reference": reference(f"{one['resourceType']}/{one['id']}")} | kind for one, kind in held]
        },
    }


def _index(resources: Iterable[Mapping[str, Any]]) -> bytes:
    files = [
        {"filename": _file(one)} | {name: one[name] for name in INDEXED if isinstance(one.get(name), str)}
        for one in resources
    ]
    return _pretty({"index-version": 2, "files": files})


def _file(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}-{resource['id']}.json"


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(json.encode(value), indent=2) + b"\n"


def _readme(model: CareModel, licence: str) -> str:
    region = model.region
    lines = [
        f"# {said(region.name, 'en')}",
        said(region.statement, "en"),
        f"Version {region.version}. Licence: {licence}. Texts that a native has read: "
        f"{', '.join(region.reviewed_languages) or 'none yet'}.",
        "## Services",
        *(f"- {said(one.name, 'en')} ({one.version}): {said(one.summary, 'en')}" for one in model.services),
        "## Pathways",
        *(f"- {said(one.name, 'en')} ({one.version}): {said(one.summary, 'en')}" for one in model.pathways),
        "## Made from",
        *(f"- {one.id} {one.version}, {one.canonical}" for one in region.ancestors),
        "## Sources",
        *(f"- {one.mark.value}: {one.publisher}, {one.title}, {one.url}" for one in region.sources),
        "## Not known",
        *(f"- {said(one.text, 'en')}" for one in region.facts if one.not_known),
    ]
    return "\n\n".join(lines) + "\n"
