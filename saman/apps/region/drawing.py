"""The few shapes that the region's drawings are made of. Pure: numbers and words in, SVG markup out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

LINE = 16
"""Height of a line of text in a drawing."""


def svg(name: str, width: int, height: int, title: str, about: str, parts: Iterable[Markup], left: int = 0) -> Markup:
    """A whole drawing with its name and description for readers; `name` makes its ids unique on the page.

    It begins at `left` and is `width` wide where a page does not stretch it.
    """
    head = Markup('<title id="{n}-t">{}</title><desc id="{n}-d">{}</desc>').format(title, about, n=name)
    body = head + Markup("").join(parts)
    return Markup(
        '<svg class="chart" width="{w}" viewBox="{} 0 {w} {}" role="img" aria-labelledby="{n}-t {n}-d">{}</svg>'
    ).format(left, height, body, n=name, w=width)


def text(x: float, y: float, words: str, anchor: str = "start", css: str = "") -> Markup:
    """One line of text; `y` is its baseline."""
    return Markup('<text x="{}" y="{}"{}{}>{}</text>').format(
        round(x, 1),
        round(y, 1),
        Markup(' text-anchor="{}"').format(anchor) if anchor != "start" else "",
        Markup(' class="{}"').format(css) if css else "",
        words,
    )


def block(x: float, middle: float, said: Sequence[tuple[str, str]], anchor: str = "start") -> Markup:
    """Lines of (text, style) one below the other, centred at the height `middle`."""
    first = middle - (len(said) - 1) * LINE / 2 + 5
    return Markup("").join(text(x, first + row * LINE, words, anchor, css) for row, (words, css) in enumerate(said))


def box(x: float, y: float, width: float, height: float, css: str, radius: float = 8) -> Markup:
    """A rectangle with round corners."""
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="{}"/>').format(
        css, round(x, 1), round(y, 1), round(width, 1), round(height, 1), radius
    )


def disc(x: float, y: float, radius: float, css: str) -> Markup:
    """A circle."""
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(css, round(x, 1), round(y, 1), radius)


def arrow(name: str, path: str) -> Markup:
    """A line along `path` with the head that `arrow_head` defines."""
    return Markup('<path class="arrow" d="{}" marker-end="url(#{}-head)"/>').format(path, name)


def arrow_head(name: str) -> Markup:
    """The head for a drawing's arrows."""
    return Markup(
        '<defs><marker id="{}-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0 0 8 4 0 8Z"/></marker></defs>'
    ).format(name)
