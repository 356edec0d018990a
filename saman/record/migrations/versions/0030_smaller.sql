-- What is looked for among those of one person stands in the index once: a code that has several systems, texts or
-- places in its resource is found by the first of its rows. So nothing is found twice, and the index needs no id.
ALTER TABLE token NO FORCE ROW LEVEL SECURITY;;
UPDATE token t SET sought = false WHERE t.sought AND EXISTS (
    SELECT FROM token o
    WHERE o.shard = t.shard AND o.type = t.type AND o.id = t.id AND o.param = t.param AND o.code = t.code
      AND (o.part, o.system_key, o.folded) < (t.part, t.system_key, t.folded));;
ALTER TABLE token FORCE ROW LEVEL SECURITY;;

DROP INDEX token_person, resource_person;;
CREATE INDEX token_person ON token (person_key, type, param, code_key, at) WHERE sought;;
CREATE INDEX resource_person ON resource (shard, type, person, at) WHERE NOT deleted AND person IS NOT NULL;;

-- In the indexes of the log a person is a number, too; the entry itself says who it is, and decides. That is asked in a
-- way that PostgreSQL does not reckon with: it would expect next to nothing of both, and sort all there is of somebody.
DROP INDEX audit_person, audit_looks, audit_machines;;
CREATE INDEX audit_person ON audit (hashtextextended(person, 0), entry) WHERE person IS NOT NULL;;
CREATE INDEX audit_looks ON audit (hashtextextended(person, 0), at) WHERE person IS NOT NULL AND actor <> 'system';;
CREATE INDEX audit_machines ON audit (hashtextextended(person, 0), at) WHERE person IS NOT NULL AND actor = 'system';;
DO $$$$
DECLARE
    door record;
    body text;
BEGIN
    FOR door IN SELECT p.oid, k.mine, k.given FROM pg_proc p JOIN (VALUES
            ('audit_about', 'a.person', 'asked'), ('looks_at', 'a.person', 'asked'), ('rest_at', 'a.person', 'asked'),
            ('audit_found', 'a.person', 'p.one'), ('audit_written', 'b.person', 'k.p')
        ) AS k(name, mine, given) ON p.proname = k.name WHERE p.pronamespace = 'public'::regnamespace
    LOOP
        body := replace(pg_get_functiondef(door.oid), format('%s = %s', door.mine, door.given),
            format('hashtextextended(%1$$s, 0) = hashtextextended(%2$$s, 0)'
                || ' AND CASE WHEN %1$$s = %2$$s THEN true ELSE false END', door.mine, door.given));
        ASSERT body <> pg_get_functiondef(door.oid), 'A door to the log does not ask about a person.';
        EXECUTE body;
    END LOOP;
END $$$$;;

-- The one clinical time of a resource stands in its row: it begins `at` and ends `until`. Where `until` is missing there is
-- none, or rows of `date` say it: several, one without a beginning, and all that was stored before until it is written
-- again.
ALTER TABLE resource ADD COLUMN until timestamptz;;

DROP FUNCTION put;;

-- Writes new versions, their search values, the events and the audit entries: one call, one transaction, one round trip.
-- Arrays run in parallel; *_of holds the 1-based place of the resource that a search value belongs to.
-- expected: 0 must not exist yet, n > 0 must be at that version, -1 whatever is there. Nothing is written when any
-- row has a problem: 'exists', 'missing', 'conflict' (with the version that is there) or 'person'. Who asked, in which
-- request and on which ground stand beside each resource, since the writes of several requests may come together. Who
-- holds a resource is settled by its first version.
CREATE FUNCTION put(
    now_at timestamptz, role text, party text, purpose text, requests text[], actors text[], grounds text[],
    shards smallint[], types smallint[], ids text[], expected bigint[], chosen boolean[], removed boolean[],
    persons text[], domains smallint[], ats timestamptz[], untils timestamptz[], metas text[],
    bodies text[], sensitivities text[], holders text[],
    token_of integer[], token_param smallint[], token_system bigint[], token_key integer[], token_code text[],
    token_folded text[], token_part smallint[], token_sought boolean[],
    string_of integer[], string_param smallint[], string_folded text[], string_exact text[],
    date_of integer[], date_param smallint[], date_low timestamptz[], date_high timestamptz[],
    reference_of integer[], reference_param smallint[], reference_type smallint[], reference_key integer[],
    reference_target text[], reference_part smallint[],
    quantity_of integer[], quantity_param smallint[], quantity_key bigint[], quantity_low float8[],
    quantity_high float8[], quantity_value text[], quantity_top text[], quantity_unit text[], quantity_label text[],
    quantity_part smallint[]
) RETURNS TABLE (place integer, version bigint, updated timestamptz, problem text)
LANGUAGE plpgsql AS $$$$
DECLARE
    n integer := cardinality(ids);
    versions bigint[] := array_fill(1::bigint, ARRAY[n]);
    moments timestamptz[] := array_fill(now_at, ARRAY[n]);
    problems text[] := array_fill(''::text, ARRAY[n]);
    there record;
    fresh boolean := (0 = ALL (expected)) AND NOT (true = ANY (chosen));
    missing integer[];
    taken integer[];
    i integer;
BEGIN
    IF NOT fresh THEN
        SELECT array_agg(coalesce(
                CASE WHEN c THEN (SELECT l.shard FROM locator l WHERE l.key = t || '/' || d) END, s) ORDER BY o)
            INTO shards FROM unnest(shards, types, ids, chosen) WITH ORDINALITY AS k(s, t, d, c, o);
        -- Held in the order of their names, so that no two that write the same wait for each other.
        FOR there IN
            SELECT k.o, r.* FROM (
                SELECT * FROM unnest(shards, types, ids) WITH ORDINALITY AS n(s, t, d, o) ORDER BY t, d OFFSET 0
            ) AS k CROSS JOIN LATERAL (
                SELECT x.version, x.deleted, x.person, x.updated FROM resource x
                WHERE x.shard = k.s AND x.type = k.t AND x.id = k.d FOR UPDATE
            ) AS r
        LOOP
            i := there.o;
            versions[i] := there.version + 1;
            -- Clients that wait for each other may have clocks that do not: a later version is never older.
            moments[i] := greatest(now_at, there.updated + interval '1 millisecond');
            IF expected[i] = 0 AND NOT there.deleted THEN
                problems[i] := 'exists';
            ELSIF expected[i] > 0 AND expected[i] <> there.version THEN
                problems[i] := 'conflict'; versions[i] := there.version;
            ELSIF there.person IS DISTINCT FROM persons[i] AND NOT removed[i] THEN
                problems[i] := 'person';
            END IF;
        END LOOP;
        WITH absent AS MATERIALIZED (
            SELECT o, t || '/' || d AS name, s, e > 0 OR x AS unknown, c,
                   row_number() OVER (PARTITION BY t, d ORDER BY o) > 1 AS again
            FROM unnest(shards, types, ids, versions, problems, expected, removed, chosen) WITH ORDINALITY
                AS k(s, t, d, v, w, e, x, c, o)
            WHERE v = 1 AND w = ''
        ), placed AS (
            INSERT INTO locator SELECT name, s FROM absent WHERE c AND NOT unknown ORDER BY name
            ON CONFLICT DO NOTHING RETURNING key
        )
        SELECT array_agg(o) FILTER (WHERE unknown), array_agg(o) FILTER (WHERE NOT unknown)
            INTO missing, taken FROM absent
            WHERE unknown OR c AND (again OR name NOT IN (SELECT key FROM placed));
        FOREACH i IN ARRAY coalesce(missing, '{}') LOOP
            problems[i] := 'missing'; versions[i] := 0;
        END LOOP;
        FOREACH i IN ARRAY coalesce(taken, '{}') LOOP
            problems[i] := 'exists';
        END LOOP;
        IF '' <> ANY (problems) THEN
            RETURN QUERY SELECT p::integer, v, u, w
                FROM unnest(versions, moments, problems) WITH ORDINALITY AS k(v, u, w, p);
            RETURN;
        END IF;
        IF 1 < ANY (versions) THEN
            INSERT INTO history
                SELECT r.shard, r.type, r.id, r.version, r.updated, r.deleted, r.person, r.domain, r.meta, r.body
                FROM unnest(shards, types, ids, versions) AS k(s, t, d, v)
                JOIN resource r ON r.shard = s AND r.type = t AND r.id = d WHERE v > 1;
            PERFORM remove_values(array_agg(s), array_agg(t), array_agg(d))
                FROM unnest(shards, types, ids, versions) AS k(s, t, d, v) WHERE v > 1;
            UPDATE resource r SET version = v, updated = u, deleted = x, domain = m, at = a, until = l, meta = e,
                    body = b, sensitivity = y
                FROM unnest(shards, types, ids, versions, moments, removed, domains, ats, untils, metas, bodies,
                        sensitivities)
                    AS k(s, t, d, v, u, x, m, a, l, e, b, y)
                WHERE v > 1 AND r.shard = s AND r.type = t AND r.id = d;
        END IF;
    END IF;
    INSERT INTO resource (shard, type, id, version, updated, deleted, person, domain, at, until, meta, body, sensitivity,
            holder)
        SELECT s, t, d, v, now_at, false, p, m, a, l, e, b, y, h
        FROM unnest(shards, types, ids, versions, persons, domains, ats, untils, metas, bodies, sensitivities, holders)
            AS k(s, t, d, v, p, m, a, l, e, b, y, h)
        WHERE v = 1;
    PERFORM add_values(shards, types, ids, persons, domains, ats,
        token_of, token_param, token_system, token_key, token_code, token_folded, token_part, token_sought, string_of,
        string_param, string_folded, string_exact, date_of, date_param, date_low, date_high, reference_of, reference_param,
        reference_type, reference_key, reference_target, reference_part, quantity_of, quantity_param,
        quantity_key, quantity_low, quantity_high, quantity_value, quantity_top, quantity_unit, quantity_label,
        quantity_part);
    INSERT INTO audit (at, request, actor, role, party, purpose, action, type, id, version, person, outcome, ground, query)
        SELECT now_at, q, a, put.role, put.party, put.purpose,
               CASE WHEN x THEN 'D' WHEN v = 1 THEN 'C' ELSE 'U' END, t, d, v, p, 0, g, ''
        FROM unnest(types, ids, versions, persons, removed, requests, actors, grounds) AS k(t, d, v, p, x, q, a, g);
    INSERT INTO outbox (at, type, id, version, person, change)
        SELECT now_at, t, d, v, p, CASE WHEN x THEN 'D' WHEN v = 1 THEN 'C' ELSE 'U' END::"char"
        FROM unnest(types, ids, versions, persons, removed) AS k(t, d, v, p, x);
    RETURN QUERY SELECT p::integer, v, u, w
        FROM unnest(versions, moments, problems) WITH ORDINALITY AS k(v, u, w, p);
END $$$$;;
GRANT EXECUTE ON FUNCTION put TO $app;;
