"""Demo people, made fresh for any day: published bundles at home in Agder, hand-made people, staff and readings."""
