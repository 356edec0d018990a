"""Demo people, made fresh for any day: published bundles at home in Agder, hand-made people, staff and readings."""

from saman.ops.demo.whole import demo_bundles

JOURNEY = (
    "ingrid-aasen",
    "kari-aasen",
    "jan-aas",
    "samir-al-khatib-for-yasmin-al-khatib",
    "silje-haugen",
    "eli-strand",
    "per-nilsen",
    "marte-olsen",
)
"""Ids of those whom a newcomer follows through the journey, somebody with a mandate and a guardian; the demo offers
them first in their roles."""

__all__ = ["JOURNEY", "demo_bundles"]
