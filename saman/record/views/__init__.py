"""Views after SQL on FHIR (https://sql-on-fhir.org/ig/latest/): tables of plain columns, made from resources."""

from saman.record.views.columns import Output
from saman.record.views.profiles import not_shareable, not_tabular
from saman.record.views.run import PACE, Pace, Row, only_of, run_view
from saman.record.views.view import Only, View, read_view

__all__ = [
    "PACE", "Only", "Output", "Pace", "Row", "View",
    "not_shareable", "not_tabular", "only_of", "read_view", "run_view",
]  # fmt: skip
