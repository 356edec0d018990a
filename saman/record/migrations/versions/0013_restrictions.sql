-- How sensitive a resource is: its confidentiality, then its sensitivity codes ('R PSY SEX'); and the Organization that
-- is responsible for it, which its first version settles. Old versions are judged by what the current one says.
ALTER TABLE resource ADD COLUMN sensitivity text NOT NULL DEFAULT 'N', ADD COLUMN holder text NOT NULL DEFAULT '';;
SELECT set_config('saman.context', '0', true);;
UPDATE resource SET sensitivity = (
    SELECT concat_ws(' ', 'R', string_agg(DISTINCT label ->> 'code', ' '))
    FROM jsonb_array_elements(('{' || substr(meta, 2) || '}')::jsonb -> 'security') AS label
    WHERE label ->> 'system' = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
)
WHERE meta LIKE '%v3-ActCode%' AND ('{' || substr(meta, 2) || '}')::jsonb ? 'security';;
SELECT set_config('saman.context', '', true);;

-- What people have restricted, as read from their Consents (JSON text); and what follows for each context. A row that
-- `denies` withholds what it covers, unless a row that does not, of the same Consent and under it, covers it too.
-- NULL in a list means everything; resources are named by number of the type and id ('29/1').
CREATE TABLE restriction (
    ground text NOT NULL,
    person text NOT NULL,
    body text NOT NULL
);;
CREATE INDEX restriction_ground ON restriction (ground);;
CREATE INDEX restriction_person ON restriction (person);;
CREATE TABLE withheld (
    context bigint NOT NULL,
    person text NOT NULL,
    ground text NOT NULL,
    place text NOT NULL,
    under text NOT NULL,
    denies boolean NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    actor text NOT NULL,
    spared text NOT NULL,
    domains smallint[],
    types smallint[],
    labels text[],
    holders text[],
    items text[],
    related text[],
    recorded_from timestamptz,
    recorded_until timestamptz
);;
CREATE INDEX withheld_context ON withheld (context, person);;
CREATE INDEX withheld_person ON withheld (person);;
GRANT SELECT, INSERT, DELETE ON restriction, withheld TO $app;;
ALTER TABLE grants ADD COLUMN fenced boolean NOT NULL DEFAULT false;;

-- Whether one row covers a resource. A time covers by when it was and by when it was recorded; an exception only by
-- when it was, and by labels only when it names all that the resource has.
CREATE FUNCTION covers(
    w withheld, asker text, kind smallint, item text, domain smallint, labels text[], holder text, pointed text[],
    at timestamptz, recorded timestamptz
) RETURNS boolean LANGUAGE sql STABLE AS $$$$
    SELECT (w.actor = '' OR w.actor = asker) AND (w.spared = '' OR w.spared <> holder)
        AND CASE WHEN w.domains IS NULL AND w.types IS NULL THEN domain > 1 OR w.items IS NOT NULL
                 ELSE coalesce(domain = ANY (w.domains), false) OR coalesce(kind = ANY (w.types), false) END
        AND (w.holders IS NULL AND w.items IS NULL AND w.related IS NULL
             OR coalesce(holder = ANY (w.holders), false) OR coalesce(item = ANY (w.items), false)
             OR coalesce(pointed && w.related, false))
        AND (w.labels IS NULL OR CASE WHEN w.denies THEN labels && w.labels
             ELSE labels[1] = ANY (w.labels) OR (cardinality(labels) > 1 AND labels[2:] <@ w.labels) END)
        AND ((w.recorded_from IS NULL OR at >= w.recorded_from) AND (w.recorded_until IS NULL OR at < w.recorded_until)
             OR w.denies AND (w.recorded_from IS NULL OR recorded >= w.recorded_from)
                AND (w.recorded_until IS NULL OR recorded < w.recorded_until))
$$$$;;

-- Whether a resource is withheld from a context: asked for the few people who have restricted something. It looks past
-- the fences, so that what it goes by is the resource as it is.
CREATE FUNCTION is_withheld(
    asking bigint, moment timestamptz, asker text, home smallint, kind smallint, name text
) RETURNS boolean LANGUAGE plpgsql STABLE AS $$$$
DECLARE
    own text := current_setting('saman.context', true);
    hidden boolean;
    r record;
    item text;
    pointed text[];
BEGIN
    PERFORM set_config('saman.context', '0', true);
    SELECT x.person, x.domain, string_to_array(x.sensitivity, ' ') AS labels, x.holder, x.at,
           least(x.updated, (SELECT min(h.updated) FROM history h
                             WHERE h.shard = home AND h.type = kind AND h.id = name)) AS recorded
    INTO r FROM resource x WHERE x.shard = home AND x.type = kind AND x.id = name;
    IF NOT FOUND OR r.person IS NULL THEN
        PERFORM set_config('saman.context', own, true);
        RETURN false;
    END IF;
    item := kind || '/' || name;
    SELECT array_append(coalesce(array_agg(f.target_type || '/' || f.target), '{}'), item) INTO pointed FROM reference f
    WHERE f.shard = home AND f.type = kind AND f.id = name
      AND EXISTS (SELECT FROM withheld w WHERE w.context = asking AND w.person = r.person AND w.related IS NOT NULL);
    hidden := EXISTS (
        SELECT FROM withheld w
        WHERE w.context = asking AND w.person = r.person AND w.denies AND w.since <= moment AND w.until > moment
          -- A restriction is itself withheld from those whom it keeps out.
          AND (w.actor IN ('', asker) AND kind = $consent AND w.ground = 'Consent/' || name
               OR covers(w, asker, kind, item, r.domain, r.labels, r.holder, pointed, r.at, r.recorded)
                  AND NOT EXISTS (
                      SELECT FROM withheld x
                      WHERE x.context = asking AND x.person = r.person AND NOT x.denies
                        AND x.ground = w.ground AND x.under = w.place AND x.since <= moment AND x.until > moment
                        AND covers(x, asker, kind, item, r.domain, r.labels, r.holder, pointed, r.at, r.recorded)))
    );
    PERFORM set_config('saman.context', own, true);
    RETURN hidden;
END $$$$;;
-- The Organization that each is part of, whoever asks: a restriction that names one speaks of its units too.
CREATE FUNCTION organization_parents() RETURNS TABLE (id text, parent text)
LANGUAGE plpgsql STABLE AS $$$$
DECLARE
    own text := current_setting('saman.context', true);
BEGIN
    PERFORM set_config('saman.context', '0', true);
    RETURN QUERY SELECT f.id, f.target FROM reference f
        WHERE f.type = $organization AND f.param = $part_of AND f.target_type = $organization;
    PERFORM set_config('saman.context', own, true);
END $$$$;;
GRANT EXECUTE ON FUNCTION covers, is_withheld, organization_parents TO $app;;

-- Both sorts of tables go by the resource that a row belongs to; what points to something withheld is withheld too.
DO $$$$
DECLARE
    fenced text;
    who text := $$q$$(SELECT nullif(current_setting('saman.context', true), '')::bigint)$$q$$;
    moment text := $$q$$(SELECT nullif(current_setting('saman.at', true), '')::timestamptz)$$q$$;
    asker text := $$q$$(SELECT coalesce(current_setting('saman.actor', true), ''))$$q$$;
    kind text;
    target text;
    rule text;
BEGIN
    FOREACH fenced IN ARRAY ARRAY['resource', 'history', 'token', 'string', 'date', 'reference', 'work'] LOOP
        kind := CASE fenced WHEN 'work' THEN '$task::smallint' ELSE fenced || '.type' END;
        target := CASE fenced WHEN 'reference' THEN format(
            ' AND (reference.target_type IS NULL OR NOT is_withheld(%s, %s, %s, reference.shard, reference.target_type,'
            ' reference.target))', who, moment, asker) ELSE '' END;
        rule := format($$p$$
            (SELECT nullif(current_setting('saman.context', true), '')) = '0'
            OR (%2$$s AND (SELECT nullif(current_setting('saman.context', true), '')) IS NOT NULL)
            OR EXISTS (
                SELECT FROM grants g
                WHERE g.context = %3$$s AND g.person = %1$$I.person AND g.domain = %1$$I.domain
                  AND g.since <= %4$$s AND g.until > %4$$s
                  AND (NOT g.fenced OR NOT is_withheld(%3$$s, %4$$s, %5$$s, %1$$I.shard, %6$$s, %1$$I.id)%7$$s)
                OFFSET 0  -- looks once for each row, and never hashes all that the context may see
            )$$p$$,
            fenced, CASE fenced WHEN 'work' THEN 'false' ELSE fenced || '.domain = 0' END,
            who, moment, asker, kind, target);
        EXECUTE format('DROP POLICY fence ON %I', fenced);
        IF fenced IN ('resource', 'history', 'work') THEN
            EXECUTE format('CREATE POLICY fence ON %I USING (%s)', fenced, rule);
        ELSE
            EXECUTE format('DROP POLICY removal ON %I', fenced);
            EXECUTE format('CREATE POLICY fence ON %I FOR SELECT USING (%s)', fenced, rule);
            EXECUTE format('CREATE POLICY removal ON %I FOR DELETE USING (%s)', fenced, rule);
        END IF;
    END LOOP;
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
