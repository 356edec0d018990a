-- The log as it is asked for: by person, by who acted, or in the order it was written. It is read through these doors only.
CREATE INDEX audit_actor ON audit (actor, entry DESC);;

-- Entries between two numbers (both left out), newest first or oldest first, at most so many; null asks for anything.
-- The back-end client sees all; everybody else names the people, and sees the log of those whose log the context may see.
-- Put together as text so that each shape of question has a plan of its own; no value is ever part of the text.
CREATE FUNCTION audit_found(
    after bigint, before bigint, newest boolean, most bigint, persons text[], actors text[], entries bigint[],
    actions text[], outcomes smallint[], since timestamptz, until timestamptz, kinds smallint[], ids text[],
    named text[]
) RETURNS SETOF audit
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$$$
DECLARE
    who text := nullif(current_setting('saman.context', true), '');
    way text := CASE WHEN newest THEN 'DESC' ELSE 'ASC' END;
    filter text := 'a.entry > $$1 AND a.entry < $$2';
BEGIN
    IF who IS NULL THEN
        RETURN;
    ELSIF who <> '0' THEN
        persons := ARRAY(
            SELECT DISTINCT one FROM unnest(persons) AS p(one) WHERE EXISTS (
                SELECT FROM grants g WHERE g.context = who::bigint AND g.person = one AND g.domain = 7
                  AND g.since <= nullif(current_setting('saman.at', true), '')::timestamptz
                  AND g.until > nullif(current_setting('saman.at', true), '')::timestamptz));
    END IF;
    IF actors IS NOT NULL THEN filter := filter || ' AND a.actor = ANY($$4)'; END IF;
    IF entries IS NOT NULL THEN filter := filter || ' AND a.entry = ANY($$5)'; END IF;
    IF actions IS NOT NULL THEN filter := filter || ' AND a.action = ANY($$6)'; END IF;
    IF outcomes IS NOT NULL THEN filter := filter || ' AND a.outcome = ANY($$7)'; END IF;
    IF since IS NOT NULL THEN filter := filter || ' AND date_trunc(''milliseconds'', a.at) >= $$8'; END IF;
    IF until IS NOT NULL THEN filter := filter || ' AND date_trunc(''milliseconds'', a.at) < $$9'; END IF;
    IF kinds IS NOT NULL THEN
        filter := filter || ' AND ((a.type, a.id) IN (SELECT * FROM unnest($$10, $$11)) OR a.ground = ANY($$13)'
            || ' OR EXISTS (SELECT FROM unnest($$11) AS i(one) WHERE strpos(a.read, i.one) > 0))';
    END IF;
    IF persons IS NULL THEN
        filter := 'SELECT a.* FROM audit a WHERE ' || filter;
    ELSE
        filter := 'SELECT a.* FROM unnest($$3) AS p(one) CROSS JOIN LATERAL (SELECT a.* FROM audit a WHERE a.person = p.one AND '
            || filter || ' ORDER BY a.entry ' || way || ' LIMIT $$12) AS a';
    END IF;
    RETURN QUERY EXECUTE filter || ' ORDER BY a.entry ' || way || ' LIMIT $$12'
        USING after, before, persons, actors, entries, actions, outcomes, since, until, kinds, ids, most, named;
END $$$$;;
REVOKE ALL ON FUNCTION audit_found FROM PUBLIC;;
GRANT EXECUTE ON FUNCTION audit_found TO $app;;
