"""Who may see what and why: policy rows as data, and an evaluator that explains itself."""

from saman.model.access.assignment import Assignment, Holder, Purpose
from saman.model.access.decision import Decision, Question, Verdict, decide
from saman.model.access.domain import DOMAIN_OF_TYPE, PERSONAL, Domain, domain_of
from saman.model.access.grant import Grant, grants
from saman.model.access.policy import Policy, digest
from saman.model.access.read import add_region, read_country
from saman.model.access.relation import RELATION_TYPES, Relation, RelationKind, relations
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
    "Policy",
    "Purpose",
    "Question",
    "Relation",
    "RelationKind",
    "Verdict",
    "Words",
    "add_region",
    "decide",
    "digest",
    "domain_of",
    "grants",
    "ground_words",
    "may_write",
    "read_country",
    "relations",
    "unmet",
]
