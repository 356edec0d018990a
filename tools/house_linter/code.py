"""Rules about Python code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.house_linter.finding import Finding, Source

PURE = ("saman/kernel", "saman/model")
NUMBERS = ("saman/kernel", "saman/model", "saman/record", "saman/flows", "saman/apps/fhir_api")
SPEAKS_SQL = ("saman/record", "saman/ops/postgres", "tests", "tools")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
VAGUE = re.compile(r"(?:.*_)?(?:managers?|helpers?|utils?)|services?")

IMPURE_MODULES = {
    "asyncio", "asyncpg", "http", "httpx", "logging", "multiprocessing", "os", "psycopg", "requests", "secrets",
    "shutil", "socket", "sqlalchemy", "starlette", "structlog", "subprocess", "tempfile", "threading", "time",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "eval", "exec"}
CLOCKS = {"now", "utcnow", "today"}
CHANCE = {"uuid1", "uuid4", "random", "choice", "shuffle", "randint", "token_hex", "token_urlsafe"}
WRITES = {"write_text", "write_bytes", "mkdir", "unlink", "rmdir", "touch", "rename"}

SQL = re.compile(
    r"\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bDELETE FROM\b|\bUPDATE \w+ SET\b"
    r"|\b(CREATE|ALTER|DROP) (TABLE|INDEX|FUNCTION|ROLE)\b"
    r"|^\s*(select|insert|update|delete|with)\b.*\$1",
    re.S,
)


def pure(source: Source) -> Iterator[Finding]:
    """Core is pure: no I/O, no clock, no chance."""
    if not (source.is_python and source.within(*PURE)):
        return
    for node in source.nodes:
        for module in _imported(node):
            if module.split(".")[0] in IMPURE_MODULES:
                yield source.found(_line(node), "pure", f"kernel and model don't import {module}")
        if isinstance(node, ast.Call) and (called := _name(node.func)):
            if called in IMPURE_CALLS and isinstance(node.func, ast.Name):
                yield source.found(node.lineno, "pure", f"kernel and model don't call {called}()")
            elif called in WRITES and isinstance(node.func, ast.Attribute):
                yield source.found(node.lineno, "pure", f"kernel and model don't call .{called}()")
            elif called in CLOCKS and _asks(node.func, {"datetime", "date", "time"}):
                yield source.found(node.lineno, "pure", "take `now` as an argument instead of asking the clock")
            elif called in CHANCE and _asks(node.func, {"random", "uuid", "secrets"}):
                yield source.found(node.lineno, "pure", "take `rng` or `new_id` as an argument instead of using chance")


def numbers(source: Source) -> Iterator[Finding]:
    """Numbers keep their digits: no json, orjson, float() or untyped decoding where they pass."""
    if not (source.is_python and source.within(*NUMBERS)) or source.path == "saman/kernel/json.py":
        return
    for node in source.nodes:
        for module in _imported(node):
            if module in ("json", "orjson"):
                yield source.found(_line(node), "numbers", f"{module} loses digits here; use saman.kernel.json")
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "float":
                yield source.found(node.lineno, "numbers", "float() loses digits; keep the Decimal")
            if ast.unparse(node.func) in ("msgspec.json.decode", "msgspec.json.Decoder") and not _typed(node):
                yield source.found(
                    node.lineno, "numbers", "untyped decoding loses digits; use saman.kernel.json.decode"
                )


def sql(source: Source) -> Iterator[Finding]:
    """Only the record speaks SQL."""
    if not (source.is_python and source.within("saman")) or source.within(*SPEAKS_SQL):
        return
    described = {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    for node in source.nodes:
        said = node.value if isinstance(node, ast.Constant) and id(node) not in described else None
        if isinstance(said, str) and SQL.search(said):
            yield source.found(_line(node), "sql", "only saman/record speaks SQL")


def size(source: Source) -> Iterator[Finding]:
    """Files of at most 400 lines, functions of at most 60."""
    if not (source.is_python and source.within("saman", "tools")) or source.generated:
        return
    if len(source.lines) > LONGEST_FILE:
        yield source.found(1, "size", f"{len(source.lines)} lines; a file has at most {LONGEST_FILE}")
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                text = f"{node.name} has {lines} lines; a function has at most {LONGEST_FUNCTION}"
                yield source.found(node.lineno, "size", text)


def names(source: Source) -> Iterator[Finding]:
    """Modules are named with the field's words."""
    if source.is_python and source.within("saman") and not source.within("saman/kernel"):
        for name in (source.pure_path.stem, source.pure_path.parent.name):
            if VAGUE.fullmatch(name):
                yield source.found(1, "names", f"{name} says nothing; name it with a word of the field")


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and node.level == 0 else []


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _asks(function: ast.expr, owners: set[str]) -> bool:
    if isinstance(function, ast.Attribute):
        return ast.unparse(function.value).split(".")[-1] in owners
    return isinstance(function, ast.Name) and function.id in ("uuid1", "uuid4", "token_hex", "token_urlsafe")


def _typed(call: ast.Call) -> bool:
    given = 1 if ast.unparse(call.func).endswith("Decoder") else 2
    return len(call.args) >= given or any(keyword.arg == "type" for keyword in call.keywords)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 1)


RULES = (pure, numbers, sql, size, names)
