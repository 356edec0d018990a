"""The region's files: which there are, what each holds, how to read one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.workspace.changes_pages import change_lines, holds
from saman.apps.workspace.changes_views import FileLine, FilePage, FilesPage
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import At, show
from saman.flows.governance.changes import CHANGES, own
from saman.flows.governance.mandate import Matter
from saman.record import not_found


def file_routes(at: At) -> list[Route]:
    """Everything under `/region/work/files`."""
    return [at("/files", overview), at("/files/{path:path}", one)]


async def overview(request: Request, desk: Desk) -> Response:
    """All files of the region."""
    there = own(await desk.files.now(desk.record.store), desk.files.folder)
    changes = [one.body for one in await CHANGES.all(desk.record.store) if one.body.is_open]
    lines = tuple(
        FileLine(
            path=path,
            holds=holds(desk, path),
            since=path.split("/")[0].removeprefix("from-") if path.startswith("from-") else "",
            lines=len(text.splitlines()),
            proposals=sum(change.edit(path) is not None for change in changes),
        )
        for path, text in sorted(there.items(), key=lambda one: (one[0].startswith("from-"), "/" in one[0], one[0]))
    )
    return show(request, "files.html", FilesPage(region=desk.region, files=lines, may=desk.may(Matter.FILES)))


async def one(request: Request, desk: Desk) -> Response:
    """A file with its lines numbered."""
    path = request.path_params["path"]
    text = own(await desk.files.now(desk.record.store), desk.files.folder).get(path)
    if text is None:
        return show(request, "file.html", not_found())
    touching = [item for item in await CHANGES.all(desk.record.store) if item.body.is_open and item.body.edit(path)]
    view = FilePage(
        path=path,
        holds=holds(desk, path),
        lines=tuple(text.splitlines()),
        proposals=await change_lines(desk, touching),
        may=desk.may(Matter.FILES),
    )
    return show(request, "file.html", view)
