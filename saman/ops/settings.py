"""Every setting: its name, meaning, default, and what `production` does not accept.

A setting comes from the environment (`SAMAN_PORT=8000`) or from `saman.toml` in the working folder (`port = 8000`);
the environment wins. `docs/settings.md` is written from this file.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Meta

from saman.kernel.bounds import Bounds
from saman.kernel.outcome import Issue, Kind, Refusal

PREFIX = "SAMAN_"
DEMO_ONLY = "demo only"
LEAST_TOKEN = 20
THIS_MACHINE = "private:localhost,private:127.0.0.1"
FOR_TESTS = ("SAMAN_TEST_", "SAMAN_BENCH_")

Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=0, le=256)]
Calls = Annotated[int, Meta(ge=0, le=10_000_000)]
Size = Annotated[int, Meta(ge=1, le=1_000_000_000_000)]
Seconds = Annotated[int, Meta(ge=1, le=3600)]
Moment = Annotated[datetime, Meta(tz=True)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one process, checked."""

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[Port, Meta(description="Port to listen on; 0 takes a free one.")] = 8000
    public_url: Annotated[
        str,
        Meta(description="Address that browsers use; empty means `http://host:port`. Must be https in production."),
    ] = ""
    database_url: Annotated[
        str, Meta(description="PostgreSQL as the application's role, never its owner; empty starts the embedded one.")
    ] = ""
    database_admin_url: Annotated[
        str,
        Meta(description="PostgreSQL as the tables' owner, for migrations only; empty: they are applied elsewhere."),
    ] = ""
    data_dir: Annotated[Path, Meta(description="Folder for data, pid files (`run/`) and the embedded PostgreSQL.")] = (
        Path(".saman")
    )
    region: Annotated[Path, Meta(description="Folder with the region's care model.")] = Path("regions/no-agder")
    mode: Annotated[
        Literal["demo", "production"],
        Meta(
            description="`demo` has demo people, demo sign-in and `SAMAN_NOW`; `production` refuses insecure settings."
        ),
    ] = "demo"
    demo: Annotated[
        Literal["full", "none"], Meta(description="Demo people: `full`, or `none`. In production always `none`.")
    ] = "full"
    triage_manufacturer: Annotated[
        str,
        Meta(
            description="Manufacturer who has adopted the triage module; empty: off. Unset in demo mode: `demo only`."
        ),
    ] = ""
    eid_file: Annotated[
        str,
        Meta(
            description="TOML file with a table for each electronic identity that people sign in with; see "
            "[identity](subsystems/identity.md)."
        ),
    ] = ""
    passkeys: Annotated[
        Literal["off", "on"],
        Meta(
            description="`on`: staff with an invitation sign in with passkeys, where the country's rules let them. "
            "In production this or `SAMAN_EID_FILE` is needed."
        ),
    ] = "off"
    workers: Annotated[Count, Meta(description="Server processes; 0 means one for each processor, at most eight.")] = 0
    metrics_token: Annotated[
        str,
        Meta(
            description="Bearer token that `/metrics` asks for, 20 characters or more; empty: only from the machine "
            "itself, and only in demo mode."
        ),
    ] = ""
    tracing: Annotated[
        Literal["off", "on"],
        Meta(description="`on`: a span for each request through OpenTelemetry's API, for an SDK that you add."),
    ] = "off"
    ledger_name: Annotated[
        str,
        Meta(description="Name of the ledger in its checkpoints; empty: the host of the public address. Never reused."),
    ] = ""
    ledger_key: Annotated[
        str,
        Meta(description="File with the ledger's signing key, made when missing; empty: `ledger/key` below the data."),
    ] = ""
    ledger_witnesses: Annotated[
        str,
        Meta(
            description="Who keeps checkpoints elsewhere, with commas between: `file:/path`, or `https://other/ledger` "
            "and a space and its key."
        ),
    ] = ""
    ledger_neighbours: Annotated[
        str, Meta(description="Keys of the ledgers that this one is a witness for, with commas between.")
    ] = ""
    emergency_log: Annotated[
        str,
        Meta(
            description="Folder on another disk than the database, where entries of the log are kept while the log "
            "takes none and `saman emergency-log on` has been said; empty: there is no emergency mode."
        ),
    ] = ""
    validation: Annotated[
        Literal["structure", "base", "profiles"],
        Meta(
            description="How far resources are checked when they are written: `structure`, `base` (and the rules of "
            "R4), or `profiles` (and those that they claim in `meta.profile`); see "
            "[validation](subsystems/validation.md)."
        ),
    ] = "base"
    unknown_extensions: Annotated[
        Literal["accept", "modifiers", "refuse"],
        Meta(
            description="What becomes of extensions whose definition is not loaded, where `SAMAN_VALIDATION` is "
            "`profiles`: `accept` takes them, `modifiers` refuses those that change the meaning of what they stand in, "
            "`refuse` refuses all."
        ),
    ] = "accept"
    packages: Annotated[
        str,
        Meta(
            description="Folder with FHIR packages (`.tgz`) whose profiles, extensions and value sets are known; "
            "empty: `packages` in the region's folder."
        ),
    ] = ""
    fhir_calls: Annotated[
        Calls,
        Meta(
            description="Calls of `/fhir` that one user of one client may make a minute at each server process before "
            "429; the back-end client ten times as many; 0: no limit."
        ),
    ] = 12000
    binary_bytes: Annotated[
        Size,
        Meta(description="Most bytes that a Binary may hold; see [Binary](subsystems/binary.md)."),
    ] = 20971520
    attachment_bytes: Annotated[
        Size,
        Meta(description="Most bytes of an attachment's `data`; what is larger is stored as a Binary."),
    ] = 1048576
    body_bytes: Annotated[
        Annotated[int, Meta(ge=65536, le=268435456)],
        Meta(description="Most bytes of a request to `/fhir`; Binary has a limit of its own."),
    ] = 16777216
    nesting: Annotated[
        Annotated[int, Meta(ge=16, le=64)],
        Meta(description="How many levels deep the elements of a resource may be nested."),
    ] = 64
    bundle_entries: Annotated[
        Annotated[int, Meta(ge=1, le=100_000)],
        Meta(description="Most entries of a Bundle that is carried out or stored."),
    ] = 5000
    page_entries: Annotated[
        Annotated[int, Meta(ge=100, le=10_000)],
        Meta(description="Most matches on a page of a search, a history or `$everything`, whatever `_count` says."),
    ] = 1000
    pattern_characters: Annotated[
        Annotated[int, Meta(ge=1, le=10_000)],
        Meta(description="Longest regular expression in FHIRPath, terminology and views. They cannot run away: RE2."),
    ] = 1000
    subscription_hosts: Annotated[
        str,
        Meta(
            description="Hosts that notifications of subscriptions may go to, with commas between, each with a port or "
            "for all ports; `*`: every public one; `private:` before a host: it may be inside the network; empty: "
            "none. Addresses are https, in demo mode also http. Unset in demo mode: this machine."
        ),
    ] = ""
    search_seconds: Annotated[
        Seconds,
        Meta(description="Seconds that the database may take for each step of a search before the search is refused."),
    ] = 10
    search_parameters: Annotated[
        Count,
        Meta(description="How many search parameters of one's own may be active; each makes writes a little slower."),
    ] = 50
    statement_seconds: Annotated[
        Seconds,
        Meta(
            description="Seconds that the database may take for any statement of a request before the request is "
            "refused and undone."
        ),
    ] = 60
    lock_seconds: Annotated[
        Seconds,
        Meta(
            description="Seconds that a statement of a request may wait for what others are changing, before the "
            "request is refused and undone."
        ),
    ] = 15
    now: Annotated[
        Moment | None, Meta(description="Where the clock starts, as `2026-11-20T14:40:00Z`. Demo mode only.")
    ] = None

    @property
    def processes(self) -> int:
        """How many server processes to run."""
        return self.workers or min(os.cpu_count() or 2, 8)

    @property
    def demo_mode(self) -> bool:
        """Whether demo sign-in, demo data and a shifted clock may exist."""
        return self.mode == "demo"

    @property
    def bounds(self) -> Bounds:
        """How large, deep and long what is sent may be."""
        return Bounds(
            body=self.body_bytes,
            nesting=self.nesting,
            entries=self.bundle_entries,
            page=self.page_entries,
            pattern=self.pattern_characters,
        )

    @property
    def address(self) -> str:
        """Where browsers reach Saman."""
        host = "localhost" if self.host in ("0.0.0.0", "127.0.0.1", "::") else self.host  # noqa: S104
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")


def load(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings | Refusal:
    """The settings of `environment` (default: this process's) and of `saman.toml` in `folder` (default: here).

    Every wrong or insecure setting is named in the refusal, with its mend.
    """
    given = os.environ if environment is None else environment
    wanted, issues = _from_file((folder or Path()) / "saman.toml")
    wanted |= {field: given[key] for field in Settings.__struct_fields__ if (key := name(field)) in given}
    issues += _misspelt(given)
    values: dict[str, Any] = {}
    hints = get_type_hints(Settings, include_extras=True)
    for field, value in wanted.items():
        converted = _convert(field, value, hints[field])
        if isinstance(converted, Issue):
            issues.append(converted)
        else:
            values[field] = converted
    if issues:
        return Refusal(Kind.INVALID, tuple(issues))
    settings = Settings(**(_defaults(values) | values))
    insecure = tuple(_insecure(settings))
    return Refusal(Kind.INVALID, insecure) if insecure else settings


def name(field: str) -> str:
    """The environment's name of a setting."""
    return PREFIX + field.upper()


def _from_file(path: Path) -> tuple[dict[str, Any], list[Issue]]:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}, []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [Issue("structure", f"{path.name} is not well-formed TOML: {error}", path.name)]
    unknown = [key for key in found if key not in Settings.__struct_fields__]
    known = {key: value for key, value in found.items() if key not in unknown}
    return known, [Issue("value", f"{path.name} has no setting {key}.{_meant(key)}", key) for key in unknown]


def _meant(key: str) -> str:
    close = difflib.get_close_matches(key, Settings.__struct_fields__, n=1)
    return f" Is {close[0]} meant?" if close else " See docs/settings.md."


def _misspelt(environment: Mapping[str, str]) -> list[Issue]:
    known = [name(field) for field in Settings.__struct_fields__]
    issues = []
    for key in environment:
        if key.startswith(PREFIX) and key not in known and not key.startswith(FOR_TESTS):
            close = difflib.get_close_matches(key, known, n=1, cutoff=0.8)
            issues += [Issue("value", f"{key} is not a setting; is {close[0]} meant?", key)] if close else []
    return issues


def _convert(field: str, value: Any, kind: Any) -> Any:
    if field == "now" and value == "":
        return None
    try:
        return Path(value) if (get_args(kind) or (kind,))[0] is Path else msgspec.convert(value, kind, strict=False)
    except (msgspec.ValidationError, TypeError) as error:
        return Issue("value", f"{name(field)} cannot be {value!r}: {str(error).rstrip('.')}.", name(field))


def _defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    demo = values.get("mode", "demo") == "demo"
    return {"demo": "full" if demo else "none", "triage_manufacturer": DEMO_ONLY if demo else ""} | (
        {"subscription_hosts": THIS_MACHINE} if demo else {}
    )


def _insecure(settings: Settings) -> list[Issue]:
    if settings.demo_mode:
        return []
    checks: tuple[tuple[str, bool, str], ...] = (
        ("public_url", urlsplit(settings.public_url).scheme == "https", "must be an https address in production"),
        ("demo", settings.demo == "none", "must be none in production: demo people have no place among real ones"),
        ("now", settings.now is None, "must be empty in production: the clock must be right"),
        (
            "metrics_token",
            not settings.metrics_token or len(settings.metrics_token) >= LEAST_TOKEN,
            f"must have {LEAST_TOKEN} characters or more, or be empty",
        ),
        (
            "triage_manufacturer",
            settings.triage_manufacturer != DEMO_ONLY,
            "must name a legal manufacturer, or be empty",
        ),
        ("database_url", _guarded(settings.database_url), "must say sslmode=verify-full when the server is elsewhere"),
        (
            "database_admin_url",
            _guarded(settings.database_admin_url),
            "must say sslmode=verify-full when the server is elsewhere",
        ),
        ("database_admin_url", _differ(settings), "must be another role than in SAMAN_DATABASE_URL"),
    )
    return [Issue("security", f"{name(field)} {mend}.", name(field)) for field, good, mend in checks if not good]


def _guarded(url: str) -> bool:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", [""])[0]
    local = host in ("", "localhost", "127.0.0.1", "::1") or host.startswith("/")
    return local or query.get("sslmode", [""])[0] in ("verify-full", "verify-ca")


def _differ(settings: Settings) -> bool:
    app, admin = urlsplit(settings.database_url).username, urlsplit(settings.database_admin_url).username
    return admin is None or admin != app


def page() -> str:
    """`docs/settings.md` as text."""
    lines = [
        "# Settings",
        "",
        "Set them in the environment (`SAMAN_PORT=8080`) or in `saman.toml` in the working folder (`port = 8080`).",
        "The environment wins. `production` refuses to start with an insecure setting and names it.",
        "",
        "| Setting | Default | Meaning |",
        "|---|---|---|",
    ]
    hints = get_type_hints(Settings, include_extras=True)
    defaults = dict(zip(Settings.__struct_fields__, Settings.__struct_defaults__, strict=True))
    lines += [f"| `{name(field)}` | {_shown(defaults[field])} | {_meaning(hints[field])} |" for field in hints]
    return "\n".join([*lines, "", "This page is written from `saman/ops/settings.py` by `make docs`.", ""])


def _meaning(kind: Any) -> str:
    texts: list[str] = [meta.description for meta in kind.__metadata__ if isinstance(meta, Meta) and meta.description]
    return " ".join(texts)


def _shown(value: object) -> str:
    return "empty" if value in ("", None) else f"`{value}`"
