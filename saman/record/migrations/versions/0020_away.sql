-- `target_shard` is that of what a reference leads to when it is not about the same person: -1 where the locator knows.
-- `away` says that a resource has such references, or had in an earlier version.
ALTER TABLE reference ADD COLUMN target_shard smallint;;
ALTER TABLE resource ADD COLUMN away boolean NOT NULL DEFAULT false;;
ALTER TABLE history ADD COLUMN away boolean NOT NULL DEFAULT false;;
GRANT UPDATE (target_shard) ON reference TO $app;;
CREATE POLICY marking ON reference FOR UPDATE
    USING ((SELECT nullif(current_setting('saman.context', true), '')) IS NOT NULL);;

-- What is there already, by what its text names.
SELECT set_config('saman.context', '0', true);;
WITH own AS (SELECT DISTINCT r.shard, r.type, r.id, r.person, m.g[1] AS named FROM resource r
             CROSS JOIN LATERAL regexp_matches(r.body, '"reference":"[^"]*?([A-Za-z0-9.-]{1,64})(?:/_history/[^"]*)?"', 'g')
                 AS m(g))
UPDATE resource r SET away = true FROM own o JOIN resource t ON t.id = o.named
WHERE r.shard = o.shard AND r.type = o.type AND r.id = o.id AND t.person IS NOT NULL AND t.person IS DISTINCT FROM o.person;;
UPDATE history h SET away = true FROM resource r
WHERE r.shard = h.shard AND r.type = h.type AND r.id = h.id AND r.away;;
UPDATE reference f SET target_shard = t.shard FROM resource t
WHERE t.type = f.target_type AND t.id = f.target AND t.person IS NOT NULL AND t.person IS DISTINCT FROM f.person;;
SELECT set_config('saman.context', '', true);;

-- A version that becomes an older one keeps the mark of its resource.
CREATE FUNCTION keep_away() RETURNS trigger LANGUAGE plpgsql AS $$$$
BEGIN
    NEW.away := coalesce(
        (SELECT r.away FROM resource r WHERE r.shard = NEW.shard AND r.type = NEW.type AND r.id = NEW.id), true);
    RETURN NEW;
END $$$$;;
CREATE TRIGGER keep_away BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION keep_away();;

-- `is_withheld` of what lies anywhere.
CREATE FUNCTION is_withheld_away(
    asking bigint, moment timestamptz, asker text, home smallint, kind smallint, name text
) RETURNS boolean LANGUAGE sql STABLE AS $$$$
    SELECT is_withheld(asking, moment, asker,
        CASE WHEN home < 0 THEN (SELECT l.shard FROM locator l WHERE l.key = kind || '/' || name) ELSE home END,
        kind, name)
$$$$;;
GRANT EXECUTE ON FUNCTION is_withheld_away TO $app;;

-- Whoever sees a reference to what is somebody else's is held against what they have restricted.
DO $$$$
DECLARE
    of_policy text;
    rule text;
BEGIN
    FOREACH of_policy IN ARRAY ARRAY['fence', 'removal'] LOOP
        SELECT pg_get_expr(polqual, polrelid) INTO rule FROM pg_policy
        WHERE polrelid = 'reference'::regclass AND polname = of_policy;
        EXECUTE format($$p$$ALTER POLICY %I ON reference USING ((%s) AND (
            target_shard IS NULL OR target_type IS NULL
            OR (SELECT nullif(current_setting('saman.context', true), '')) = '0'
            OR NOT is_withheld_away((SELECT nullif(current_setting('saman.context', true), '')::bigint),
                (SELECT nullif(current_setting('saman.at', true), '')::timestamptz),
                (SELECT coalesce(current_setting('saman.actor', true), '')), target_shard, target_type, target)))$$p$$,
            of_policy, rule);
    END LOOP;
END $$$$;;

-- Marks what was just written and points to what is not about the same person, or not there: one place in each array
-- for each reference: the resource that it stands in, its person, and what it leads to. It looks past the fences.
CREATE FUNCTION mark_away(
    shards smallint[], types smallint[], ids text[], persons text[],
    target_types smallint[], targets text[], homes smallint[]
) RETURNS void LANGUAGE plpgsql AS $$$$
DECLARE
    asking text := current_setting('saman.context', true);
    one record;
    own smallint;
BEGIN
    PERFORM set_config('saman.context', '0', true);
    FOR one IN SELECT * FROM unnest(shards, types, ids, persons, target_types, targets, homes)
               AS k(shard, type, id, person, kind, target, home) LOOP
        own := coalesce((SELECT l.shard FROM locator l WHERE l.key = one.type || '/' || one.id), one.shard);
        CONTINUE WHEN EXISTS (SELECT FROM resource x WHERE x.shard = own AND x.type = one.kind AND x.id = one.target
                              AND x.person = one.person);
        UPDATE reference f SET target_shard = one.home
        WHERE f.shard = own AND f.type = one.type AND f.id = one.id
          AND f.target_type = one.kind AND f.target = one.target;
        UPDATE resource r SET away = true
        WHERE r.shard = own AND r.type = one.type AND r.id = one.id AND NOT r.away;
    END LOOP;
    PERFORM set_config('saman.context', asking, true);
END $$$$;;
GRANT EXECUTE ON FUNCTION mark_away TO $app;;
