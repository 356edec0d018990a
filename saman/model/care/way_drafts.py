"""What a way ends in: drafts of a service model and an agreement, and a request to the planner.

They hold what was written on the way and nothing else. Where nothing was said they say so (`not_known: true`) or leave
the list empty, and the check tells what is missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
import yaml
from msgspec import Meta

from saman.kernel.outcome import Issue
from saman.model.care import check_everywhere, check_service
from saman.model.care.basis import Node, Slug
from saman.model.care.caremodel import CareModel
from saman.model.care.convert import convert
from saman.model.care.load import Loaded
from saman.model.care.service_model import Category, ServiceModel
from saman.model.care.way_going import Going
from saman.model.care.way_papers import Paper, Row, number_of
from saman.model.care.yamltree import finding, parse

Papers = Mapping[str, Paper]
"""The filled papers of one way, by template."""

IDEA, BUYING, RECKONING, PROJECT = "service-idea", "procurement", "simulation", "project-presentation"
NOTHING: dict[str, bool] = {"not_known": True}
SAID: dict[str, bool] = {"sample": True}
LONGEST_ID = 48
SPELT = {ord("ø"): "o", ord("æ"): "ae", ord("ð"): "d", ord("þ"): "th"}

Year = Annotated[int, Meta(ge=1900, le=2200)]


class Scenario(Node, frozen=True, kw_only=True):
    """One of the things to be compared: its name, and what is different in it."""

    id: Slug
    name: str
    change: str = ""


class SimulationRequest(Node, frozen=True, kw_only=True):
    """What a way asks the planner: of which region and service, what, from which year to which, comparing what.

    `not_known` names the parts that nobody has said yet.
    """

    schema: int
    region: Slug
    service: Slug
    question: str
    language: str
    first_year: Year | None = None
    last_year: Year | None = None
    scenarios: tuple[Scenario, ...] = ()
    not_known: tuple[str, ...] = ()


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """On which day a draft is made, and the language of texts that were kept without saying theirs."""

    language: str
    on: date


def service_id(going: Going, papers: Papers, model: CareModel) -> str:
    """The id that the drafts give the new service: from its name, and never that of a service there is."""
    paper = papers.get(IDEA)
    wanted = slug((paper.value("name") if paper else "") or going.title) or "new-service"
    return f"{wanted}-draft" if model.service(wanted) else wanted


def slug(text: str) -> str:
    """Plain lower-case words joined by hyphens: `Trygg hjemme på natt` gives `trygg-hjemme-pa-natt`."""
    spelt = text.lower().translate(SPELT)
    plain = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_ID].strip("-")


def service_draft(going: Going, papers: Papers, model: CareModel, author: Author) -> str:
    """The service as a file of `services/`, as far as it was described."""
    paper = papers.get(IDEA) or Paper(way="", template=IDEA, language=going.language)
    author = _as_written(author, paper.language)
    named = author if paper.value("name") else _as_written(author, going.language)
    doings = paper.rows.get("activities", ())
    draft = {
        "schema": 0,
        "id": service_id(going, papers, model),
        "version": "0.1.0",
        **SAID,
        "name": _said(named, paper.value("name") or going.title),
        "category": paper.value("category") or Category.OTHER.value,
        "summary": _said(author, paper.value("summary")),
        "target_group": _said(author, paper.value("target-group")),
        "inclusion": _criteria(author, "target-group", paper.value("target-group")),
        "exclusion": _criteria(author, "not-for", paper.value("not-for")),
        "modes": [{"mode": mode, **SAID} for mode in _once(row.get("mode", "") for row in doings)],
        "roles": list(_roles(paper, model)),
        "activities": list(_activities(author, doings)),
        "response": {name: {"hours": 24, "counted": "clock", **NOTHING} for name in RESPONSES},
        **{name: [] for name in UNSAID},
    }
    return _written(f"# A draft from the way “{_line(going.title)}”, {author.on.isoformat()}.\n{EXPLAINED}", draft)


RESPONSES = ("own_request_answered", "request_answered", "request_done")
UNSAID = ("steps", "receivers", "flows", "citizen_sees", "relative_sees")
"""What no paper asks for: those who write the service model add it, and the check tells where."""

EXPLAINED = "# What nobody said is `not_known: true` or empty. `saman model check` tells what is missing.\n"


def _roles(paper: Paper, model: CareModel) -> Iterator[dict[str, Any]]:
    parties = {row["role"]: row.get("party", "") for row in paper.rows.get("who", ()) if row.get("role")}
    doing = (row.get("role", "") for row in paper.rows.get("activities", ()))
    for role in _once([*parties, *doing]):
        party = model.party(parties.get(role, ""))
        yield {"role": role} | ({"party_kind": party.kind.value, **SAID} if party else NOTHING)


def _activities(author: Author, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """What somebody does; a row without a role is no activity yet, since nobody is said to do it."""
    for index, row in enumerate(rows, 1):
        if not row.get("name") or not row.get("role"):
            continue
        yield {
            "id": slug(row["name"]) or f"activity-{index}",
            "sector": row.get("sector") or "both",
            "name": _said(author, row["name"]),
            "role": row["role"],
            "modes": [row["mode"]] if row.get("mode") else [],
            **(SAID if row.get("sector") and row.get("mode") else NOTHING),
        }


def agreement_draft(going: Going, papers: Papers, model: CareModel, author: Author) -> str:
    """The agreement as a part of `agreements.yaml`: who, what for, which service; from and to are unknown."""
    service = service_id(going, papers, model)
    buying = papers.get(BUYING)
    shares = {row["party"]: row for row in (buying.rows.get("buyers", ()) if buying else ()) if row.get("party")}
    project = papers.get(PROJECT)
    goals = project.value("goals") if project else ""
    author = _as_written(author, project.language if project and goals else going.language)
    later = {party for party, row in shares.items() if row.get("take") == "optional"}
    takes = {"active": [one for one in going.everybody if one not in later], "optional": sorted(later)}
    agreement = {
        "id": f"{service}-agreement"[:56].strip("-"),
        "name": going.title,
        "kind": "service",
        "parties": list(dict.fromkeys((*going.everybody, *shares))),
        "purpose": _said(author, goals or going.challenge),
        "services": [
            {"service": service, "take": take, "parties": parties, **SAID} for take, parties in takes.items() if parties
        ],
        "funding": [_share(party, row) for party, row in shares.items()],
        "paid_by": "not-known",
        **NOTHING,
    }
    title = f"# A draft from the way “{_line(going.title)}”, {author.on.isoformat()}.\n"
    unknown = "# valid_from and valid_to are not agreed yet. Mandates and legal grounds are still to be written.\n"
    return _written(title + unknown, {"schema": 0, "agreements": [agreement]})


def _share(party: str, row: Row) -> dict[str, Any]:
    percent = number_of(row.get("share", ""))
    fits = percent is not None and percent == int(percent) and 0 <= percent <= 100
    return {"party": party} | ({"percent": int(percent), **SAID} if percent is not None and fits else NOTHING)


def simulation_request(going: Going, papers: Papers, model: CareModel, author: Author) -> SimulationRequest:
    """The request to the planner, with what is still unsaid named."""
    paper = papers.get(RECKONING) or Paper(way="", template=RECKONING)
    first, last = _year(paper.value("first-year")), _year(paper.value("last-year"))
    named = [row for row in paper.rows.get("scenarios", ()) if row.get("name")]
    parts = {"question": paper.value("question"), "first_year": first, "last_year": last, "scenarios": named}
    return SimulationRequest(
        schema=0,
        region=model.region.id,
        service=service_id(going, papers, model),
        question=paper.value("question"),
        language=_as_written(author, paper.language).language,
        first_year=first,
        last_year=last,
        scenarios=tuple(_scenarios(named)),
        not_known=tuple(name for name, part in parts.items() if not part),
    )


def _scenarios(rows: Sequence[Row]) -> Iterator[Scenario]:
    for index, row in enumerate(rows, 1):
        id = f"{slug(row['name'])}-{index}".strip("-")
        yield Scenario(id=id, name=row["name"], change=row.get("change", ""))


def _year(text: str) -> int | None:
    number = number_of(text)
    return int(number) if number is not None and number == int(number) and 1900 <= number <= 2200 else None


def findings(text: str, model: CareModel, today: date) -> tuple[Issue, ...]:
    """What `saman model check` says of a service draft put among the region's services."""
    tree, issues = parse("", text)
    service, misfits = convert(tree, ServiceModel) if not issues else (None, [])
    if service is None:
        return (*issues, *misfits)
    name = f"services/{service.id}.yaml"
    path = f"{model.region.id}/{name}"
    tree = msgspec.structs.replace(tree, file=path)
    alone = msgspec.structs.replace(model, services=(service,))
    loaded = Loaded(alone, model.region.id, {path: tree}, {path: service})
    found = {*check_everywhere.issues(loaded), *check_service.issues(loaded, today), *_empty(loaded, name, service)}
    return tuple(sorted((one for one in found if one.path.startswith(path)), key=lambda one: (line_of(one), one.text)))


def _empty(loaded: Loaded, file: str, service: ServiceModel) -> Iterator[Issue]:
    for name in ("summary", "target_group", "inclusion", "modes", "roles", "activities", *UNSAID):
        if not getattr(service, name):
            yield finding(loaded.at(file, name), "required", f"Nothing is written in `{name}` yet.", "Write it.")


def line_of(issue: Issue) -> int:
    """The line that an issue is about."""
    return int(issue.path.rpartition(":")[2])


def _as_written(author: Author, language: str) -> Author:
    return msgspec.structs.replace(author, language=language) if language else author


def _said(author: Author, text: str) -> dict[str, str]:
    return {author.language: text} if text else {}


def _criteria(author: Author, id: str, text: str) -> list[dict[str, Any]]:
    return [{"id": id, **SAID, "text": _said(author, text)}] if text else []


def _once(names: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _line(text: str) -> str:
    """One line that YAML takes in a comment."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _written(head: str, body: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(dict(body), allow_unicode=True, sort_keys=False, width=120)
    return head + text
