-- In search values a person is a number, PostgreSQL's own hash of the id: shorter than the id in a dozen rows and index
-- entries of each resource. A resource itself, and the grants to it, name the person as before, and decide.
ALTER TABLE grants ADD COLUMN person_key bigint GENERATED ALWAYS AS (hashtextextended(person, 0)) STORED;;
CREATE INDEX grants_key ON grants (context, person_key, domain, since);;

DO $$$$
DECLARE valued text;
BEGIN
    FOREACH valued IN ARRAY ARRAY['token', 'string', 'date', 'reference', 'quantity'] LOOP
        EXECUTE format('ALTER TABLE %I RENAME TO %I', valued, valued || '_before');
        FOR number IN 0 .. $partitions - 1 LOOP
            EXECUTE format('ALTER TABLE %I RENAME TO %I', valued || '_' || number, valued || '_before_' || number);
        END LOOP;
    END LOOP;
END $$$$;;

-- The number that a code or target is looked up by is the upper half of what it was: what it finds is compared whole, and
-- the entry of an index that is three words long is packed where four are not.
-- `sought` says that a code may be looked for among those of one person: identifiers and labels are found otherwise.
CREATE TABLE token (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    param smallint NOT NULL,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    person_key bigint,
    system_key bigint NOT NULL,
    code_key integer NOT NULL,
    part smallint NOT NULL,
    sought boolean NOT NULL,
    id text NOT NULL,
    code text NOT NULL,
    folded text NOT NULL
) $by_shard;;
CREATE TABLE string (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    param smallint NOT NULL,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    person_key bigint,
    id text NOT NULL,
    folded text NOT NULL,
    exact text NOT NULL
) $by_shard;;
CREATE TABLE date (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    param smallint NOT NULL,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    person_key bigint,
    low timestamptz NOT NULL,
    high timestamptz NOT NULL,
    id text NOT NULL
) $by_shard;;
CREATE TABLE reference (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    param smallint NOT NULL,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    person_key bigint,
    target_key integer NOT NULL,
    target_type smallint,
    target_shard smallint,
    part smallint NOT NULL,
    id text NOT NULL,
    target text NOT NULL
) $by_shard;;
CREATE TABLE quantity (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    param smallint NOT NULL,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    person_key bigint,
    unit_key bigint NOT NULL,
    low float8 NOT NULL,
    high float8,
    part smallint NOT NULL,
    id text NOT NULL,
    value numeric NOT NULL,
    top numeric,
    unit text NOT NULL,
    label text
) $by_shard;;

DO $$$$
DECLARE valued text;
BEGIN
    FOREACH valued IN ARRAY ARRAY['token', 'string', 'date', 'reference', 'quantity'] LOOP
        FOR number IN 0 .. $partitions - 1 LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS $partitions, REMAINDER %s)',
                valued || '_' || number, valued, number);
        END LOOP;
    END LOOP;
END $$$$;;

-- What a concept is called is left out where one of its codes is called the same, and the Patient of `patient` where
-- `subject` names the same.
SELECT set_config('saman.context', '0', true);;
INSERT INTO token (shard, type, param, domain, at, person_key, system_key, code_key, part, sought, id, code, folded)
    SELECT t.shard, t.type, t.param, t.domain, t.at, hashtextextended(t.person, 0), t.system_key, (t.code_key >> 32)::integer, t.part,
           t.person IS NOT NULL AND t.param <> ALL (ARRAY[$unsought]::smallint[]), t.id, t.code, t.folded
    FROM token_before t
    WHERE t.code <> '' OR t.system_key <> $nothing OR NOT EXISTS (
        SELECT FROM token_before s
        WHERE s.shard = t.shard AND s.type = t.type AND s.id = t.id AND s.param = t.param AND s.part = t.part
          AND s.folded = t.folded AND s.code <> '');;
INSERT INTO string (shard, type, param, domain, at, person_key, id, folded, exact)
    SELECT shard, type, param, domain, at, hashtextextended(person, 0), id, folded, exact FROM string_before;;
INSERT INTO date (shard, type, param, domain, at, person_key, low, high, id)
    SELECT shard, type, param, domain, at, hashtextextended(person, 0), low, high, id FROM date_before;;
INSERT INTO reference (shard, type, param, domain, at, person_key, target_key, target_type, target_shard, part, id,
        target)
    SELECT shard, type, param, domain, at, hashtextextended(person, 0), (target_key >> 32)::integer, target_type,
           target_shard, part, id, target
    FROM reference_before f
    WHERE target_type IS DISTINCT FROM $patient OR NOT EXISTS (
        SELECT FROM (VALUES $subjects) AS v(patient, subject) JOIN reference_before s ON s.param = v.subject
        WHERE v.patient = f.param AND s.shard = f.shard AND s.type = f.type AND s.id = f.id
          AND s.target_type = f.target_type AND s.target = f.target);;
INSERT INTO quantity (shard, type, param, domain, at, person_key, unit_key, low, high, part, id, value, top, unit,
        label)
    SELECT shard, type, param, domain, at, hashtextextended(person, 0), unit_key, low, high, part, id, value, top, unit,
           label
    FROM quantity_before;;
SELECT set_config('saman.context', '', true);;

-- Fenced as they were, by the number of the person.
DO $$$$
DECLARE
    valued text;
    one record;
BEGIN
    FOREACH valued IN ARRAY ARRAY['token', 'string', 'date', 'reference', 'quantity'] LOOP
        FOR one IN SELECT p.polname AS name, p.polcmd AS does, pg_get_expr(p.polqual, p.polrelid) AS rule,
                          pg_get_expr(p.polwithcheck, p.polrelid) AS given
                   FROM pg_policy p WHERE p.polrelid = (valued || '_before')::regclass LOOP
            EXECUTE format('CREATE POLICY %I ON %I FOR %s %s (%s)', one.name, valued,
                CASE one.does WHEN 'r' THEN 'SELECT' WHEN 'd' THEN 'DELETE' WHEN 'a' THEN 'INSERT' ELSE 'UPDATE' END,
                CASE one.does WHEN 'a' THEN 'WITH CHECK' ELSE 'USING' END,
                replace(replace(coalesce(one.rule, one.given),
                    'g.person = ' || valued || '_before.person', 'g.person_key = ' || valued || '.person_key'),
                    valued || '_before.', valued || '.'));
        END LOOP;
        EXECUTE format('DROP TABLE %I', valued || '_before');
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', valued);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', valued);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO $app', valued);
        EXECUTE format('CREATE INDEX %I ON %I (shard, type, id)', valued || '_own', valued);
    END LOOP;
END $$$$;;
GRANT UPDATE (target_shard) ON reference TO $app;;

-- What comes later is later: an index of times that rises is filled to its pages' ends, one that falls to their halves.
CREATE INDEX token_person ON token (shard, type, param, person_key, code_key, at, id) WHERE sought;;
CREATE INDEX token_value ON token (type, param, code_key, at);;
CREATE INDEX string_value ON string (type, param, folded);;
CREATE INDEX date_value ON date (type, param, low);;
CREATE INDEX reference_value ON reference (target_key, type, param, at);;
CREATE INDEX quantity_value ON quantity (type, param, unit_key, low);;
DROP INDEX resource_person, resource_at, resource_updated, history_updated;;
CREATE INDEX resource_person ON resource (shard, type, person, at, id) WHERE NOT deleted AND person IS NOT NULL;;
CREATE INDEX resource_at ON resource (type, at, id) WHERE NOT deleted;;
CREATE INDEX resource_updated ON resource (type, updated);;
CREATE INDEX history_updated ON history (type, updated);;
DROP INDEX audit_person, audit_actor, audit_looks, audit_machines;;
CREATE INDEX audit_person ON audit (person, entry) WHERE person IS NOT NULL;;
CREATE INDEX audit_actor ON audit (actor, entry);;
CREATE INDEX audit_looks ON audit (person, at) WHERE person IS NOT NULL AND actor <> 'system';;
CREATE INDEX audit_machines ON audit (person, at) WHERE person IS NOT NULL AND actor = 'system';;

DROP FUNCTION put, add_values, remove_values;;

-- Adds the search values of resources; arrays run in parallel, *_of holds the 1-based place of the resource.
CREATE FUNCTION add_values(
    shards smallint[], types smallint[], ids text[], persons text[], domains smallint[], ats timestamptz[],
    token_of integer[], token_param smallint[], token_system bigint[], token_key integer[], token_code text[],
    token_folded text[], token_part smallint[], token_sought boolean[],
    string_of integer[], string_param smallint[], string_folded text[], string_exact text[],
    date_of integer[], date_param smallint[], date_low timestamptz[], date_high timestamptz[],
    reference_of integer[], reference_param smallint[], reference_type smallint[], reference_key integer[],
    reference_target text[], reference_part smallint[],
    quantity_of integer[], quantity_param smallint[], quantity_key bigint[], quantity_low float8[],
    quantity_high float8[], quantity_value text[], quantity_top text[], quantity_unit text[], quantity_label text[],
    quantity_part smallint[]
) RETURNS void
LANGUAGE plpgsql AS $$$$
DECLARE
    keys bigint[] := ARRAY(SELECT hashtextextended(p, 0) FROM unnest(persons) WITH ORDINALITY AS k(p, o) ORDER BY o);
BEGIN
    IF cardinality(token_of) > 0 THEN
        INSERT INTO token (shard, type, param, domain, at, person_key, system_key, code_key, part, sought, id, code,
                folded)
            SELECT b.s, b.t, p, b.m, b.a, b.w, y, h, n, l AND b.w IS NOT NULL, b.d, c, f
            FROM unnest(token_of, token_param, token_system, token_key, token_code, token_folded, token_part,
                token_sought) AS k(o, p, y, h, c, f, n, l)
            JOIN unnest(shards, types, ids, keys, domains, ats) WITH ORDINALITY AS b(s, t, d, w, m, a, o) USING (o);
    END IF;
    IF cardinality(string_of) > 0 THEN
        INSERT INTO string (shard, type, param, domain, at, person_key, id, folded, exact)
            SELECT b.s, b.t, p, b.m, b.a, b.w, b.d, f, x
            FROM unnest(string_of, string_param, string_folded, string_exact) AS k(o, p, f, x)
            JOIN unnest(shards, types, ids, keys, domains, ats) WITH ORDINALITY AS b(s, t, d, w, m, a, o) USING (o);
    END IF;
    IF cardinality(date_of) > 0 THEN
        INSERT INTO date (shard, type, param, domain, at, person_key, low, high, id)
            SELECT b.s, b.t, p, b.m, b.a, b.w, l, h, b.d
            FROM unnest(date_of, date_param, date_low, date_high) AS k(o, p, l, h)
            JOIN unnest(shards, types, ids, keys, domains, ats) WITH ORDINALITY AS b(s, t, d, w, m, a, o) USING (o);
    END IF;
    IF cardinality(reference_of) > 0 THEN
        INSERT INTO reference (shard, type, param, domain, at, person_key, target_key, target_type, part, id, target)
            SELECT b.s, b.t, p, b.m, b.a, b.w, h, y, n, b.d, g
            FROM unnest(reference_of, reference_param, reference_type, reference_key, reference_target,
                reference_part) AS k(o, p, y, h, g, n)
            JOIN unnest(shards, types, ids, keys, domains, ats) WITH ORDINALITY AS b(s, t, d, w, m, a, o) USING (o);
    END IF;
    IF cardinality(quantity_of) > 0 THEN
        INSERT INTO quantity (shard, type, param, domain, at, person_key, unit_key, low, high, part, id, value, top,
                unit, label)
            SELECT b.s, b.t, p, b.m, b.a, b.w, u, l, h, n, b.d, v::numeric, e::numeric, c, x
            FROM unnest(quantity_of, quantity_param, quantity_key, quantity_low, quantity_high, quantity_value,
                quantity_top, quantity_unit, quantity_label, quantity_part) AS k(o, p, u, l, h, v, e, c, x, n)
            JOIN unnest(shards, types, ids, keys, domains, ats) WITH ORDINALITY AS b(s, t, d, w, m, a, o) USING (o);
    END IF;
END $$$$;;

CREATE FUNCTION remove_values(shards smallint[], types smallint[], ids text[]) RETURNS void
LANGUAGE plpgsql AS $$$$
BEGIN
    DELETE FROM token x USING unnest(shards, types, ids) AS k(s, t, d)
        WHERE x.shard = s AND x.type = t AND x.id = d;
    DELETE FROM string x USING unnest(shards, types, ids) AS k(s, t, d)
        WHERE x.shard = s AND x.type = t AND x.id = d;
    DELETE FROM date x USING unnest(shards, types, ids) AS k(s, t, d)
        WHERE x.shard = s AND x.type = t AND x.id = d;
    DELETE FROM reference x USING unnest(shards, types, ids) AS k(s, t, d)
        WHERE x.shard = s AND x.type = t AND x.id = d;
    DELETE FROM quantity x USING unnest(shards, types, ids) AS k(s, t, d)
        WHERE x.shard = s AND x.type = t AND x.id = d;
END $$$$;;

-- Writes new versions, their search values, the events and the audit entries: one call, one transaction, one round trip.
-- Arrays run in parallel; *_of holds the 1-based place of the resource that a search value belongs to.
-- expected: 0 must not exist yet, n > 0 must be at that version, -1 whatever is there. Nothing is written when any
-- row has a problem: 'exists', 'missing', 'conflict' (with the version that is there) or 'person'. Who asked, in which
-- request and on which ground stand beside each resource, since the writes of several requests may come together. Who
-- holds a resource is settled by its first version.
CREATE FUNCTION put(
    now_at timestamptz, role text, party text, purpose text, requests text[], actors text[], grounds text[],
    shards smallint[], types smallint[], ids text[], expected bigint[], chosen boolean[], removed boolean[],
    persons text[], domains smallint[], ats timestamptz[], metas text[], bodies text[],
    sensitivities text[], holders text[],
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
            UPDATE resource r SET version = v, updated = u, deleted = x, domain = m, at = a, meta = e, body = b,
                    sensitivity = y
                FROM unnest(shards, types, ids, versions, moments, removed, domains, ats, metas, bodies, sensitivities)
                    AS k(s, t, d, v, u, x, m, a, e, b, y)
                WHERE v > 1 AND r.shard = s AND r.type = t AND r.id = d;
        END IF;
    END IF;
    INSERT INTO resource
        SELECT s, t, d, v, now_at, false, p, m, a, e, b, y, h
        FROM unnest(shards, types, ids, versions, persons, domains, ats, metas, bodies, sensitivities, holders)
            AS k(s, t, d, v, p, m, a, e, b, y, h)
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
GRANT EXECUTE ON FUNCTION put, add_values, remove_values TO $app;;
