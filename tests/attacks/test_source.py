"""What the product's own source may not hold: calls that run what was sent, read what could run, or weaken a secret."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "saman").rglob("*.py"))
SCRIPTS = sorted(
    path for path in (ROOT / "saman").rglob("*.js") if "vendor" not in path.parts and "node_modules" not in path.parts
)
TEMPLATES = sorted((ROOT / "saman").rglob("*.html"))
ALLOWED = yaml.safe_load((Path(__file__).parent / "source.yaml").read_text("utf-8"))
"""Where something is needed after all, and why."""

CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.loads", "pickle.load", "marshal.loads",
    "yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.full_load_all", "shelve.open", "jinja2.Template",
    "Template.from_string", "env.from_string", "subprocess.getoutput", "asyncio.create_subprocess_shell",
    "tarfile.open", "zipfile.ZipFile", "shutil.unpack_archive", "ctypes.CDLL", "Markup",
}  # fmt: skip
MODULES = {
    "pickle", "marshal", "shelve", "dill", "xml", "lxml", "tarfile", "zipfile", "telnetlib", "ftplib", "smtplib",
    "ldap",
    "urllib.request", "requests", "aiohttp", "httpx", "http.client", "random", "subprocess", "ctypes", "socket", "ssl",
}  # fmt: skip
WEAK = re.compile(
    r"\b(md5|sha1|des3?|rc4|ARC4|Blowfish|ECB|CBC|PKCS1v15|TripleDES|verify=False|check_hostname=False)\b"
)


HARMS = (
    "eval(", "new Function", "innerHTML", "outerHTML", "document.write", "insertAdjacentHTML", "__proto__", "jsonp",
    "postMessage", 'addEventListener("message"', 'setTimeout("', "document.cookie", "importScripts", "WebSocket",
)  # fmt: skip
USED = re.compile(r"^(import|from) (hashlib|hmac|cryptography|joserfc|webauthn)", re.MULTILINE)
INVENTORY = yaml.safe_load((ROOT / "docs/cryptography.yaml").read_text("utf-8"))


def texts() -> Iterator[tuple[str, str]]:
    """Every source with its place."""
    return ((path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in SOURCES)


def name_of(node: ast.expr) -> str:
    """`a.b.c` of a call."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{name_of(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def found(kind: str) -> Iterator[tuple[str, str]]:
    """Every call or import that needs a reason, with its file."""
    for path in SOURCES:
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if kind == "calls" and isinstance(node, ast.Call) and name_of(node.func) in CALLS:
                yield where, name_of(node.func)
            elif kind == "calls" and isinstance(node, ast.keyword) and node.arg == "shell":
                yield where, "shell="
            elif kind == "modules" and isinstance(node, ast.Import):
                yield from ((where, one.name) for one in node.names if _is_listed(one.name))
            elif kind == "modules" and isinstance(node, ast.ImportFrom) and node.module and _is_listed(node.module):
                yield where, node.module


def _is_listed(module: str) -> bool:
    return module in MODULES or module.partition(".")[0] in MODULES - {"http"} or module == "http.client"


def is_in(where: str, places: list[str]) -> bool:
    """Whether a file is one of the places, or lies below one."""
    return any(where == place or where.startswith(place) for place in places)


@pytest.mark.parametrize("kind", ["calls", "modules"])
def test_what_could_do_harm_is_only_where_it_is_needed(kind: str) -> None:
    there = sorted(set(found(kind)))
    unreasoned = [one for one in there if not is_in(one[0], ALLOWED[kind].get(one[1], {"in": []})["in"])]
    assert unreasoned == [], "give a reason in source.yaml, or do without"
    used = {(what, place) for where, what in there for place in ALLOWED[kind][what]["in"] if is_in(where, [place])}
    listed = {(what, place) for what, one in ALLOWED[kind].items() for place in one["in"]}
    assert listed - used == set(), "no longer needed"


def test_no_weak_cipher_hash_or_check_is_used() -> None:
    assert [where for where, text in texts() if WEAK.search(text)] == []


def test_every_use_of_cryptography_stands_in_the_list() -> None:
    listed = [place for one in INVENTORY["uses"] for place in one["where"]]
    uses = [where for where, text in texts() if USED.search(text)]
    assert [where for where in uses if not is_in(where, listed)] == [], "say in docs/cryptography.yaml what it is for"
    assert all(one["algorithm"] and one["key"] and one["what"] for one in INVENTORY["uses"])


def test_secrets_are_random_and_stand_in_no_source() -> None:
    for path in SOURCES:
        text = path.read_text("utf-8")
        assert not re.search(r"-----BEGIN (RSA |EC )?PRIVATE KEY-----", text), path
        assert not re.search(r"(password|secret|api_key|token)\s*=\s*[\"'][A-Za-z0-9+/=_-]{16,}[\"']", text), path


@pytest.mark.parametrize("path", SCRIPTS, ids=[path.name for path in SCRIPTS])
def test_a_script_of_ours_makes_no_page_from_text(path: Path) -> None:
    text = path.read_text("utf-8")
    for harm in HARMS:
        assert harm not in text or path.name in ALLOWED["scripts"].get(harm, {"in": []})["in"], f"{path.name}: {harm}"


@pytest.mark.parametrize("path", TEMPLATES, ids=[path.stem for path in TEMPLATES])
def test_a_template_escapes_what_it_shows(path: Path) -> None:
    text = path.read_text("utf-8")
    where = path.relative_to(ROOT).as_posix()
    assert "autoescape false" not in text
    assert text.count("|safe") + text.count("| safe") == ALLOWED["safe"].get(where, 0)


def test_no_regular_expression_repeats_what_repeats() -> None:
    nested = re.compile(r"\((?:\?:)?(?!\\[./-])[^()]*[+*]\)[+*]")  # what begins with a mark of its own can't be split
    wrong = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and name_of(node.func) in ("re.compile", "re.match", "re.search", "re.sub"):
                pattern = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
                if nested.search(str(pattern)):
                    wrong.append(f"{path.name}:{node.lineno}")
    assert wrong == []
