-- Search values are fenced when they are read or removed. They are written by `put` alone, beside the resource they are
-- taken from, and it is the resource that is fenced then: so each of its dozen rows need not be.
DO $$$$
DECLARE valued text; rule text;
BEGIN
    FOREACH valued IN ARRAY ARRAY['token', 'string', 'date', 'reference'] LOOP
        SELECT pg_get_expr(polqual, polrelid) INTO rule FROM pg_policy WHERE polrelid = valued::regclass;
        EXECUTE format('DROP POLICY fence ON %I', valued);
        EXECUTE format('CREATE POLICY fence ON %I FOR SELECT USING (%s)', valued, rule);
        EXECUTE format('CREATE POLICY removal ON %I FOR DELETE USING (%s)', valued, rule);
        EXECUTE format($$p$$
            CREATE POLICY writing ON %I FOR INSERT
            WITH CHECK ((SELECT nullif(current_setting('saman.context', true), '')) IS NOT NULL)$$p$$, valued);
        EXECUTE format('REVOKE UPDATE ON %I FROM $app', valued);
    END LOOP;
END $$$$;;

DROP FUNCTION put;;

-- Writes new versions, their search values, the events and the audit entries: one call, one transaction, one round trip.
-- Arrays run in parallel; *_of holds the 1-based place of the resource that a search value belongs to.
-- expected: 0 must not exist yet, n > 0 must be at that version, -1 whatever is there. Nothing is written when any
-- row has a problem: 'exists', 'missing', 'conflict' (with the version that is there) or 'person'. Who asked, in which
-- request and on which ground stand beside each resource, since the writes of several requests may come together.
CREATE FUNCTION put(
    now_at timestamptz, role text, party text, purpose text, requests text[], actors text[], grounds text[],
    shards smallint[], types smallint[], ids text[], expected bigint[], chosen boolean[], removed boolean[],
    persons text[], domains smallint[], ats timestamptz[], metas text[], bodies text[],
    token_of integer[], token_param smallint[], token_system bigint[], token_key bigint[], token_code text[],
    string_of integer[], string_param smallint[], string_folded text[], string_exact text[],
    date_of integer[], date_param smallint[], date_low timestamptz[], date_high timestamptz[],
    reference_of integer[], reference_param smallint[], reference_type smallint[], reference_key bigint[],
    reference_target text[]
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
        DELETE FROM token x USING unnest(shards, types, ids, versions) AS k(s, t, d, v)
            WHERE v > 1 AND x.shard = s AND x.type = t AND x.id = d;
        DELETE FROM string x USING unnest(shards, types, ids, versions) AS k(s, t, d, v)
            WHERE v > 1 AND x.shard = s AND x.type = t AND x.id = d;
        DELETE FROM date x USING unnest(shards, types, ids, versions) AS k(s, t, d, v)
            WHERE v > 1 AND x.shard = s AND x.type = t AND x.id = d;
        DELETE FROM reference x USING unnest(shards, types, ids, versions) AS k(s, t, d, v)
            WHERE v > 1 AND x.shard = s AND x.type = t AND x.id = d;
        UPDATE resource r SET version = v, updated = u, deleted = x, domain = m, at = a, meta = e, body = b
            FROM unnest(shards, types, ids, versions, moments, removed, domains, ats, metas, bodies)
                AS k(s, t, d, v, u, x, m, a, e, b)
            WHERE v > 1 AND r.shard = s AND r.type = t AND r.id = d;
    END IF;
    INSERT INTO resource
        SELECT s, t, d, v, now_at, false, p, m, a, e, b
        FROM unnest(shards, types, ids, versions, persons, domains, ats, metas, bodies) AS k(s, t, d, v, p, m, a, e, b)
        WHERE v = 1;
    IF cardinality(token_of) > 0 THEN
        INSERT INTO token (shard, type, id, person, domain, at, param, system_key, code_key, code)
            SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, y, h, c
            FROM unnest(token_of, token_param, token_system, token_key, token_code) AS k(o, p, y, h, c);
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
        INSERT INTO reference (shard, type, id, person, domain, at, param, target_type, target_key, target)
            SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, y, h, g
            FROM unnest(reference_of, reference_param, reference_type, reference_key, reference_target)
                AS k(o, p, y, h, g);
    END IF;
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
