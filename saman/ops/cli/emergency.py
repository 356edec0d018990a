"""`saman emergency-log`: let people go on reading for some hours while the log takes no entries."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.telling import say
from saman.ops.ledger import emergency_of
from saman.ops.settings import Settings, load
from saman.record.audit import Unlogged
from saman.record.entrance import Entrance, entrance_entry
from saman.record.ledger.emergency import Mode, files_of, moment, read_mode, write_mode

app = App("emergency-log", help="Keep entries on another disk for some hours while the log takes none.")

Reason = Annotated[str, Parameter(help="Why, in a few words without any person's name; it stands in the log.")]
Hours = Annotated[int, Parameter(name="--hours", validator=Number(gte=1, lte=72), help="For how long at most.")]
LEAST_REASON, MOST_REASON = 5, 200


@app.command
def on(*, reason: Reason, hours: Hours = 4) -> int | Refusal:
    """Switch it on. Every professional's page says so, and it ends by itself."""
    words = " ".join(reason.split())
    if not LEAST_REASON <= len(words) <= MOST_REASON:
        text = f"Say why with --reason, in {LEAST_REASON} to {MOST_REASON} characters."
        return refused(Kind.INVALID, "value", text, "reason")
    now = time.time()
    return _switch(Mode(now, now + hours * 3600, words), f"emergency-log on for {hours} h: {words}")


@app.command
def off() -> int | Refusal:
    """Switch it off. What was kept meanwhile is taken in by the worker."""
    return _switch(None, "emergency-log off")


@app.command
def status() -> int | Refusal:
    """Say whether it is on, until when and why, and how many files wait to be taken in."""
    folder = _folder()
    if isinstance(folder, Refusal):
        return folder
    mode = read_mode(folder)
    is_on = mode is not None and time.time() < mode.until
    told = f"On until {moment(mode.until):%Y-%m-%d %H:%M} UTC: {mode.reason}" if mode and is_on else "Off"
    print(f"{told}; {len(files_of(folder))} files wait")  # noqa: T201
    return 0


def _switch(mode: Mode | None, what: str) -> int | Refusal:
    folder = _folder()
    if isinstance(folder, Refusal):
        return folder
    before = read_mode(folder)
    try:
        write_mode(folder, mode or before)
    except OSError as error:
        return refused(Kind.FORBIDDEN, "security", f"The folder cannot be written: {error.strerror}.", "emergency_log")
    told = with_record(lambda opened: _told(opened, what))
    if mode is None or isinstance(told, Refusal):
        write_mode(folder, before if mode is not None else None)
    if not isinstance(told, Refusal):
        say(f"On until {moment(mode.until):%Y-%m-%d %H:%M} UTC." if mode else "Off.")
    return told if isinstance(told, Refusal) else 0


async def _told(opened: Opened, what: str) -> int | Refusal:
    """It is an entry itself, in the log or in the emergency log."""
    try:
        await opened.record.log(entrance_entry(Entrance.ADMINISTRATION, opened.record.context, what))
    except Unlogged:
        text = "Neither the log nor the emergency log takes the entry that says so, so nothing was switched."
        return refused(Kind.UNAVAILABLE, "transient", text)
    return 0


def _folder() -> Path | Refusal:
    settings = load()
    if isinstance(settings, Refusal):
        return settings
    return _ready(settings)


def _ready(settings: Settings) -> Path | Refusal:
    folder = emergency_of(settings)
    if folder is None or not folder.is_dir():
        text = "Set SAMAN_EMERGENCY_LOG to a folder that is there, on another disk than the database."
        return refused(Kind.INVALID, "value", text, "SAMAN_EMERGENCY_LOG")
    return folder
