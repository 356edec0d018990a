-- What one request read about one person stands in one entry: `read` lists it as "Type/id/version id/version Type/…",
-- `missed` the types that were asked for and held nothing.
ALTER TABLE audit ADD COLUMN read text NOT NULL DEFAULT '', ADD COLUMN missed text NOT NULL DEFAULT '';;
DROP FUNCTION audit_about;;
CREATE FUNCTION audit_about(asked text, before bigint, most integer) RETURNS SETOF audit
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
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
    ORDER BY a.entry DESC LIMIT most
$$$$;;

-- The ledger: each entry has a place in a Merkle tree (RFC 9162). A leaf is a salted commitment, so that the content of
-- an entry can be erased without the tree giving way; the salt lies beside it. Rows are added here and never changed.
CREATE TABLE ledger_leaf (
    position bigint PRIMARY KEY,
    entry bigint NOT NULL UNIQUE,
    salt bytea NOT NULL,
    leaf bytea NOT NULL
);;
-- The hashes of complete subtrees of 256, 65536, … leaves: levels 1, 2, …
CREATE TABLE ledger_node (
    level smallint NOT NULL,
    number bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (level, number)
);;
-- Numbers that were given out and not seen when higher ones were: of transactions that were under way, or came to nothing.
CREATE TABLE ledger_gap (
    first bigint PRIMARY KEY,
    last bigint NOT NULL,
    horizon xid8 NOT NULL,
    since timestamptz NOT NULL
);;
CREATE TABLE ledger_checkpoint (
    size bigint PRIMARY KEY,
    root bytea NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL
);;
CREATE TABLE ledger_cosigned (
    size bigint NOT NULL,
    witness text NOT NULL,
    line text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (size, witness)
);;
-- What this installation has seen of the ledgers of others.
CREATE TABLE ledger_seen (
    origin text PRIMARY KEY,
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL
);;
-- Where answers, log and what citizens see differ.
CREATE TABLE ledger_difference (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    request text NOT NULL,
    entry bigint,
    mark text NOT NULL UNIQUE
);;
CREATE TABLE ledger_compared (
    journal text PRIMARY KEY,
    at timestamptz NOT NULL,
    requests bigint NOT NULL
);;
GRANT SELECT (position, entry, leaf) ON ledger_leaf TO $app;;
GRANT SELECT ON ledger_node, ledger_gap TO $app;;
GRANT SELECT, INSERT ON ledger_checkpoint, ledger_cosigned, ledger_difference TO $app;;
GRANT SELECT, INSERT, UPDATE ON ledger_seen, ledger_compared TO $app;;
GRANT SELECT (entry) ON audit TO $app;;

-- An entry as text, the same whatever the server's settings: what leaves commit to.
CREATE FUNCTION audit_text(a audit) RETURNS text LANGUAGE sql STABLE AS $$$$
    SELECT ROW(1, a.entry, (extract(epoch FROM a.at) * 1000000)::bigint, a.request, a.actor, a.role, a.party, a.purpose,
        a.action, a.type, a.id, a.version, a.person, a.outcome, a.ground, a.query, a.read, a.missed)::text
$$$$;;

-- The root of a complete subtree from the hashes at its bottom, a power of two of them, one after the other.
CREATE FUNCTION ledger_root(hashes bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$$$
BEGIN
    WHILE length(hashes) > 32 LOOP
        SELECT string_agg(sha256('\x01'::bytea || substring(hashes FROM i FOR 64)), ''::bytea ORDER BY i) INTO hashes
        FROM generate_series(1, length(hashes), 64) AS i;
    END LOOP;
    RETURN hashes;
END $$$$;;

-- Gives the next places to entries that have none and stores what becomes complete: how many entries, -1 when another
-- sequencer is at work. What is committed late gets a later place: a number that is passed over is looked for until no
-- transaction is left that could bring it, and ten minutes longer, because a number is given out before its transaction
-- counts as under way. `ledger_sweep` finds whatever still came later.
CREATE FUNCTION ledger_extend(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
DECLARE
    mark bigint; size bigint; added integer; rung smallint := 1; filled bigint; done bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('saman ledger')) THEN RETURN -1; END IF;
    mark := coalesce((SELECT max(l.entry) FROM ledger_leaf l), 0);
    size := coalesce((SELECT max(l.position) FROM ledger_leaf l), -1) + 1;
    WITH late AS (
        SELECT a.entry FROM ledger_gap g JOIN audit a ON a.entry BETWEEN g.first AND g.last
        WHERE NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.entry = a.entry) LIMIT most
    ), fresh AS (
        SELECT a.entry FROM audit a WHERE a.entry > mark ORDER BY a.entry LIMIT most
    ), chosen AS MATERIALIZED (
        SELECT s.entry, s.salt,
            sha256('\x00'::bytea || sha256(s.salt || convert_to(s.text, 'UTF8'))) AS leaf
        FROM (SELECT a.entry, uuid_send(gen_random_uuid()) AS salt,
                  ROW(1, a.entry, (extract(epoch FROM a.at) * 1000000)::bigint, a.request, a.actor, a.role, a.party,
                      a.purpose, a.action, a.type, a.id, a.version, a.person, a.outcome, a.ground, a.query, a.read,
                      a.missed)::text AS text
              FROM audit a WHERE a.entry IN (SELECT entry FROM late UNION SELECT entry FROM fresh)) AS s
    )
    INSERT INTO ledger_leaf
        SELECT size - 1 + row_number() OVER (ORDER BY c.entry), c.entry, c.salt, c.leaf FROM chosen c;
    GET DIAGNOSTICS added = ROW_COUNT;
    DELETE FROM ledger_gap g WHERE g.horizon <= pg_snapshot_xmin(pg_current_snapshot())
        AND g.since < clock_timestamp() - interval '10 minutes';
    IF added = 0 THEN RETURN 0; END IF;
    INSERT INTO ledger_gap
        SELECT x.before + 1, x.entry - 1, pg_snapshot_xmax(pg_current_snapshot()), clock_timestamp()
        FROM (SELECT l.entry, lag(l.entry, 1, mark) OVER (ORDER BY l.entry) AS before
              FROM ledger_leaf l WHERE l.entry > mark) AS x
        WHERE x.entry > x.before + 1;
    filled := (size + added) / 256;
    done := size / 256;
    IF filled > done THEN
        INSERT INTO ledger_node
            SELECT 1, n, ledger_root((SELECT string_agg(l.leaf, ''::bytea ORDER BY l.position) FROM ledger_leaf l
                WHERE l.position BETWEEN n * 256 AND n * 256 + 255))
            FROM generate_series(done, filled - 1) AS n;
    END IF;
    WHILE filled / 256 > 0 LOOP
        done := coalesce((SELECT max(k.number) + 1 FROM ledger_node k WHERE k.level = rung + 1), 0);
        filled := filled / 256;
        IF filled > done THEN
            INSERT INTO ledger_node
                SELECT rung + 1, n, ledger_root((
                    SELECT string_agg(k.hash, ''::bytea ORDER BY k.number) FROM ledger_node k
                    WHERE k.level = rung AND k.number BETWEEN n * 256 AND n * 256 + 255))
                FROM generate_series(done, filled - 1) AS n;
        END IF;
        rung := rung + 1;
    END LOOP;
    RETURN added;
END $$$$;;

-- Looks through the last so many numbers for entries that nobody looks for any more, and has them looked for again.
CREATE FUNCTION ledger_sweep(most bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
DECLARE
    mark bigint; found integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('saman ledger'));
    mark := coalesce((SELECT max(l.entry) FROM ledger_leaf l), 0);
    INSERT INTO ledger_gap
        SELECT a.entry, a.entry, pg_snapshot_xmax(pg_current_snapshot()), clock_timestamp() FROM audit a
        WHERE a.entry BETWEEN mark - most AND mark AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.entry = a.entry)
          AND NOT EXISTS (SELECT FROM ledger_gap g WHERE a.entry BETWEEN g.first AND g.last);
    GET DIAGNOSTICS found = ROW_COUNT;
    RETURN found;
END $$$$;;

-- How far the ledger is, for those who watch it: numbers alone.
CREATE FUNCTION ledger_state() RETURNS TABLE (
    size bigint, staged bigint, oldest timestamptz, checkpoint bigint, signed timestamptz, differences bigint,
    compared timestamptz
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    WITH staged AS MATERIALIZED (
        SELECT a.at FROM audit a WHERE a.entry > coalesce((SELECT max(l.entry) FROM ledger_leaf l), 0)
        ORDER BY a.entry LIMIT 100000
    )
    SELECT coalesce((SELECT max(l.position) + 1 FROM ledger_leaf l), 0), (SELECT count(*) FROM staged),
        (SELECT min(s.at) FROM staged s),
        coalesce((SELECT max(c.size) FROM ledger_checkpoint c), 0),
        (SELECT c.at FROM ledger_checkpoint c ORDER BY c.size DESC LIMIT 1),
        (SELECT count(*) FROM ledger_difference), (SELECT max(c.at) FROM ledger_compared c)
$$$$;;

-- What a person needs to check that an entry of the own log is in the ledger: its place, its salt and its text.
CREATE FUNCTION audit_leaf(asked bigint) RETURNS TABLE ("position" bigint, salt bytea, text text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT l.position, l.salt, audit_text(a) FROM audit a JOIN ledger_leaf l USING (entry)
    WHERE a.entry = asked AND may_ask_log(a.person)
$$$$;;

-- Digests of entries by number, to be held against what the servers noted when they answered; nothing else of them.
CREATE FUNCTION audit_digests(asked bigint[]) RETURNS TABLE (entry bigint, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT a.entry, substring(sha256(convert_to(ROW(1, 0, (extract(epoch FROM a.at) * 1000000)::bigint, a.request,
        a.actor, a.role, a.party, a.purpose, a.action, a.type, a.id, a.version, a.person, a.outcome, a.ground, a.query,
        a.read, a.missed)::text, 'UTF8')) FROM 1 FOR 16)
    FROM audit a WHERE a.entry = ANY(asked)
$$$$;;
-- The same for writes, which are known by what they wrote. Their ground is left out: the server does not learn it.
CREATE FUNCTION audit_written(types smallint[], ids text[], versions bigint[], persons text[])
RETURNS TABLE (place bigint, entry bigint, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT k.o, a.entry, substring(sha256(convert_to(ROW(1, 0, 0, a.request, a.actor, a.role, a.party, a.purpose,
        a.action, a.type, a.id, a.version, a.person, a.outcome, '', a.query, a.read, a.missed)::text, 'UTF8'))
        FROM 1 FOR 16)
    FROM unnest(types, ids, versions, persons) WITH ORDINALITY AS k(t, d, v, p, o) CROSS JOIN LATERAL (
        (SELECT b.* FROM audit b WHERE k.p IS NOT NULL AND b.person = k.p AND b.type = k.t AND b.id = k.d
            AND b.version = k.v AND b.action IN ('C', 'U', 'D') AND b.outcome = 0 ORDER BY b.entry DESC LIMIT 1)
        UNION ALL
        (SELECT b.* FROM audit b WHERE k.p IS NULL AND b.person IS NULL AND b.type = k.t AND b.id = k.d
            AND b.version = k.v AND b.action IN ('C', 'U', 'D') AND b.outcome = 0 ORDER BY b.entry DESC LIMIT 1)
    ) AS a
$$$$;;

-- Which of these entries the person they are about would not find in the own log: none, when its doors work.
CREATE FUNCTION audit_unseen(asked bigint[]) RETURNS TABLE (entry bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT e.entry FROM audit e WHERE e.entry = ANY(asked) AND e.person IS NOT NULL AND NOT (
        EXISTS (SELECT FROM audit_about(e.person, e.entry + 1, 1) s WHERE s.entry = e.entry)
        AND (EXISTS (SELECT FROM looks_at(e.person, e.at, e.at + interval '1 microsecond', 100000) s
                     WHERE s.entry = e.entry)
             OR EXISTS (SELECT FROM rest_at(e.person, e.at, e.at + interval '1 microsecond', 'UTC', '{}') r
                        WHERE r.party = CASE WHEN e.actor = 'system' THEN 'system' ELSE e.party END)))
$$$$;;

REVOKE ALL ON FUNCTION audit_about, audit_text, ledger_root, ledger_extend, ledger_sweep, ledger_state, audit_leaf,
    audit_digests, audit_written, audit_unseen FROM PUBLIC;;
GRANT EXECUTE ON FUNCTION audit_about, ledger_extend, ledger_sweep, ledger_state, audit_leaf, audit_digests,
    audit_written, audit_unseen TO $app;;
