-- What the workers of all machines have read in the notes of their servers: numbers of entries, and digests of entries
-- that a server handed to the log and then did not live to note the number of. `checked` counts the places of the
-- ledger that were held against them.
CREATE TABLE ledger_noted (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    checked bigint NOT NULL,
    entries int8multirange NOT NULL DEFAULT '{}'
);;
INSERT INTO ledger_noted (checked) SELECT coalesce(max(l.position) + 1, 0) FROM ledger_leaf l;;
CREATE TABLE ledger_meant (
    digest bytea PRIMARY KEY,
    at timestamptz NOT NULL
);;
GRANT SELECT, UPDATE (checked, entries) ON ledger_noted TO $app;;
GRANT SELECT, INSERT, DELETE ON ledger_meant TO $app;;

-- The next entries by their place that are older than `before` (or of a time to come), that people or clients are said
-- to have caused through a server, and that no server noted; and how far was looked.
CREATE FUNCTION audit_extra(before timestamptz, most integer)
RETURNS TABLE (entry bigint, request text, action text, type smallint, id text, version bigint, looked bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    WITH next AS MATERIALIZED (
        SELECT l.position, a.* FROM ledger_noted n CROSS JOIN LATERAL (
            SELECT p.position, p.entry FROM ledger_leaf p WHERE p.position >= n.checked ORDER BY p.position LIMIT most
        ) AS l LEFT JOIN audit a USING (entry)
    ), old AS MATERIALIZED (
        SELECT x.* FROM next x WHERE x.position < coalesce((SELECT min(y.position) FROM next y
            WHERE y.at >= before AND y.at < before + interval '1 day'), 9223372036854775807)
    )
    SELECT o.entry, o.request, o.action, o.type, o.id, o.version, NULL FROM old o, ledger_noted n
    WHERE o.entry IS NOT NULL AND (o.actor <> 'system' OR starts_with(o.request, 'app:')) AND NOT n.entries @> o.entry
      AND NOT EXISTS (SELECT FROM ledger_meant m WHERE m.digest = substring(sha256(convert_to(ROW(1, 0,
        (extract(epoch FROM o.at) * 1000000)::bigint, o.request, o.actor, o.role, o.party, o.purpose, o.action, o.type,
        o.id, o.version, o.person, o.outcome, o.ground, o.query, o.read, o.missed)::text, 'UTF8')) FROM 1 FOR 16))
    UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, max(o.position) + 1 FROM old o
$$$$;;
REVOKE ALL ON FUNCTION audit_extra FROM PUBLIC;;
GRANT EXECUTE ON FUNCTION audit_extra TO $app;;
