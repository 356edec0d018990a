-- Search parameters that SearchParameter resources define. `number` stands in the index and is never given twice: what
-- means something else gets another. One is 'building' until all that was stored before has its values, and 'removing'
-- until nothing has them any more; `shard`, `type` and `id` say how far that is. `barrier` is the first transaction
-- that was not yet begun when the parameter was known.
CREATE SEQUENCE parameter_number AS smallint MINVALUE 10000;;
CREATE TABLE parameter (
    number smallint PRIMARY KEY DEFAULT nextval('parameter_number'),
    source text NOT NULL,
    definition text NOT NULL,
    state text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'ready', 'removing', 'gone')),
    barrier bigint,
    shard smallint NOT NULL DEFAULT 0,
    type smallint NOT NULL DEFAULT 0,
    id text NOT NULL DEFAULT '',
    renewed bigint NOT NULL DEFAULT 0
);;
CREATE UNIQUE INDEX parameter_source ON parameter (source) WHERE state IN ('building', 'ready');;
GRANT SELECT, INSERT, UPDATE ON parameter TO $app;;
GRANT USAGE, SELECT ON SEQUENCE parameter_number TO $app;;

-- One row: `changed` counts each change of a parameter, `written` is its count at the last change of what writes keep.
CREATE TABLE parameter_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    changed bigint NOT NULL DEFAULT 0,
    written bigint NOT NULL DEFAULT 0
);;
INSERT INTO parameter_state DEFAULT VALUES;;
GRANT SELECT, UPDATE ON parameter_state TO $app;;

-- What was written by a process that had not yet heard of the last change; the worker mends its values.
CREATE TABLE unindexed (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL,
    PRIMARY KEY (shard, type, id)
);;
GRANT SELECT, INSERT, UPDATE, DELETE ON unindexed TO $app;;

-- A transaction that writes has a number by now, and what is asked here is what is committed at this moment: whoever
-- sees the old state was begun before the new one, and is waited for by its number.
CREATE FUNCTION note_unindexed() RETURNS trigger LANGUAGE plpgsql AS $$$$
BEGIN
    IF coalesce(nullif(current_setting('saman.parameters', true), ''), '0')::bigint
            < (SELECT s.written FROM parameter_state s) THEN
        INSERT INTO unindexed VALUES (NEW.shard, NEW.type, NEW.id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$$$;;
CREATE TRIGGER note_unindexed AFTER INSERT OR UPDATE OF version ON resource
    FOR EACH ROW EXECUTE FUNCTION note_unindexed();;
