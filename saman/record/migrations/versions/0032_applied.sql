-- The versions of the care model that were applied, the newest in force. `files` are texts by path, as JSON, compressed;
-- `day` is the last day on which they changed something by themselves; `digest` is of both. `services` holds a digest of
-- each service by its id, `parties` who took part: what one needs to know of a version without reading its files.
CREATE TABLE applied_model (
    number integer PRIMARY KEY CHECK (number > 0),
    region text NOT NULL,
    folder text NOT NULL,
    version text NOT NULL,
    digest text NOT NULL,
    day date,
    files bytea NOT NULL,
    services jsonb NOT NULL,
    parties text[] NOT NULL,
    at timestamptz NOT NULL,
    author text NOT NULL,
    reason text NOT NULL,
    origin text NOT NULL CHECK (origin IN ('folder', 'rollback', 'day', 'page'))
);;
GRANT SELECT, INSERT ON applied_model TO $app;;
