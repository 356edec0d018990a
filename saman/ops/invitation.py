"""Invitations for staff to make a first passkey."""

from __future__ import annotations

from datetime import timedelta

from saman.apps.auth.users import find_users
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder
from saman.ops.cli.opened import Opened
from saman.ops.settings import Settings
from saman.record.credentials.passkeys import Credentials
from saman.record.entrance import Entrance, entrance_entry


def passkeys_on(settings: Settings) -> Refusal | None:
    """Refuse where passkeys are off: an invitation would lead nowhere."""
    if settings.passkeys == "on":
        return None
    return refused(Kind.FORBIDDEN, "forbidden", "Passkeys are off. Set SAMAN_PASSKEYS to on.", "SAMAN_PASSKEYS")


async def invitation(opened: Opened, who: str, lasting: timedelta) -> str | Refusal:
    """The address of an invitation; refused for anybody who is not staff with a role now."""
    users = await find_users(opened.record, who)
    if isinstance(users, Refusal) or users[0].kind is not Holder.STAFF:
        text = "No member of staff of that name has a role now. See `saman users`."
        return refused(Kind.NOT_FOUND, "not-found", text, "user")
    secret = await Credentials(opened.store.pool).invite(users[0].actor, opened.now, lasting)
    context = opened.record.context
    await opened.record.log(entrance_entry(Entrance.ADMINISTRATION, context, "invitation", about=users[0].actor))
    return f"{opened.settings.address}/auth/invitation#{secret}"
