"""The icons: one symbol each in `icons.svg`, drawn on 24 by 24, stroked in the colour of the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

_SYMBOL: Final = re.compile(r'<symbol id="i-([a-z]+)".*?</symbol>')
SYMBOLS: Final = {
    found[1]: Markup(found[0])  # noqa: S704 - our own file
    for found in _SYMBOL.finditer((Path(__file__).parent / "icons.svg").read_text(encoding="utf-8"))
}


@lru_cache(maxsize=1024)
def use(name: str, label: str = "") -> Markup:
    """A reference to an icon; with a label it is an image with that name, without one it is hidden from readers."""
    if name not in SYMBOLS:
        raise KeyError(name)
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="i" {}><use href="#i-{}"/></svg>').format(said, name)


def sprite(used: Iterable[str]) -> Markup:
    """The symbols of the icons used, for the end of the page."""
    return _sprite(frozenset(used))


@lru_cache(maxsize=256)
def _sprite(used: frozenset[str]) -> Markup:
    symbols = Markup("").join(SYMBOLS[name] for name in sorted(used))
    return Markup('<svg class="sprite" width="0" height="0" aria-hidden="true">{}</svg>').format(symbols)
