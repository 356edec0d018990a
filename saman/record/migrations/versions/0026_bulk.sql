-- Work on many resources that outlives a request. `barrier` is the first transaction that was not yet begun when it
-- was asked for; `held` is until when a worker may count on being alone, `attempt` counts those who have tried.
CREATE TABLE bulk (
    id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('export', 'import')),
    owner text NOT NULL,
    client text NOT NULL,
    context text NOT NULL,
    asked text NOT NULL,
    begun timestamptz NOT NULL,
    barrier bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    why text NOT NULL DEFAULT '',
    attempt integer NOT NULL DEFAULT 0,
    held timestamptz,
    place text NOT NULL DEFAULT '',
    done bigint NOT NULL DEFAULT 0,
    files text NOT NULL DEFAULT '[]',
    until timestamptz NOT NULL
);;
CREATE INDEX bulk_owner ON bulk (owner);;
CREATE INDEX bulk_waiting ON bulk (begun) WHERE state = 'waiting';;
GRANT SELECT, INSERT, UPDATE, DELETE ON bulk TO $app;;
