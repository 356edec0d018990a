"""The pages that are open to everybody: the region's way of working, and what Saman is and is not."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman import __version__
from saman.apps.region.about import about_page, triage_page
from saman.apps.region.borders import Borders
from saman.apps.region.facts import Teller
from saman.apps.region.gallery import gallery_page
from saman.apps.region.page import glance_of, region_page
from saman.apps.region.paths import path_page
from saman.apps.region.service_page import service_page
from saman.apps.region.shelf import Shelf
from saman.apps.region.side_by_side import comparison
from saman.apps.ui.pages import render, words_of
from saman.model.access import Policy
from saman.model.care.caremodel import CareModel
from saman.model.triage.purpose import OFF, Adoption


def region_routes(
    model: CareModel, policy: Policy, shelf: Shelf, adoption: Adoption = OFF, borders: Borders | None = None
) -> list[BaseRoute]:
    """`/region` with all its pages, `/about` and `/about/triage` for the region that runs here."""
    saman = __version__
    glance = glance_of(model)

    def tell(request: Request) -> Teller:
        return Teller(model, words_of(request))

    async def region(request: Request) -> Response:
        chosen = model.service(request.query_params.get("service", ""))
        return render(request, "region/region.html", region_page(tell(request), policy, borders, glance, chosen))

    async def service(request: Request) -> Response:
        found = model.service(request.path_params["id"])
        if found is None:
            raise HTTPException(404)
        return render(request, "region/service.html", service_page(tell(request), policy, found))

    async def pathway(request: Request) -> Response:
        found = model.pathway(request.path_params["id"])
        if found is None:
            raise HTTPException(404)
        return render(request, "region/pathway.html", path_page(tell(request), found))

    async def compare(request: Request) -> Response:
        others = await run_in_threadpool(shelf.regions)
        asked = request.query_params.getlist("of")
        view = comparison(words_of(request), model, others.values(), asked)
        return render(request, "region/compare.html", view)

    async def gallery(request: Request) -> Response:
        made = await run_in_threadpool(shelf.package, model)
        packages = await run_in_threadpool(shelf.packages)
        others = await run_in_threadpool(shelf.regions)
        view = gallery_page(words_of(request), model, made, packages, others.values())
        return render(request, "region/gallery.html", view)

    async def package(request: Request) -> Response:
        made = await run_in_threadpool(shelf.package, model)
        headers = {"content-disposition": f'attachment; filename="{made.file}"', "etag": f'"{made.sha256}"'}
        return Response(made.data, media_type="application/gzip", headers=headers)

    async def about(request: Request) -> Response:
        return render(request, "region/about.html", about_page(tell(request), saman, adoption))

    async def triage(request: Request) -> Response:
        return render(request, "region/triage.html", triage_page(tell(request), adoption))

    return [
        Route("/region", region, methods=["GET"]),
        Route("/region/compare", compare, methods=["GET"]),
        Route("/region/gallery", gallery, methods=["GET"]),
        Route("/region/package", package, methods=["GET"]),
        Route("/region/services/{id}", service, methods=["GET"]),
        Route("/region/pathways/{id}", pathway, methods=["GET"]),
        Route("/about", about, methods=["GET"]),
        Route("/about/triage", triage, methods=["GET"]),
    ]
