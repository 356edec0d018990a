-- Statements end with two semicolons. $app is the application's role, $by_shard the partitioning clause or nothing.

REVOKE ALL ON SCHEMA public FROM PUBLIC;;
GRANT USAGE ON SCHEMA public TO $app;;

-- One row: what makes this database itself.
CREATE TABLE instance (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    secret bytea NOT NULL,
    created timestamptz NOT NULL DEFAULT now()
);;
INSERT INTO instance (secret) VALUES (
    decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);;
GRANT SELECT ON instance TO $app;;

-- The current version of every resource; body and meta are JSON text without id, versionId and lastUpdated.
CREATE TABLE resource (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL,
    version bigint NOT NULL,
    updated timestamptz NOT NULL,
    deleted boolean NOT NULL,
    person text,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    meta text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (shard, type, id)
) $by_shard;;
CREATE INDEX resource_person ON resource (shard, type, person, at DESC, id DESC)
    WHERE NOT deleted AND person IS NOT NULL;;
CREATE INDEX resource_at ON resource (type, at DESC) WHERE NOT deleted;;
CREATE INDEX resource_updated ON resource (type, updated DESC);;

-- Superseded versions only.
CREATE TABLE history (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL,
    version bigint NOT NULL,
    updated timestamptz NOT NULL,
    deleted boolean NOT NULL,
    person text,
    domain smallint NOT NULL,
    meta text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (shard, type, id, version)
) $by_shard;;
CREATE INDEX history_updated ON history (type, updated DESC);;

-- Where a client-chosen id lives, and who is creating under a condition right now.
CREATE TABLE locator (
    key text PRIMARY KEY,
    shard smallint NOT NULL
);;
CREATE TABLE claim (
    key bytea PRIMARY KEY
);;

-- Search values. Person and time stand in the keys so that one index range answers a search about a person. Texts of
-- any length are looked up by a 64-bit key that the application makes of them, and compared whole once found. The two
-- indexes about a person hold the whole order of a page, id too; the others leave ties in time to a sort.
CREATE TABLE token (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    param smallint NOT NULL,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    code_key bigint NOT NULL,
    system_key bigint NOT NULL,
    id text NOT NULL,
    person text,
    code text NOT NULL
) $by_shard;;
CREATE INDEX token_own ON token (shard, type, id);;
CREATE INDEX token_person ON token (shard, type, param, person, code_key, at DESC, id DESC) WHERE person IS NOT NULL;;
CREATE INDEX token_value ON token (type, param, code_key, at DESC);;

CREATE TABLE string (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL,
    person text,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    param smallint NOT NULL,
    folded text NOT NULL,
    exact text NOT NULL
) $by_shard;;
CREATE INDEX string_own ON string (shard, type, id);;
CREATE INDEX string_value ON string (type, param, folded);;

CREATE TABLE date (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL,
    person text,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    param smallint NOT NULL,
    low timestamptz NOT NULL,
    high timestamptz NOT NULL
) $by_shard;;
CREATE INDEX date_own ON date (shard, type, id);;
CREATE INDEX date_value ON date (type, param, low);;

CREATE TABLE reference (
    shard smallint NOT NULL,
    type smallint NOT NULL,
    param smallint NOT NULL,
    domain smallint NOT NULL,
    at timestamptz NOT NULL,
    target_key bigint NOT NULL,
    target_type smallint,
    id text NOT NULL,
    person text,
    target text NOT NULL
) $by_shard;;
CREATE INDEX reference_own ON reference (shard, type, id);;
CREATE INDEX reference_value ON reference (target_key, type, param, at DESC);;

-- Who stands in a care relation to a person, as extracted from resources; and what follows for each context.
CREATE TABLE relation (
    ground text NOT NULL,
    person text NOT NULL,
    kind text NOT NULL,
    party text NOT NULL,
    role text,
    actor text,
    topic text,
    since timestamptz,
    until timestamptz
);;
CREATE INDEX relation_ground ON relation (ground);;
CREATE INDEX relation_person ON relation (person);;
CREATE INDEX relation_party ON relation (party);;
CREATE INDEX relation_actor ON relation (actor);;

-- What users act as; all staff of one party with one role and purpose share a context.
CREATE TABLE context (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    purpose text NOT NULL,
    role text NOT NULL,
    party text NOT NULL,
    actor text NOT NULL,
    UNIQUE (kind, purpose, role, party, actor)
);;

CREATE TABLE grants (
    context bigint NOT NULL,
    person text NOT NULL,
    domain smallint NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ground text NOT NULL,
    rows text NOT NULL
);;
CREATE INDEX grants_context ON grants (context, person, domain, since);;
CREATE INDEX grants_person ON grants (person);;

-- What has happened, for those who wait for it.
CREATE TABLE outbox (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL,
    version bigint NOT NULL,
    person text,
    change "char" NOT NULL
);;

-- Who did what: the application can add, and nobody but the owner can change.
CREATE TABLE audit (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    request text NOT NULL,
    actor text NOT NULL,
    role text NOT NULL,
    party text NOT NULL,
    purpose text NOT NULL,
    action text NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL,
    version bigint,
    person text,
    outcome smallint NOT NULL,
    ground text NOT NULL,
    query text NOT NULL
);;
CREATE INDEX audit_person ON audit (person, entry DESC) WHERE person IS NOT NULL;;

-- The fence under the application's own: what the context may see, a person and a kind of data at a time.
DO $$$$
DECLARE fenced text;
BEGIN
    FOREACH fenced IN ARRAY ARRAY['resource', 'history', 'token', 'string', 'date', 'reference'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
        EXECUTE format($$p$$
            CREATE POLICY fence ON %I USING (
                (SELECT nullif(current_setting('saman.context', true), '')) = '0'
                OR (domain = 0 AND (SELECT nullif(current_setting('saman.context', true), '')) IS NOT NULL)
                OR EXISTS (
                    SELECT FROM grants g
                    WHERE g.context = (SELECT nullif(current_setting('saman.context', true), '')::bigint)
                      AND g.person = %I.person
                      AND g.domain = %I.domain
                      AND g.since <= (SELECT nullif(current_setting('saman.at', true), '')::timestamptz)
                      AND g.until > (SELECT nullif(current_setting('saman.at', true), '')::timestamptz)
                    OFFSET 0  -- looks once for each row, and never hashes all that the context may see
                )
            )$$p$$, fenced, fenced, fenced);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO $app', fenced);
    END LOOP;
END $$$$;;

GRANT SELECT, INSERT ON locator TO $app;;
GRANT SELECT, INSERT, UPDATE ON claim TO $app;;
GRANT SELECT, INSERT, DELETE ON relation, grants TO $app;;
GRANT SELECT, INSERT ON context TO $app;;
GRANT SELECT, INSERT, DELETE ON outbox TO $app;;
GRANT INSERT ON audit TO $app;;

-- The citizen's own log, and the log of a person whom the context may ask about: read through this door only.
CREATE FUNCTION audit_about(asked text, before bigint, most integer) RETURNS SETOF audit
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
BEGIN ATOMIC
    SELECT a.* FROM audit a
    WHERE a.person = asked AND a.entry < before
      AND (
        nullif(current_setting('saman.context', true), '') = '0'
        OR EXISTS (
            SELECT FROM grants g
            WHERE g.context = nullif(current_setting('saman.context', true), '')::bigint
              AND g.person = asked AND g.domain = 7
              AND g.since <= nullif(current_setting('saman.at', true), '')::timestamptz
              AND g.until > nullif(current_setting('saman.at', true), '')::timestamptz
        )
      )
    ORDER BY a.entry DESC LIMIT most;
END;;
REVOKE ALL ON FUNCTION audit_about FROM PUBLIC;;
GRANT EXECUTE ON FUNCTION audit_about TO $app;;

-- Writes new versions, their search values, the events and the audit entries: one call, one transaction, one round trip.
-- Arrays run in parallel; *_of holds the 1-based place of the resource that a search value belongs to.
-- expected: 0 must not exist yet, n > 0 must be at that version, -1 whatever is there. Nothing is written when any
-- row has a problem: 'exists', 'missing', 'conflict' (with the version that is there) or 'person'.
CREATE FUNCTION put(
    now_at timestamptz, request text, actor text, role text, party text, purpose text, ground text,
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
    INSERT INTO token (shard, type, id, person, domain, at, param, system_key, code_key, code)
        SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, y, h, c
        FROM unnest(token_of, token_param, token_system, token_key, token_code) AS k(o, p, y, h, c);
    INSERT INTO string
        SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, f, x
        FROM unnest(string_of, string_param, string_folded, string_exact) AS k(o, p, f, x);
    INSERT INTO date
        SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, l, h
        FROM unnest(date_of, date_param, date_low, date_high) AS k(o, p, l, h);
    INSERT INTO reference (shard, type, id, person, domain, at, param, target_type, target_key, target)
        SELECT shards[o], types[o], ids[o], persons[o], domains[o], ats[o], p, y, h, g
        FROM unnest(reference_of, reference_param, reference_type, reference_key, reference_target)
            AS k(o, p, y, h, g);
    INSERT INTO audit (at, request, actor, role, party, purpose, action, type, id, version, person, outcome, ground, query)
        SELECT now_at, put.request, put.actor, put.role, put.party, put.purpose,
               CASE WHEN x THEN 'D' WHEN v = 1 THEN 'C' ELSE 'U' END, t, d, v, p, 0, put.ground, ''
        FROM unnest(types, ids, versions, persons, removed) AS k(t, d, v, p, x);
    INSERT INTO outbox (at, type, id, version, person, change)
        SELECT now_at, t, d, v, p, CASE WHEN x THEN 'D' WHEN v = 1 THEN 'C' ELSE 'U' END::"char"
        FROM unnest(types, ids, versions, persons, removed) AS k(t, d, v, p, x);
    RETURN QUERY SELECT p::integer, v, u, w
        FROM unnest(versions, moments, problems) WITH ORDINALITY AS k(v, u, w, p);
END $$$$;;
GRANT EXECUTE ON FUNCTION put TO $app;;
