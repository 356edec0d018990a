"""Access tokens for the demo, and what somebody in it may see of a person."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

from saman.apps.auth.tokens import LONGEST, Tokens
from saman.apps.auth.users import User, find_users
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder
from saman.ops.settings import Settings
from saman.record import Record

SYSTEM_USER = User(id="system", name="system", kind=Holder.SYSTEM, actor="system", role="system")


def demo_only(settings: Settings) -> Refusal | None:
    """Refuse where real people are: there a token comes from signing in."""
    if settings.demo_mode:
        return None
    text = "Tokens are made here in demo mode only. In production they come from signing in."
    return refused(Kind.FORBIDDEN, "forbidden", text, "SAMAN_MODE")


async def assignments(record: Record, who: str, organization: str = "") -> tuple[User, ...] | Refusal:
    """What `who` may act as: a user's id, a reference, or `system`; only at `organization` when that is given.

    An organisation is named by id, reference or name.
    """
    users = (SYSTEM_USER,) if who == "system" else await find_users(record, who)
    if isinstance(users, Refusal) or not organization:
        return users
    wanted = organization.removeprefix("Organization/")
    held = tuple(user for user in users if wanted in (user.party, user.party_name))
    if held:
        return held
    text = "Nobody of that name has a role in that organisation now. See `saman users`."
    return refused(Kind.NOT_FOUND, "not-found", text, "organization")


def demo_token(secret: bytes, user: User, purpose: str, now: datetime, lasting: timedelta, settings: Settings) -> str:
    """A token for one assignment that a server with these settings accepts for `lasting` from now, at most a day.

    Each server process begins to count from SAMAN_NOW when it starts: the token holds from that time on.
    """
    if settings.now is not None:
        lasting += _serving_for(settings.data_dir / "run" / "server.pid")
        now += max(timedelta(), lasting - LONGEST)
    return Tokens(secret).make(user, purpose or user.purpose, now, lasting)


def _serving_for(pid_file: Path) -> timedelta:
    """For how long a server has been running here."""
    try:
        return timedelta(seconds=max(0.0, time.time() - pid_file.stat().st_mtime))
    except FileNotFoundError:
        return timedelta()
