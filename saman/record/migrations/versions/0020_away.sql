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
CREATE TEMPORARY TABLE known ON COMMIT DROP AS
    SELECT r.shard, r.type, r.id, r.person FROM resource r WHERE r.person IS NOT NULL;;
CREATE TEMPORARY TABLE led ON COMMIT DROP AS
    SELECT r.shard, r.type, r.id, r.person, split_part(split_part(m.g[1], '/_history/', 1), '/', -1) AS named
    FROM resource r CROSS JOIN LATERAL regexp_matches(r.body, '"reference":"([^"]+)"', 'g') AS m(g);;
ANALYZE known;;
ANALYZE led;;
CREATE TEMPORARY TABLE abroad ON COMMIT DROP AS
    SELECT DISTINCT l.shard, l.type, l.id FROM led l JOIN known k ON k.id = l.named
    WHERE k.person IS DISTINCT FROM l.person;;
ANALYZE abroad;;
UPDATE resource r SET away = true FROM abroad l WHERE r.shard = l.shard AND r.type = l.type AND r.id = l.id;;
UPDATE history h SET away = true FROM abroad l WHERE h.shard = l.shard AND h.type = l.type AND h.id = l.id;;
UPDATE reference f SET target_shard = k.shard FROM known k
WHERE k.type = f.target_type AND k.id = f.target AND k.person IS DISTINCT FROM f.person;;
SELECT set_config('saman.context', '', true);;

-- A version that becomes an older one keeps the mark of its resource.
CREATE FUNCTION keep_away() RETURNS trigger LANGUAGE plpgsql AS $$$$
BEGIN
    NEW.away := coalesce(
        (SELECT r.away FROM resource r WHERE r.shard = NEW.shard AND r.type = NEW.type AND r.id = NEW.id), true);
    RETURN NEW;
END $$$$;;
CREATE TRIGGER keep_away BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION keep_away();;

-- `is_withheld` of what lies anywhere. Not in SQL, which would be put into the policy, and a backup could not read it.
CREATE FUNCTION is_withheld_away(
    asking bigint, moment timestamptz, asker text, home smallint, kind smallint, name text
) RETURNS boolean LANGUAGE plpgsql STABLE AS $$$$
BEGIN
    IF home < 0 THEN
        home := (SELECT l.shard FROM locator l WHERE l.key = kind || '/' || name);
    END IF;
    RETURN is_withheld(asking, moment, asker, home, kind, name);
END $$$$;;
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
