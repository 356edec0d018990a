"""Which app somebody looked through, or which client looked for itself, by its name and the organisation behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from saman.apps.auth.smart.noting import app_of
from saman.apps.ui.locales import mark
from saman.record import Record
from saman.record.apps.clients import Client, Clients
from saman.record.audit import Logged

THROUGH = mark("Through the app %(app)s.")
OWN_APP = mark("Through the app %(app)s, which you let act for you.")

Apps = Mapping[str, Client]
"""Clients by id, also those that were taken out since."""


async def apps_known(record: Record, ids: Iterable[str]) -> Apps:
    """The clients of ids, as far as anybody registered them."""
    wanted = set(ids) - {""}
    return await Clients(record.store.pool).known(wanted) if wanted else {}


def app_name(id: str, apps: Apps) -> str:
    """What a client is called; one that nobody registered by its id."""
    return apps[id].name if id in apps else id


def apps_of(entries: Iterable[Logged], apps: Apps, unit: Callable[[str], str]) -> str:
    """What the apps of a look are called, `Growth` or `Growth (Lund)`, with commas between; empty when there was none.

    `unit` names the organisation behind an app, or nobody.
    """
    ids = dict.fromkeys(app_of(one.request) for one in entries)
    behind = {id: unit(apps[id].party) if id in apps and apps[id].party else "" for id in ids}
    return ", ".join(app_name(id, apps) + (f" ({behind[id]})" if behind[id] else "") for id in ids if id)
