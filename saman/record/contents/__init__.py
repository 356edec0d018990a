"""Contents of Binaries: files named by what they hold, beside the database."""

from saman.record.contents.files import Content, Contents

__all__ = ["Content", "Contents"]
