"""The demo's own data files."""

from __future__ import annotations

from importlib.resources import files

FOLDER = files("saman.ops.demo").joinpath("data")
"""Where they are packaged."""


def read(name: str) -> bytes:
    """The content of one of them."""
    return FOLDER.joinpath(name).read_bytes()


def there_is(name: str) -> bool:
    """Whether there is such a file."""
    return FOLDER.joinpath(name).is_file()
