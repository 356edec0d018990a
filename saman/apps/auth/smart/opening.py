"""Opening an app from a person's page (EHR launch), and the page of the apps somebody has let in."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.auth.changing import changing
from saman.apps.auth.smart.authorizing import Standing
from saman.apps.auth.smart.configuration import Addresses
from saman.apps.auth.smart.deciding import Decider
from saman.apps.auth.smart.noting import Notes
from saman.apps.auth.smart.views import Apps, Opening, host_of
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import render, render_refusal, see
from saman.apps.ui.security import posted
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder
from saman.record import Context, Record, Store
from saman.record.apps.approvals import Approvals, Launch
from saman.record.apps.clients import Client, Clients
from saman.record.refusals import not_found
from saman.record.sessions import SignedIn

OWN_APPS = "/auth/apps"
NOT_FROM_HERE = mark("This app cannot be opened from here.")


async def opened(store: Store, context: Context, client: Client, patient: str, at: Addresses) -> Opening | Refusal:
    """The page from which an app is opened about a person whom the user may see; refused when they may not.

    The address holds an opaque word, good once and for this user within five minutes, and nothing about the person.
    """
    if not client.launch:
        return refused(Kind.INVALID, "invalid", NOT_FROM_HERE, key=NOT_FROM_HERE)
    own = context.actor == f"Patient/{patient}"
    seen = None if own else await Record(store, context).read("Patient", patient)
    if isinstance(seen, Refusal):
        return seen
    launch = Launch(client=client.id, actor=context.actor, party=context.party, role=context.role, patient=patient)
    word = await Approvals(store.pool).launch(launch, context.now)
    joined = "&" if "?" in client.launch else "?"
    address = f"{client.launch}{joined}{urlencode({'iss': at.fhir, 'launch': word})}"
    return Opening(client.name, host_of(client.launch), address)


async def openable(store: Store) -> tuple[Client, ...]:
    """The apps that can be opened from a person's page."""
    return tuple(one for one in await Clients(store.pool).listed() if one.launch)


class Openings:
    """`POST /auth/launch` opens an app, `/auth/apps` shows and ends what apps were let do."""

    def __init__(self, store: Store, standing: Standing, notes: Notes, at: Addresses) -> None:
        self._store = store
        self._standing = standing
        self._notes = notes
        self._at = at

    async def launch(self, request: Request) -> Response:
        """Open the app `client` about the person `patient`; a citizen's or relative's is the one they are here for."""
        entered = await changing(request)
        if isinstance(entered, Response):
            return entered
        session, fields = entered
        patient = fields.get("patient", "") if session.kind == Holder.STAFF.value else session.about
        client = await Clients(self._store.pool).find(fields.get("client", ""))
        context = self._standing(request)
        opening = await opened(self._store, context, client, patient, self._at) if client else not_found()
        if isinstance(opening, Refusal) or client is None:
            return render_refusal(request, opening if isinstance(opening, Refusal) else not_found())
        await self._notes.given(context, client.id, "launch")
        return render(request, "auth/smart/open.html", opening)

    async def apps(self, request: Request) -> Response:
        """What apps were let do by whoever is signed in."""
        session: SignedIn | None = request.state.session
        if session is None:
            return see("/")
        decider = Decider(self._store, session, self._standing(request), request.state.token)
        return render(request, "auth/smart/apps.html", Apps(await decider.given()))

    async def end(self, request: Request) -> Response:
        """End what an app was let do (field `approval`), at once."""
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        session: SignedIn | None = request.state.session
        if session is None:
            return see("/")
        context = self._standing(request)
        await Approvals(self._store.pool).end(fields.get("approval", ""), context.now, session.actor)
        return see(OWN_APPS)
