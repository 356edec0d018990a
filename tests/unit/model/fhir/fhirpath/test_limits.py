"""No expression, well made or not, gives anything but an answer or its own error, and none ruins a process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saman.model.fhir.fhirpath import (
    Context,
    EvaluationFault,
    FhirPathError,
    SyntaxFault,
    check,
    compiled,
    parse,
    select,
)
from saman.model.fhir.fhirpath.functions import FUNCTIONS
from saman.model.fhir.fhirpath.items import MAX_STEPS
from saman.model.fhir.fhirpath.lexer import MAX_LENGTH
from saman.model.fhir.fhirpath.operators import OPERATORS
from tests.unit.model.fhir.fhirpath.asking import NOW
from tests.unit.model.fhir.samples import BUNDLE, OBSERVATION, PATIENT

_LITERALS = [
    "true", "0", "1", "-1", "2147483647", "1.50", "0.0", "9999999999999999999999999999999999.5", "0.000000000000000001",
    "'a'", "''", "'å\\u00e5'", "'(a+)+$'", "'2026-05-31'", "'1'", "'base64'", "{}", "@2026", "@2026-05-31",
    "@2026-02-30",
    "@2026-05-31T14:30:00+02:00", "@0001-01-01T", "@9999-12-31T23:59:59.999Z", "@T10", "@T23:59:59.9", "4 days",
    "1 year", "2 'mg'", "3 'kg.m/s2'", "0 'nonsense'", "$this", "$index", "$total", "%resource", "%ucum", "%nothing",
]  # fmt: skip
_NAMES = ["name", "given", "family", "birthDate", "telecom", "value", "component", "entry", "resource", "Patient", "id"]
_TYPES = ["Patient", "Quantity", "System.String", "FHIR.code", "Integer", "string", "Nothing"]
_BINARY = [*sorted(OPERATORS), "|"]


def _called(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda source, name, arguments: f"({source}).{name}({', '.join(arguments)})",
        inner,
        st.sampled_from(sorted(FUNCTIONS)),
        st.lists(inner, max_size=3),
    )


_expressions = st.recursive(
    st.sampled_from(_LITERALS + _NAMES),
    lambda inner: st.one_of(
        st.builds("({}).{}".format, inner, st.sampled_from(_NAMES)),
        _called(inner),
        _called(inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(_BINARY), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["is", "as"]), st.sampled_from(_TYPES)),
        st.builds("({}).ofType({})".format, inner, st.sampled_from(_TYPES)),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("-({})".format, inner),
    ),
    max_leaves=12,
)
_resources = st.sampled_from([PATIENT, OBSERVATION, BUNDLE])


def _asked(expression: str, resource: dict) -> None:
    """Everything that can be done with an expression; FhirPathError is the only error there is."""
    start = (resource["resourceType"], resource, None)
    fault = _fault(lambda: check(parse(expression), resource["resourceType"], checks_order=True))
    assert fault is None or 0 <= fault.position <= len(expression)
    found: list = []
    fault = _fault(lambda: found.extend(compiled.__wrapped__(expression)([start], Context(resource, NOW, left=5000))))
    assert fault is None or 0 <= fault.position <= len(expression)
    assert all(len(item) == 3 and isinstance(item[0], str) for item in found)


def _fault(work: Callable[[], object]) -> FhirPathError | None:
    try:
        work()
    except FhirPathError as fault:
        return fault
    return None


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_expressions, _resources)
def test_any_expression_has_an_answer_or_an_error_of_its_own(expression: str, resource: dict) -> None:
    _asked(expression, resource)


_PIECES = [
    *_LITERALS,
    *_NAMES,
    *_BINARY,
    *sorted(FUNCTIONS),
    ".",
    "(",
    ")",
    "[",
    "]",
    ",",
    " ",
    "`",
    "'",
    "\\",
    "@",
    "%",
    "$",
]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_PIECES), max_size=20).map("".join)), _resources)
def test_any_text_has_an_answer_or_an_error_of_its_own(text: str, resource: dict) -> None:
    _asked(text, resource)


@pytest.mark.parametrize(
    "expression",
    [
        "(1).repeat($this + 1)",
        "(1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10)" + ".select(1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10)" * 7,
        "%resource.repeat(children() | %resource.descendants().select(%resource.descendants()))"
        ".select(%resource.descendants().select(%resource.descendants().select(%resource.descendants())))",
        "(1 | 2 | 3).aggregate($total.combine($total).combine($this), 1 | 2)"
        + ".select(%resource.descendants())" * 6,
        "'a'.repeat($this & $this)",
        "('a' | 'b').aggregate($total + $total + $this, 'abcdefghij')" + ".select($this + $this)" * 20,
        "'x'" + ".replace('x', 'xxxxxxxxxxxxxxxxxxxx')" * 6,
        "'<<<<<<<<<<<<<<<<<<<<'" + ".escape('html')" * 2 + ".select($this & $this & $this & $this & $this & $this)" * 8,
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'" + ".combine('a')" + ".select(%resource.descendants().select("
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.matches('(a|b?)*(c?a)*d')))" * 3,
    ],
)  # fmt: skip
def test_work_and_size_are_limited(expression: str) -> None:
    context = Context(BUNDLE)
    with pytest.raises(EvaluationFault, match=r"too much work|too long"):
        select(expression, context)
    assert context.left > -MAX_STEPS


def test_the_limit_of_work_is_that_of_the_context() -> None:
    assert len(select("descendants()", Context(BUNDLE))) > 50
    with pytest.raises(EvaluationFault, match="too much work"):
        select("descendants()", Context(BUNDLE, left=50))


@pytest.mark.parametrize(
    "expression",
    [
        "1" + "0" * 60,
        "0." + "1" * 60,
        "2147483649",
        "@2026 + 99999999999 years",
        "1 + " * 101 + "1",
        "(" * 101 + "1" + ")" * 101,
        "1" + ".abs()" * 101,
        "iif(" * 101,
        "-" * 101 + "1",
        "a" * (MAX_LENGTH + 1),
        "'\\ud800'",
    ],
)
def test_depth_length_and_numbers_are_limited(expression: str) -> None:
    with pytest.raises(SyntaxFault):
        select(expression, Context(PATIENT))


@pytest.mark.parametrize("depth", [10, 40, 95])
def test_what_is_nested_as_deep_as_it_may_is_evaluated(depth: int) -> None:
    for nested in ("iif(true, " * depth + "1" + ")" * depth, "(" * depth + "1" + ")" * depth, "1" + ".abs()" * depth):
        assert [item[1] for item in select(nested, Context(PATIENT))] == [1]


def test_deep_resources_are_told() -> None:
    nested: dict = {"url": "http://example.org/x", "valueString": "x"}
    other: dict = {"url": "http://example.org/x", "valueString": "y"}
    for _ in range(2000):
        nested, other = ({"url": "http://example.org/x", "extension": [one]} for one in (nested, other))
    resource = {"resourceType": "Patient", "extension": [nested, other]}
    assert len(select("descendants().ofType(Extension)", Context(resource))) == 4002
    with pytest.raises(EvaluationFault, match="nested too deeply"):
        select("extension[0] = extension[1]", Context(resource))
    with pytest.raises(EvaluationFault, match="nested too deeply"):
        select("extension.distinct()", Context(resource))
