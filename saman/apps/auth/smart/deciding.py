"""What it takes to answer an app's request: whom it is about, who may decide, and the code that says yes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from saman.apps.auth.smart.asking import Asking
from saman.apps.auth.smart.noting import Notes
from saman.apps.auth.smart.views import Consent, Found, Given, Picking, host_of, permissions
from saman.apps.ui.locales import mark
from saman.flows.directory import name_of
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder
from saman.model.access.scopes import OFFLINE, OPENID, read_scopes
from saman.record import Context, Record, Store
from saman.record.apps.approvals import Approval, Approvals, Bound
from saman.record.apps.clients import Client, Clients
from saman.record.sessions import LONGEST, SignedIn

OTHERS = mark("This app was opened by somebody else, or in another role. Open it again.")
OFFLINE_LASTS = timedelta(days=90)
SHOWN = 20
LEAST_LETTERS = 2


class Decider:
    """Somebody who is signed in before an app's request; reads about people go through their own record."""

    def __init__(self, store: Store, session: SignedIn, context: Context, token: str) -> None:
        self._store = store
        self._session = session
        self._context = context
        self._token = token
        self._approvals = Approvals(store.pool)
        self._clients = Clients(store.pool)

    def settled(self, asking: Asking) -> Asking | Refusal:
        """The request with the person it is about, where that follows; refused when somebody else opened the app."""
        session = self._session
        if asking.launched and (asking.actor, asking.party, asking.role) != (
            session.actor,
            session.party,
            session.role,
        ):
            return refused(Kind.FORBIDDEN, "forbidden", OTHERS, key=OTHERS)
        if asking.about_one and not asking.launched and session.kind != Holder.STAFF.value:
            return msgspec.structs.replace(asking, patient=session.about)
        if asking.patient and asking.actor not in ("", session.actor):
            return msgspec.structs.replace(asking, patient="", actor="")
        return asking

    async def consent(self, asking: Asking, client: Client) -> Consent | Refusal:
        """The page that asks; refused when the person may not be seen."""
        name = "" if self._is_own(asking.patient) else await self._name(asking.patient)
        if isinstance(name, Refusal):
            return name
        asked = asking.asked
        return Consent(
            app=client.name,
            host=host_of(asking.redirect),
            permissions=permissions(asked),
            identity=OPENID in asked.words,
            own=self._is_own(asking.patient),
            person=name,
            stays=OFFLINE in asked.words,
            until=self._until(asking),
            scopes=tuple(asked.text.split(" ")),
            mark=asking.mark,
        )

    async def search(self, asking: Asking, client: Client, text: str) -> Picking | Refusal:
        """People whom staff may see and whose name begins with what was written."""
        if len(text) < LEAST_LETTERS:
            return Picking(app=client.name, mark=asking.mark)
        page = await self._record.search("Patient", [("name", _plain(text)), ("_count", str(SHOWN)), ("_sort", "name")])
        if isinstance(page, Refusal):
            return page
        found = tuple(_found(one.resource()) for one in page.matches)
        return Picking(app=client.name, mark=asking.mark, found=found, more=page.next is not None)

    async def picked(self, asking: Asking, person: str) -> Asking | Refusal:
        """The request about a person whom the user may see."""
        seen = await self._record.read("Patient", person)
        if isinstance(seen, Refusal):
            return seen
        return msgspec.structs.replace(asking, patient=person, actor=self._session.actor)

    async def approved(self, asking: Asking, notes: Notes) -> str:
        """The code for what the user lets the app do."""
        session, now = self._session, self._context.now
        asked = asking.asked
        approval = Approval(
            id=secrets.token_hex(16),
            client=asking.client,
            actor=session.actor,
            kind=session.kind,
            role=session.role,
            party=session.party,
            purpose=session.purpose,
            patient=asking.patient,
            scope=asked.text,
            begun=now,
            until=self._until(asking),
            session=None if OFFLINE in asked.words else hashlib.sha256(self._token.encode()).digest(),
        )
        await self._approvals.begin(approval)
        code = await self._approvals.code(approval, Bound(asking.redirect, asking.challenge, asking.nonce), now)
        await notes.given(self._context, asking.client, f"approved {asked.text}")
        return code

    async def given(self) -> tuple[Given, ...]:
        """What the user has let apps do."""
        found = []
        for one in await self._approvals.of_actor(self._session.actor, self._context.now):
            own = self._is_own(one.approval.patient)
            name = "" if own else await self._name(one.approval.patient)
            found.append(_given(one.approval, one.name, "" if isinstance(name, Refusal) else name, own=own))
        return tuple(found)

    def _until(self, asking: Asking) -> datetime:
        if OFFLINE in asking.asked.words:
            return self._context.now + OFFLINE_LASTS
        return self._session.begun + LONGEST

    def _is_own(self, patient: str) -> bool:
        return bool(patient) and self._session.actor == f"Patient/{patient}"

    async def _name(self, patient: str) -> str | Refusal:
        """The name of a person as far as the user may see it; a relative may take part without seeing it."""
        if not patient:
            return ""
        seen = await self._record.read("Patient", patient)
        if isinstance(seen, Refusal):
            return "" if self._session.kind == Holder.RELATIVE.value else seen
        return name_of(seen.resource())

    @property
    def _record(self) -> Record:
        return Record(self._store, self._context)


def _given(approval: Approval, app: str, person: str, *, own: bool) -> Given:
    asked = read_scopes(approval.scope)
    return Given(
        id=approval.id,
        app=app,
        person=person,
        own=own,
        permissions=permissions(asked),
        begun=approval.begun,
        until=approval.until,
        stays=OFFLINE in asked.words,
    )


def _plain(text: str) -> str:
    """What somebody wrote as one value of a search."""
    return "".join(f"\\{c}" if c in "\\,|$" else c for c in text)


def _found(patient: dict[str, Any]) -> Found:
    born = patient.get("birthDate", "")
    return Found(patient["id"], name_of(patient), date.fromisoformat(born) if len(born) == 10 else None)
