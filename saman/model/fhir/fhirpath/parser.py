"""FHIRPath text to syntax tree, by precedence climbing (http://hl7.org/fhirpath/N1/#operator-precedence)."""

from __future__ import annotations

from decimal import Decimal

from saman.model.fhir.fhirpath.lexer import Token, tokens
from saman.model.fhir.fhirpath.syntax import (
    Call,
    Constant,
    Empty,
    Index,
    Literal,
    Measure,
    Member,
    Moment,
    Name,
    Node,
    Operation,
    Sign,
    SyntaxFault,
    TypeTest,
    Variable,
)

MAX_DEPTH = 100
LARGEST = 2**31  # with a minus before it, it is the smallest

_LEVELS = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "~", "!=", "!~"),
    ("<=", "<", ">", ">="),
    ("|",),
    ("is", "as"),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
_PRECEDENCE = {operator: level for level, operators in enumerate(_LEVELS, 1) for operator in operators}
_UNARY = len(_LEVELS) + 1
_ALSO_NAMES = ("as", "contains", "in", "is")
_RESERVED = {operator for operator in _PRECEDENCE if operator.isalpha()} - set(_ALSO_NAMES) | {"true", "false"}
_CALENDAR = frozenset(("year", "month", "week", "day", "hour", "minute", "second", "millisecond"))
_CALENDAR_WORDS = _CALENDAR | {f"{word}s" for word in _CALENDAR}


def parse(expression: str) -> Node:
    """The syntax tree of `expression`; SyntaxFault says what is wrong and where."""
    parser = _Parser(tokens(expression))
    try:
        tree = parser.expression(1)
    except RecursionError:
        raise SyntaxFault("The expression is nested too deeply", 0) from None
    parser.expect("end")
    _check_depth(tree)
    return tree


def _check_depth(tree: Node) -> None:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [below for node in level for below in node.children()]
        if not level:
            return
    raise SyntaxFault("The expression is nested too deeply", level[0].position)


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._depth = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next += token.kind != "end"
        return token

    def _sees(self, *symbols: str) -> bool:
        return self._token.kind == "symbol" and self._token.text in symbols

    def expect(self, kind: str, text: str = "") -> Token:
        """The next token, which has to be of this kind (and text)."""
        if self._token.kind != kind or (text and self._token.text != text):
            raise SyntaxFault(f"Expected {text or _in_words(kind)}", self._token.position)
        return self._take()

    def expression(self, lowest: int) -> Node:
        """An expression whose operators bind at least as tightly as `lowest`."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SyntaxFault("The expression is nested too deeply", self._token.position)
        left = self._unary()
        while (level := self._operator_level()) >= lowest:
            operator = self._take()
            left = self._operation(operator, left, level)
        self._depth -= 1
        return left

    def _operator_level(self) -> int:
        return _PRECEDENCE.get(self._token.text, 0) if self._token.kind in ("symbol", "name") else 0

    def _operation(self, operator: Token, left: Node, level: int) -> Node:
        if operator.text in ("is", "as"):
            namespace, name = self._type_name()
            return TypeTest(
                operator=operator.text, operand=left, namespace=namespace, name=name, position=operator.position
            )
        right = self.expression(level + 1)
        return Operation(operator=operator.text, left=left, right=right, position=operator.position)

    def _type_name(self) -> tuple[str, str]:
        name = self._identifier()
        if not self._sees("."):
            return "", name
        self._take()
        return name, self._identifier()

    def _unary(self) -> Node:
        if not self._sees("+", "-"):
            return self._postfix()
        token = self._take()
        operand = self.expression(_UNARY)
        return Sign(operator=token.text, operand=operand, position=token.position)

    def _postfix(self) -> Node:
        node = self._term()
        while self._sees(".", "["):
            token = self._take()
            if token.text == ".":
                node = Member(source=node, member=self._invocation(), position=token.position)
            else:
                node = Index(source=node, index=self.expression(1), position=token.position)
                self.expect("symbol", "]")
        return node

    def _term(self) -> Node:
        token = self._token
        if token.kind in ("text", "number", "moment"):
            return self._constant()
        if token.kind == "name" and token.text in ("true", "false"):
            self._take()
            return Literal(value=token.text == "true", position=token.position)
        if self._sees("("):
            self._take()
            inner = self.expression(1)
            self.expect("symbol", ")")
            return inner
        if self._sees("{"):
            self._take()
            self.expect("symbol", "}")
            return Empty(position=token.position)
        if self._sees("%"):
            self._take()
            return Constant(name=self._constant_name(), position=token.position)
        return self._invocation()

    def _constant_name(self) -> str:
        return self._take().text if self._token.kind == "text" else self._identifier()

    def _constant(self) -> Node:
        token = self._take()
        if token.kind == "text":
            return Literal(value=token.text, position=token.position)
        if token.kind == "moment":
            return _moment(token)
        value = Decimal(token.text) if "." in token.text else int(token.text)
        if type(value) is int and value > LARGEST:
            raise SyntaxFault("A whole number has at most 32 bits", token.position)
        return self._measure(value, token.position) or Literal(value=value, position=token.position)

    def _measure(self, value: int | Decimal, position: int) -> Node | None:
        unit = self._token
        is_calendar = unit.kind == "name" and unit.text in _CALENDAR_WORDS
        if unit.kind != "text" and not is_calendar:
            return None
        self._take()
        return Measure(value=value, unit=unit.text, is_calendar=is_calendar, position=position)

    def _invocation(self) -> Node:
        token = self._token
        if self._sees("$this", "$index", "$total"):
            self._take()
            return Variable(name=token.text[1:], position=token.position)
        name = self._identifier()
        if not self._sees("("):
            return Name(name=name, position=token.position)
        self._take()
        return Call(name=name, arguments=self._arguments(), position=token.position)

    def _arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._sees(")"):
            found.append(self.expression(1))
            if not self._sees(")"):
                self.expect("symbol", ",")
                if self._sees(")"):
                    raise SyntaxFault("Expected an expression after the comma", self._token.position)
        self._take()
        return tuple(found)

    def _identifier(self) -> str:
        token = self._token
        if token.kind == "quoted" or (token.kind == "name" and token.text not in _RESERVED):
            return self._take().text
        raise SyntaxFault("Expected a name or a value", token.position)


def _moment(token: Token) -> Moment:
    text = token.text[1:]
    if text.startswith("T"):
        return Moment(kind="Time", text=text[1:], position=token.position)
    return Moment(kind="DateTime" if "T" in text else "Date", text=text, position=token.position)


def _in_words(kind: str) -> str:
    return "nothing more here" if kind == "end" else f"a {kind}"
