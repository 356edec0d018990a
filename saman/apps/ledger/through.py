"""Which app somebody looked through, by the name under which it asked for access."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from saman.apps.auth.smart.noting import app_of
from saman.apps.ui.locales import mark
from saman.record import Record
from saman.record.apps.clients import Clients
from saman.record.audit import Logged

THROUGH = mark("Through the app %(app)s.")
OWN_APP = mark("Through the app %(app)s, which you let act for you.")


async def app_names(record: Record, entries: Iterable[Logged]) -> Mapping[str, str]:
    """The names of the apps in `entries` by id; an app that was taken out since is called by its id."""
    ids = {app_of(one.request) for one in entries} - {""}
    clients = Clients(record.store.pool)
    found = {id: await clients.find(id) for id in sorted(ids)}
    return {id: client.name if client is not None else id for id, client in found.items()}


def apps_of(entries: Iterable[Logged], names: Mapping[str, str]) -> str:
    """The names of the apps of a look, with commas between; empty when there was none."""
    ids = dict.fromkeys(app_of(one.request) for one in entries)
    return ", ".join(names.get(id, id) for id in ids if id)
