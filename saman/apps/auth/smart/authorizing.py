"""The pages between an app's request and its answer: sign in, choose a person, decide.

A request is checked once, where the app sends the browser (`/auth/authorize`), and waits sealed in a cookie from then
on, so that no address of a page holds any of it, and a change of language or sign-in on the way loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.auth.smart.answers import Form, Wrong, fields_of
from saman.apps.auth.smart.asking import Asking, address_known, answer_address, read_asking, sealed, unsealed
from saman.apps.auth.smart.configuration import Addresses
from saman.apps.auth.smart.deciding import Decider
from saman.apps.auth.smart.noting import Notes
from saman.apps.auth.smart.views import SignInFirst, host_of
from saman.apps.auth.smart.waiting import CONSENT, forget, keep, waiting_name
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import render, render_refusal, see
from saman.apps.ui.security import CONTENT_SECURITY_POLICY, posted
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.scopes import LAUNCH
from saman.record import Context, Store
from saman.record.apps.approvals import Approvals
from saman.record.apps.clients import Client, Clients
from saman.record.sessions import SignedIn

Standing = Callable[[Request], Context]
"""The context of a request whose session has been found."""

UNKNOWN = mark("The app that sent you here is not known to us, or named a wrong address for its answer.")
TOO_LATE = mark("This took too long, or the app has been answered already. Go back to the app and begin again.")


class Authorizing:
    """Pages under /auth that lead from an app's request to its answer."""

    def __init__(
        self, store: Store, standing: Standing, notes: Notes, clock: Clock, at: Addresses, *, secure: bool
    ) -> None:
        self._store = store
        self._standing = standing
        self._notes = notes
        self._clock = clock
        self._at = at
        self._secure = secure
        self._clients = Clients(store.pool)
        self._approvals = Approvals(store.pool)

    async def begin(self, request: Request) -> Response:
        """Take an app's request, or say what is wrong with it: on a page until the app is known, then to the app."""
        form = fields_of(request.scope["query_string"])
        if isinstance(form, Wrong):
            return render_refusal(request, _stop(UNKNOWN))
        client = await self._clients.find(form.get("client_id", ""))
        redirect = address_known(client, form)
        if client is None or not redirect:
            await self._notes.refused(client.id if client else "", "authorize: unknown app or address")
            return render_refusal(request, _stop(UNKNOWN))
        asking = read_asking(form, client, self._at, self._clock())
        if isinstance(asking, Asking) and "launch" in form:
            asking = await self._launched(asking, form)
        closed = sealed(asking, self._store.seal) if isinstance(asking, Asking) else None
        if isinstance(asking, Wrong) or closed is None:
            wrong = asking if isinstance(asking, Wrong) else Wrong("invalid_request", "this is too long")
            await self._notes.refused(client.id, f"authorize: {wrong.error}")
            return self._answer(redirect, form.get("state", ""), error=wrong.error, error_description=wrong.why)
        return keep(see(CONSENT), closed, secure=self._secure)

    async def _launched(self, asking: Asking, form: Form) -> Asking | Wrong:
        launch = await self._approvals.launched(form["launch"], self._clock())
        if launch is None or launch.client != asking.client or LAUNCH not in asking.asked.words:
            return Wrong("invalid_request", "this launch is not known, is over, or its scope was not asked for")
        return msgspec.structs.replace(
            asking, launched=True, patient=launch.patient, actor=launch.actor, party=launch.party, role=launch.role
        )

    async def consent(self, request: Request) -> Response:
        """Ask whoever is signed in; before that to sign in, and staff to choose whom it is about."""
        waiting = await self._waiting(request)
        if isinstance(waiting, Refusal):
            return forget(render_refusal(request, waiting), secure=self._secure)
        asking, client = waiting
        if request.state.session is None:
            return render(request, "auth/smart/sign_in.html", SignInFirst(client.name, host_of(asking.redirect)))
        settled = self._decider(request).settled(asking)
        if isinstance(settled, Refusal):
            return forget(render_refusal(request, settled), secure=self._secure)
        if settled.about_one and not settled.patient:
            view = await self._decider(request).search(settled, client, "")
            return render(request, "auth/smart/person.html", view)
        page = await self._decider(request).consent(settled, client)
        if isinstance(page, Refusal):
            return forget(render_refusal(request, page), secure=self._secure)
        response = render(request, "auth/smart/consent.html", page)
        response.headers["content-security-policy"] = _policy(settled.redirect)
        return response

    async def person(self, request: Request) -> Response:
        """Search for a person (field `name`), or choose one (field `person`)."""
        step = await self._step(request)
        if isinstance(step, Response):
            return step
        fields, asking, client = step
        decider = self._decider(request)
        if "person" not in fields:
            view = await decider.search(asking, client, fields.get("name", "").strip())
            if isinstance(view, Refusal):
                return render_refusal(request, view)
            return render(request, "auth/smart/person.html", view)
        picked = await decider.picked(asking, fields["person"])
        if isinstance(picked, Refusal):
            return render_refusal(request, picked)
        closed = sealed(picked, self._store.seal)
        assert closed is not None, "a Patient id more must fit"
        return keep(see(CONSENT), closed, secure=self._secure)

    async def decide(self, request: Request) -> Response:
        """Answer the app: a code when `decision` is `allow`, else that it was declined."""
        step = await self._step(request)
        if isinstance(step, Response):
            return step
        fields, asking, _ = step
        if fields.get("decision") != "allow":
            await self._notes.refused(asking.client, "declined", self._standing(request))
            return self._answer(asking.redirect, asking.state, error="access_denied")
        if asking.about_one and not asking.patient:
            return see(CONSENT)
        code = await self._decider(request).approved(asking, self._notes)
        return self._answer(asking.redirect, asking.state, code=code)

    async def leave(self, request: Request) -> Response:
        """Forget the request; the app hears nothing."""
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        return forget(see("/"), secure=self._secure)

    async def _step(self, request: Request) -> tuple[Form, Asking, Client] | Response:
        """The fields of a form, the request it belongs to and the app; or the page to show instead."""
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        waiting = await self._waiting(request)
        if isinstance(waiting, Refusal):
            return forget(render_refusal(request, waiting), secure=self._secure)
        asking, client = waiting
        if request.state.session is None:
            return see(CONSENT)
        settled = self._decider(request).settled(asking)
        if isinstance(settled, Refusal) or fields.get("asked") != settled.mark:
            return see(CONSENT)
        return fields, settled, client

    async def _waiting(self, request: Request) -> tuple[Asking, Client] | Refusal:
        sealed_text = request.cookies.get(waiting_name(secure=self._secure), "")
        asking = unsealed(sealed_text, self._store.seal, self._clock())
        client = await self._clients.find(asking.client) if asking else None
        return _stop(TOO_LATE) if asking is None or client is None else (asking, client)

    def _decider(self, request: Request) -> Decider:
        session: SignedIn = request.state.session
        return Decider(self._store, session, self._standing(request), request.state.token)

    def _answer(self, redirect: str, state: str, **answer: str) -> Response:
        """Back to the app, with `state` as it came."""
        kept = {"state": state} if state else {}
        return forget(see(answer_address(redirect, self._at, **answer, **kept)), secure=self._secure)


def _stop(words: str) -> Refusal:
    return refused(Kind.INVALID, "invalid", words, key=words)


def _policy(redirect: str) -> str:
    """The pages' policy, with leave to go where the answer goes: browsers hold redirects after a form against it."""
    parts = urlsplit(redirect)
    target = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
    return CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {target}")
