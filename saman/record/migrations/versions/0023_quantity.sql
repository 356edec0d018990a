-- Numbers and quantities. `unit_key` is 0 for a number, else that of the base units where UCUM knows the unit, and that
-- of system and code where it does not; `low` and `high` are in that unit, `high` only where a range has another end.
-- `value` and `top` are the same as they were written, with all their digits, and `unit` and `label` its code and words. Where a position is meant `low` is the latitude and `high` the longitude. Doubles are compared in the index,
-- since row-level security lets no comparison of numerics in; what was written settles the rest.
CREATE TABLE quantity (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    param smallint NOT NULL,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    unit_key bigint NOT NULL,
    low float8 NOT NULL,
    high float8,
    part smallint NOT NULL,
    id text NOT NULL,
    person text,
    value numeric NOT NULL,
    top numeric,
    unit text NOT NULL,
    label text
) $by_shard;;
CREATE INDEX quantity_own ON quantity (shard, type, id);;
CREATE INDEX quantity_value ON quantity (type, param, unit_key, low);;

-- Which of several like elements of a resource a value stands in, from 1; 0 where no parameter asks for it.
ALTER TABLE token ADD COLUMN part smallint NOT NULL DEFAULT 0;;
ALTER TABLE reference ADD COLUMN part smallint NOT NULL DEFAULT 0;;

-- What a code is called, folded; a row that only says what something is called has no code.
ALTER TABLE token ADD COLUMN folded text NOT NULL DEFAULT '';;

-- Fenced as its neighbours are.
DO $$$$
DECLARE one record;
BEGIN
    FOR one IN SELECT p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid) AS rule,
                      pg_get_expr(p.polwithcheck, p.polrelid) AS given
               FROM pg_policy p WHERE p.polrelid = 'token'::regclass LOOP
        EXECUTE format('CREATE POLICY %I ON quantity FOR %s %s (%s)', one.polname,
            CASE one.polcmd WHEN 'r' THEN 'SELECT' WHEN 'd' THEN 'DELETE' WHEN 'a' THEN 'INSERT' END,
            CASE one.polcmd WHEN 'a' THEN 'WITH CHECK' ELSE 'USING' END,
            replace(coalesce(one.rule, one.given), 'token.', 'quantity.'));
    END LOOP;
END $$$$;;
ALTER TABLE quantity ENABLE ROW LEVEL SECURITY;;
ALTER TABLE quantity FORCE ROW LEVEL SECURITY;;
GRANT SELECT, INSERT, DELETE ON quantity TO $app;;

-- Adds the search values of resources; arrays run in parallel, *_of holds the 1-based place of the resource.
CREATE FUNCTION add_values(
    shards smallint[], types smallint[], ids text[], persons text[], domains smallint[], ats timestamptz[],
    token_of integer[], token_param smallint[], token_system bigint[], token_key bigint[], token_code text[],
    token_folded text[], token_part smallint[],
    string_of integer[], string_param smallint[], string_folded text[], string_exact text[],
    date_of integer[], date_param smallint[], date_low timestamptz[], date_high timestamptz[],
    reference_of integer[], reference_param smallint[], reference_type smallint[], reference_key bigint[],
    reference_target text[], reference_part smallint[],
    quantity_of integer[], quantity_param smallint[], quantity_key bigint[], quantity_low float8[],
    quantity_high float8[], quantity_value text[], quantity_top text[], quantity_unit text[], quantity_label text[],
    quantity_part smallint[]
) RETURNS void
LANGUAGE plpgsql AS $$$$
BEGIN
    IF cardinality(token_of) > 0 THEN
        INSERT INTO token (shard, type, id, person, domain, at, param, system_key, code_key, code, folded, part)
            SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, y, h, c, f, a
            FROM unnest(token_of, token_param, token_system, token_key, token_code, token_folded,
                token_part) AS k(o, p, y, h, c, f, a);
    END IF;
    IF cardinality(string_of) > 0 THEN
        INSERT INTO string
            SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, f, x
            FROM unnest(string_of, string_param, string_folded, string_exact) AS k(o, p, f, x);
    END IF;
    IF cardinality(date_of) > 0 THEN
        INSERT INTO date
            SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, l, h
            FROM unnest(date_of, date_param, date_low, date_high) AS k(o, p, l, h);
    END IF;
    IF cardinality(reference_of) > 0 THEN
        INSERT INTO reference (shard, type, id, person, domain, at, param, target_type, target_key, target,
                part)
            SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, y, h, g, a
            FROM unnest(reference_of, reference_param, reference_type, reference_key, reference_target,
                reference_part) AS k(o, p, y, h, g, a);
    END IF;
    IF cardinality(quantity_of) > 0 THEN
        INSERT INTO quantity (shard, type, id, person, domain, at, param, unit_key, low, high, value, top, unit, label,
                part)
            SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, u, l, h, v::numeric, t::numeric, c, w, a
            FROM unnest(quantity_of, quantity_param, quantity_key, quantity_low, quantity_high, quantity_value,
                quantity_top, quantity_unit, quantity_label, quantity_part) AS k(o, p, u, l, h, v, t, c, w, a);
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
    persons text[], domains smallint[], ats timestamptz[], metas text[], bodies text[],
    sensitivities text[], holders text[],
    token_of integer[], token_param smallint[], token_system bigint[], token_key bigint[], token_code text[],
    token_folded text[], token_part smallint[],
    string_of integer[], string_param smallint[], string_folded text[], string_exact text[],
    date_of integer[], date_param smallint[], date_low timestamptz[], date_high timestamptz[],
    reference_of integer[], reference_param smallint[], reference_type smallint[], reference_key bigint[],
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
    troubled boolean := false;
    fresh boolean := (0 = ALL (expected)) AND NOT (true = ANY (chosen));
    i integer;
BEGIN
    IF NOT fresh THEN
        FOR i IN SELECT p FROM unnest(types, ids) WITH ORDINALITY AS k(t, d, p) ORDER BY t, d LOOP
            IF chosen[i] THEN
                shards[i] := coalesce((SELECT l.shard FROM locator l WHERE l.key = types[i] || '/' || ids[i]), shards[i]);
            END IF;
            SELECT r.version, r.deleted, r.person, r.updated INTO there FROM resource r
            WHERE r.shard = shards[i] AND r.type = types[i] AND r.id = ids[i] FOR UPDATE;
            IF FOUND THEN
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
            ELSIF expected[i] > 0 OR removed[i] THEN
                problems[i] := 'missing'; versions[i] := 0;
            ELSIF chosen[i] THEN
                INSERT INTO locator VALUES (types[i] || '/' || ids[i], shards[i]) ON CONFLICT DO NOTHING;
                IF NOT FOUND THEN problems[i] := 'exists'; END IF;
            END IF;
            troubled := troubled OR problems[i] <> '';
        END LOOP;
        IF troubled THEN
            RETURN QUERY SELECT p::integer, v, u, w
        FROM unnest(versions, moments, problems) WITH ORDINALITY AS k(v, u, w, p);
            RETURN;
        END IF;
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
    INSERT INTO resource
        SELECT s, t, d, v, now_at, false, p, m, a, e, b, y, h
        FROM unnest(shards, types, ids, versions, persons, domains, ats, metas, bodies, sensitivities, holders)
            AS k(s, t, d, v, p, m, a, e, b, y, h)
        WHERE v = 1;
    PERFORM add_values(shards, types, ids, persons, domains, ats,
        token_of, token_param, token_system, token_key, token_code, token_folded, token_part, string_of, string_param,
        string_folded, string_exact, date_of, date_param, date_low, date_high, reference_of, reference_param,
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
