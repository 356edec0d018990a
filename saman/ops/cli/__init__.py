"""The command line: `saman COMMAND`. Exit status 0 done, 1 refused or failed with one clear line, 2 wrong use."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError

from saman import __version__
from saman.kernel.outcome import Refusal
from saman.ops.cli.telling import fail, one_line

COMMANDS: Final = {
    "serve": ("serve:serve", "Serve the pages and the FHIR interface."),
    "worker": ("worker:worker", "Do what is due: deadlines, reminders, messages."),
    "import": ("data:import_", "Take in FHIR bundles, NDJSON files or folders of them."),
    "export": ("data:export", "Write every resource to a folder as NDJSON."),
    "view": ("view:app", "Make tables from resources by ViewDefinitions."),
    "users": ("people:users", "List who can sign in."),
    "token": ("people:token", "Make an access token for a demo user or the system."),
    "access": ("people:access", "Say whether somebody may see a person, and on which ground."),
    "clients": ("clients:app", "Register apps and back-end clients."),
    "subscriptions": ("subscriptions:app", "See who is told of what, and what was laid aside."),
    "model": ("model:app", "Check, show, compare and apply a care model."),
    "plan": ("plan:app", "Simulate a region's services."),
    "emergency-log": ("emergency:app", "Let people read for some hours while the log takes no entries."),
    "backup": ("backup:backup", "Make a backup."),
    "restore": ("backup:restore", "Bring back a backup."),
    "parameters": ("parameters:parameters", "See the search parameters of one's own, and how far they are indexed."),
    "reindex": ("indexing:reindex", "Let what was stored before be found by what is indexed since."),
    "erase-log": ("erasing:erase_log", "Erase what the log no longer has to keep."),
    "verify": ("backup:verify", "Prove that a backup, the log or what is stored is whole."),
}
"""Each command: module and function or App in this package, loaded when it is used, and what it does."""


def app() -> App:
    """The command line with every command that this installation has."""
    made = App("saman", help="One integrated health and social care service.", version=__version__)
    for command, (target, meaning) in COMMANDS.items():
        if importlib.util.find_spec(f"{__name__}.{target.partition(':')[0]}"):
            made.command(f"{__name__}.{target}", name=command, help=meaning)
    return made


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status; a Refusal that it returns becomes one line on stderr."""
    try:
        answer = app()(
            list(words) if words is not None else None,
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except CycloptsError as error:
        fail(one_line(str(error)) + " See `saman --help`.")
        return 2
    except KeyboardInterrupt:
        fail("Stopped.")
        return 1
    if isinstance(answer, Refusal):
        fail(" ".join(issue.text for issue in answer.issues))
        return 1
    return answer if isinstance(answer, int) else 0
