"""`saman verify audit`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import psycopg
from cyclopts import Parameter
from rich.console import Console

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops import database
from saman.ops.cli.progress import Progress
from saman.ops.cli.telling import fail, say
from saman.ops.ledger import Ledger, open_ledger
from saman.ops.settings import load
from saman.record.ledger.anchors import Anchor, Unsigned, copied_anchors, former_anchors, stored_anchors
from saman.record.ledger.verify import Verdict, verify
from saman.record.ledger.witness import FileWitness

Copies = Annotated[
    tuple[Path, ...],
    Parameter(
        name="--copy",
        negative="",
        help="A witness's file, or a checkpoint as its /ledger/seen gives it. May be repeated.",
    ),
]
SHOWN = 20
"""Findings that are told one by one."""


def verify_audit(*, copy: Copies = ()) -> int | Refusal:
    """Prove that nobody has changed the log: every entry, every hash, every checkpoint and every copy of one.

    Exit status 1 and the first bad entry when anything was changed, deleted, moved, cut off or rewritten.
    """
    settings = load()
    if isinstance(settings, Refusal):
        return settings
    ledger = open_ledger(settings)
    if isinstance(ledger, Refusal):
        return ledger
    source = database.find(settings, say)
    if isinstance(source, Refusal):
        return source
    try:
        if not source.admin_url:
            text = "This needs the role that owns the tables. Give SAMAN_DATABASE_ADMIN_URL."
            return refused(Kind.FORBIDDEN, "security", text, "SAMAN_DATABASE_ADMIN_URL")
        return _told(*_verified(source.admin_url, ledger, copy))
    except OSError as error:
        return refused(Kind.INVALID, "not-found", f"A copy cannot be read: {error.strerror}: {error.filename}.")
    finally:
        source.close(say)


def _verified(url: str, ledger: Ledger, copies: Iterable[Path]) -> tuple[Verdict, list[Unsigned]]:
    key = ledger.signer.verifier.key
    files = [ledger.near_file] if ledger.near_file.exists() else []
    files += [one.file for one in ledger.witnesses if isinstance(one, FileWitness) and one.file.exists()]
    with psycopg.connect(url) as connection:
        found = list(stored_anchors(connection, key))
    for file in (*files, *copies):
        found += copied_anchors(file, key)
    found += former_anchors(ledger.near_file.parent, ledger.near_file, key)
    anchors = [one for one in found if isinstance(one, Anchor)]
    with Progress("Verifying the log") as progress:
        verdict = verify(url, anchors, ledger.journals, progress, elsewhere=ledger.emergency)
    return verdict, [one for one in found if isinstance(one, Unsigned)]


def _told(verdict: Verdict, unsigned: list[Unsigned]) -> int:
    console = Console(soft_wrap=True, highlight=False)
    counts = f"{verdict.entries} entries, {verdict.staged} waiting, {verdict.checkpoints} checkpoints"
    if verdict.erased:
        counts += f", {verdict.erased} erased"
    if verdict.elsewhere:
        counts += f", {verdict.elsewhere} in the emergency log"
    if not verdict.findings and not unsigned:
        console.print(f"Whole: {counts}", markup=False)
        return 0
    for one in verdict.findings[:SHOWN]:
        console.print(f"Entry {one.entry} (place {one.position}) {one.what}.", markup=False)
    for each in unsigned[:SHOWN]:
        console.print(f"{each.source} is not signed by this ledger.", markup=False)
    first = verdict.findings[0] if verdict.findings else None
    what = f"the first bad entry is {first.entry}, at place {first.position}: it {first.what}" if first else "see above"
    fail(f"The log was changed ({counts}): {what}.")
    return 1
