"""Views after SQL on FHIR (https://sql-on-fhir.org/ig/latest/): tables of plain columns, made from resources."""

from saman.record.views.columns import Output
from saman.record.views.profiles import not_shareable, not_tabular
from saman.record.views.run import PACE, Pace, Row, run_view
from saman.record.views.view import View, read_view

__all__ = ["PACE", "Output", "Pace", "Row", "View", "not_shareable", "not_tabular", "read_view", "run_view"]
