-- How far the search values of what was stored before have been worked out anew, by what asked for it.
CREATE TABLE indexing (
    name text PRIMARY KEY,
    shard smallint NOT NULL DEFAULT -1,
    type smallint NOT NULL DEFAULT 0,
    id text NOT NULL DEFAULT '',
    renewed bigint NOT NULL DEFAULT 0,
    finished boolean NOT NULL DEFAULT false
);;
GRANT SELECT, INSERT, UPDATE ON indexing TO $app;;
