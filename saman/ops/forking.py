"""Makes a region's folder from another one, or from a package, and keeps what it was made from."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.caremodel import CareModel
from saman.model.care.load import load
from saman.ops.folder import read_folder
from saman.ops.packing import unpack

_WORD = re.compile(r"[a-z0-9]+")
_ID = re.compile(r"^id: .*$", re.MULTILINE)
_CANONICAL = re.compile(r"^canonical: (.*)$", re.MULTILINE)
_ANCESTORS = re.compile(r"^ancestors:\n", re.MULTILINE)
_REGION = re.compile(r"^region: .*$", re.MULTILINE)
_NAMING = re.compile(r"(?:from-[^/]+/)?(region|access)\.yaml")
"""The files of a region that say its id, as they stand now and from a day on."""


class Fork(msgspec.Struct, frozen=True):
    """A region that was made: its folder, what it was made from, and shared files that were there and stayed."""

    folder: Path
    origin: str
    kept: tuple[str, ...]


def fork(source: Path, target: Path) -> Fork | Refusal:
    """Make the region `target`, whose folder is its id, from a folder or a package; refused when it is there."""
    if len(target.name) > 40 or not all(map(_WORD.fullmatch, target.name.split("-"))):
        return refused(Kind.INVALID, "value", "A region is called in small letters, digits and hyphens.", target.name)
    if target.exists():
        return refused(Kind.CONFLICT, "duplicate", f"{target} is already there.", target.name)
    sha256 = ""
    files: Mapping[str, str]
    if source.is_dir():
        (files, unread), name = read_folder(source), source.name
        if unread:
            return Refusal(Kind.INVALID, unread)
    else:
        unpacked = unpack(source) if source.is_file() else _missing(source)
        if isinstance(unpacked, Refusal):
            return unpacked
        files, sha256 = unpacked.files, unpacked.sha256
        name = next((path.split("/")[0] for path in files if path.endswith("/region.yaml")), "")
    read = load(files, name)
    if isinstance(read, Refusal):
        return read
    return _write(files, name, target, read.model, sha256)


def _missing(source: Path) -> Refusal:
    return refused(Kind.NOT_FOUND, "not-found", f"There is no folder or package {source}.", source.name)


def _write(files: Mapping[str, str], name: str, target: Path, model: CareModel, sha256: str) -> Fork | Refusal:
    """Write the region under its new name: its folder is there whole, or not at all."""
    below = {path.removeprefix(f"{name}/"): text for path, text in files.items() if path.startswith(f"{name}/")}
    own = {path: _named(path, text, target.name, model, sha256) for path, text in below.items()}
    shared = {path: text for path, text in files.items() if not path.startswith(f"{name}/")}
    read = load(shared | {f"{target.name}/{path}": text for path, text in own.items()}, target.name)
    if isinstance(read, Refusal):
        return read
    if read.model.region.id != target.name:
        text = "Write `id:`, `canonical:` and `ancestors:` on lines of their own, so that they can be changed."
        return refused(Kind.INVALID, "structure", text, f"{name}/region.yaml")
    unfinished = target.with_name(f".{target.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        kept = tuple(path for path, text in shared.items() if not _put(target.parent / path, text))
        for path, text in own.items():
            _put(unfinished / path, text)
        unfinished.rename(target)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        return refused(Kind.UNAVAILABLE, "no-store", f"{target} cannot be written: {error.strerror}.", target.name)
    return Fork(target, f"{model.region.id} {model.region.version}", kept)


def _put(place: Path, text: str) -> bool:
    """Write a file that is not there; says whether it holds the text now."""
    if place.exists():
        return place.read_text("utf-8") == text
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f".{place.name}.part")
    try:
        unfinished.write_text(text, "utf-8")
        unfinished.rename(place)
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def _named(file: str, text: str, id: str, model: CareModel, sha256: str) -> str:
    """The text of a region's own file under the id that the region has now."""
    naming = _NAMING.fullmatch(file)
    if naming is None:
        return text
    is_access = naming[1] == "access"
    return _REGION.sub(f"region: {id}", text, count=1) if is_access else _renamed(text, id, model, sha256)


def _renamed(text: str, id: str, model: CareModel, sha256: str) -> str:
    """`region.yaml` with another id and address, and one ancestor more; all else, comments too, stays as it is."""
    region = model.region
    canonical = f"canonical: {_quoted(region.canonical.rsplit('/', 1)[0] + '/' + id)}"
    text = _ID.sub(f"id: {id}", text, count=1)
    text = _CANONICAL.sub(lambda _: canonical, text, count=1)
    proof = f", sha256: {sha256}" if sha256 else ""
    said = f"version: {_quoted(region.version)}, canonical: {_quoted(region.canonical)}"
    one = f"  - {{id: {region.id}, {said}{proof}}}\n"
    if _ANCESTORS.search(text):
        return _ANCESTORS.sub(lambda found: found[0] + one, text, count=1)
    return f"{text.rstrip()}\n\nancestors:\n{one}"


def _quoted(text: str) -> str:
    """A text as YAML has it between quotes: JSON is YAML."""
    return json.encode(text).decode()
