-- What a region works on together: meetings, changes of its files, ways to a new practice. Nothing in it is about a
-- citizen. A version once written stays: the application can add the next one, and nothing else.
CREATE TABLE workspace (
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
    id text NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
    version integer NOT NULL CHECK (version > 0),
    body text NOT NULL,
    is_ended boolean NOT NULL DEFAULT false,
    author text NOT NULL,
    party text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (kind, id, version)
);;
GRANT SELECT, INSERT ON workspace TO $app;;
