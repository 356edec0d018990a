"""Who may see what and why: policy rows as data, and an evaluator that explains itself."""

from saman.model.access.assignment import Assignment, Holder, Purpose
from saman.model.access.decision import Decision, Question, Verdict, decide
from saman.model.access.domain import DOMAIN_OF_TYPE, PERSONAL, Domain, domain_of
from saman.model.access.grant import Grant, grants
from saman.model.access.policy import Policy, digest
from saman.model.access.read import add_region, read_country
from saman.model.access.relation import RELATION_TYPES, Relation, RelationKind, relations
from saman.model.access.restriction import Restriction, restrictions
from saman.model.access.sensitivity import holder_of, is_lowered, labels_of, sensitivity_of
from saman.model.access.withheld import Item, Withheld, is_withheld, withheld
from saman.model.access.words import GROUND_KINDS, Words, ground_words
from saman.model.access.writing import may_write, unmet

__all__ = [
    "DOMAIN_OF_TYPE",
    "GROUND_KINDS",
    "PERSONAL",
    "RELATION_TYPES",
    "Assignment",
    "Decision",
    "Domain",
    "Grant",
    "Holder",
    "Item",
    "Policy",
    "Purpose",
    "Question",
    "Relation",
    "RelationKind",
    "Restriction",
    "Verdict",
    "Withheld",
    "Words",
    "add_region",
    "decide",
    "digest",
    "domain_of",
    "grants",
    "ground_words",
    "holder_of",
    "is_lowered",
    "is_withheld",
    "labels_of",
    "may_write",
    "read_country",
    "relations",
    "restrictions",
    "sensitivity_of",
    "unmet",
    "withheld",
]
