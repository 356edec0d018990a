"""Demo people, made fresh for any day: published bundles at home in Agder, hand-made people, staff and readings."""

from saman.ops.demo.whole import demo_bundles

__all__ = ["demo_bundles"]
