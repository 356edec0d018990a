"""Styles, fonts and scripts under addresses that carry a hash of their content, compressed once and kept in memory."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import brotli  # type: ignore[import-untyped]
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STATIC: Final = Path(__file__).parent / "static"
PREFIX: Final = "/static/"
FOREVER: Final = "public, max-age=31536000, immutable"
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
STYLES: Final = "saman.css"
_CSS_ADDRESS: Final = re.compile(r'url\("(\.\./[^"]+)"\)')


class Asset(msgspec.Struct, frozen=True):
    """One file as it goes over the wire: `body` plain, `packed` by content coding (`br`, `gzip`)."""

    name: str
    media_type: str
    body: bytes
    packed: dict[str, bytes]

    @property
    def address(self) -> str:
        """Where browsers fetch it; a new content is a new address."""
        path = Path(self.name)
        digest = hashlib.sha256(self.body).hexdigest()[:12]
        return f"{PREFIX}{path.stem}.{digest}{path.suffix}"


class Assets:
    """Every asset, by name (`saman.css`, `report.js`) and by address."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self._addresses = {name: asset.address for name, asset in assets.items()}
        self._by_address = {asset.address: asset for asset in assets.values()}

    def address(self, name: str) -> str:
        """The hashed address of `name`; KeyError names an asset that does not exist (a bug in a template)."""
        return self._addresses[name]

    def addresses(self) -> Mapping[str, str]:
        """All names with their addresses."""
        return self._addresses

    def at(self, address: str) -> Asset | None:
        """The asset behind an address, or None."""
        return self._by_address.get(address)


def load(folder: Path = STATIC) -> Assets:
    """Reads fonts, scripts and style sheet from `folder`; the sheet's parts are joined in the order of their names."""
    fonts = [_asset(path.name, path.read_bytes()) for path in sorted(folder.glob("fonts/*.woff2"))]
    scripts = [
        _asset(path.name, path.read_bytes()) for path in sorted([*folder.glob("js/*.js"), *folder.glob("vendor/*.js")])
    ]
    pictures = [_asset(path.name, path.read_bytes()) for path in sorted(folder.glob("*.svg"))]
    known = {asset.name: asset for asset in (*fonts, *scripts, *pictures)}
    return Assets(known | {STYLES: _asset(STYLES, _style_sheet(folder, known))})


def _style_sheet(folder: Path, known: Mapping[str, Asset]) -> bytes:
    parts = [folder / "vendor" / "designsystemet.css", *sorted(folder.glob("css/*.css"))]
    text = "\n".join(part.read_text(encoding="utf-8") for part in parts)
    return _CSS_ADDRESS.sub(lambda found: f'url("{known[Path(found[1]).name].address}")', text).encode()


def _asset(name: str, body: bytes) -> Asset:
    suffix = Path(name).suffix
    packed = {} if suffix == ".woff2" else {coding: pack(body, coding) for coding in ("br", "gzip")}
    return Asset(name, MEDIA_TYPES[suffix], body, packed)


def pack(body: bytes, coding: str, quality: int = 11) -> bytes:
    """`body` in a content coding; `quality` from 1 (fast) to 11 (small)."""
    if coding == "br":
        packed: bytes = brotli.compress(body, quality=quality)
        return packed
    return gzip.compress(body, min(quality, 9), mtime=0)


def coding_for(accept_encoding: str) -> str:
    """The best content coding a client takes: `br`, `gzip` or none (empty)."""
    parts = [part.replace(" ", "").partition(";q=") for part in accept_encoding.lower().split(",")]
    taken = {coding for coding, _, quality in parts if quality.strip("0.") or not quality}
    return next((coding for coding in ("br", "gzip") if coding in taken), "")


def static_route(assets: Assets) -> Route:
    """`/static/…`: long cache for what exists, 404 for anything else."""

    async def serve(request: Request) -> Response:
        asset = assets.at(request.url.path)
        if asset is None:
            return Response(status_code=404)
        coding = coding_for(request.headers.get("accept-encoding", ""))
        headers = {"cache-control": FOREVER, "vary": "accept-encoding", "content-type": asset.media_type}
        if coding in asset.packed:
            headers["content-encoding"] = coding
        return Response(asset.packed.get(coding, asset.body), headers=headers)

    return Route(f"{PREFIX}{{name}}", serve, name="static")
