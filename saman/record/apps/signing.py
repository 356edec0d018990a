"""The key that signs identity tokens: made once for an installation, kept in its database."""

from __future__ import annotations

import asyncio
from datetime import datetime

from joserfc.jwk import RSAKey

from saman.kernel import json
from saman.record.database import Pool

BITS = 2048
_FIND = "SELECT key FROM signing_key ORDER BY made DESC, id LIMIT 1"
_KEEP = "INSERT INTO signing_key (id, key, made) VALUES ('1', $1, $2) ON CONFLICT DO NOTHING"


async def signing_key(pool: Pool, now: datetime) -> RSAKey:
    """The installation's key for RS256; of several processes that make the first one, one keeps it."""
    kept: str | None = await pool.fetchval(_FIND)
    if kept is None:
        made = await asyncio.to_thread(RSAKey.generate_key, BITS, {"alg": "RS256", "use": "sig"}, True, True)
        await pool.execute(_KEEP, json.encode(made.as_dict(private=True)).decode(), now)
        kept = await pool.fetchval(_FIND)
    assert kept is not None
    return RSAKey.import_key(json.decode_kept(kept))
