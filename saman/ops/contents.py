"""The folder of this installation in which the contents of Binaries are kept."""

from __future__ import annotations

from pathlib import Path

from saman.ops.settings import Settings
from saman.record import Store
from saman.record.contents import Contents
from saman.record.contents.files import Limits


def folder_of(settings: Settings) -> Path:
    """Where they are; servers on several machines share it."""
    return settings.data_dir / "contents"


def keep_contents(store: Store, settings: Settings) -> None:
    """Let Binaries that this process writes keep what they hold in files."""
    store.contents = Contents(folder_of(settings), Limits(settings.binary_bytes, settings.attachment_bytes))
