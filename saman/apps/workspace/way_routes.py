"""The addresses of the guided way, below `/region/work/ways`."""

from __future__ import annotations

from starlette.routing import BaseRoute

from saman.apps.workspace import way_about, way_acts, way_end, way_papers, way_time
from saman.apps.workspace.handling import At

WAY = "/ways/{way}"
STEP = f"{WAY}/steps/{{step}}"


def way_routes(at: At) -> list[BaseRoute]:
    """Everything about ways; what answers a form can be opened again, such as in another language."""
    return [
        at("/ways", way_about.ways),
        at("/ways", way_about.add, "POST"),
        at("/ways/new", way_about.new),
        at(WAY, way_acts.page),
        at(f"{WAY}/about", way_about.edit),
        at(f"{WAY}/about", way_about.send, "POST"),
        at(STEP, way_acts.step_page),
        at(STEP, way_acts.move, "POST"),
        at(f"{STEP}/notes", way_acts.step_page),
        at(f"{STEP}/notes", way_acts.note, "POST"),
        at(f"{WAY}/papers/{{paper}}", way_papers.page),
        at(f"{WAY}/papers/{{paper}}", way_papers.send, "POST"),
        at(f"{WAY}/heard", way_acts.page),
        at(f"{WAY}/heard", way_acts.hear, "POST"),
        at(f"{WAY}/meetings", way_acts.page),
        at(f"{WAY}/meetings", way_acts.meet, "POST"),
        at(f"{WAY}/funding", way_acts.page),
        at(f"{WAY}/funding", way_acts.fund, "POST"),
        at(f"{WAY}/finish", way_acts.page),
        at(f"{WAY}/finish", way_acts.finish, "POST"),
        at(f"{WAY}/reopen", way_acts.page),
        at(f"{WAY}/reopen", way_acts.reopen, "POST"),
        at(f"{WAY}/time", way_time.page),
        at(f"{WAY}/time", way_time.send, "POST"),
        at(f"{WAY}/end", way_end.page),
        at(f"{WAY}/propose", way_end.page),
        at(f"{WAY}/propose", way_end.propose, "POST"),
        at(f"{WAY}/report", way_end.report),
        at(f"{WAY}/drafts/{{draft}}", way_end.download),
    ]
