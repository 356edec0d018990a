-- Whether an entry is a list of many people that showed this one: a worklist, or a search that did not name the person
-- and showed a name, services and work alone. Whoever is shown more than that has looked at the person, however the
-- person was searched for; so has who found this person alone (`id` says so) or read the log about the person.
CREATE FUNCTION is_listed(a audit) RETURNS boolean LANGUAGE sql STABLE AS $$$$
    SELECT a.action = 'S' AND (starts_with(a.query, 'worklist')
        OR strpos(a.query, '$$everything') = 0 AND strpos(a.query, a.person) = 0 AND a.id = ''
           AND a.type NOT IN ($audit_event, $provenance)
           AND a.read !~ '(^| )(?!(Patient|EpisodeOfCare|Task)/)[A-Za-z]+/[^ /]*/')
$$$$;;

CREATE OR REPLACE FUNCTION looks_at(asked text, since_at timestamptz, until_at timestamptz, most integer) RETURNS SETOF audit
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT a.* FROM audit a
    WHERE may_ask_log(asked) AND a.person = asked AND a.actor <> 'system' AND a.at >= since_at AND a.at < until_at
      AND NOT is_listed(a)
    ORDER BY a.at DESC, a.entry DESC LIMIT most
$$$$;;

-- Requests are told apart by their time besides their id, which callers may choose. What a client did has its id, and
-- the organisation behind it as `behind`.
DROP FUNCTION rest_at;;
CREATE FUNCTION rest_at(asked text, since_at timestamptz, until_at timestamptz, zone text, sources text[])
RETURNS TABLE (day date, party text, source text, wrote boolean, times bigint, client text, behind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT (a.at AT TIME ZONE zone)::date, a.party, '', false, count(DISTINCT (a.request, a.at)), '', '' FROM audit a
    WHERE may_ask_log(asked) AND a.person = asked AND a.actor <> 'system' AND a.at >= since_at AND a.at < until_at
      AND is_listed(a)
    GROUP BY 1, 2
    UNION ALL
    SELECT (a.at AT TIME ZONE zone)::date, 'system',
           coalesce((SELECT s FROM unnest(sources) s WHERE a.request = s OR starts_with(a.request, s || '-') LIMIT 1), ''),
           a.action IN ('C', 'U', 'D'), count(DISTINCT (a.request, a.at)),
           CASE WHEN starts_with(a.request, 'app:') THEN split_part(a.request, ':', 2) ELSE '' END, a.party
    FROM audit a
    WHERE may_ask_log(asked) AND a.person = asked AND a.actor = 'system' AND a.at >= since_at AND a.at < until_at
    GROUP BY 1, 3, 4, 6, 7
$$$$;;

CREATE OR REPLACE FUNCTION reviewed_looks(
    since_at timestamptz, until_at timestamptz, of_unit text, of_actor text, of_person text, most integer
) RETURNS SETOF audit
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    WITH own AS MATERIALIZED (SELECT * FROM answers_for(ARRAY['log-reviewer']))
    SELECT a.* FROM audit a
    WHERE a.party = ANY(ARRAY(SELECT o.unit FROM own o)) AND a.party <> '' AND a.actor <> 'system'
      AND a.at >= since_at AND a.at < until_at AND a.person IS NOT NULL
      AND EXISTS (SELECT FROM own o WHERE o.unit = a.party AND o.since <= a.at AND a.at < o.until)
      AND (of_unit = '' OR a.party = of_unit) AND (of_actor = '' OR a.actor = of_actor)
      AND (of_person = '' OR a.person = of_person)
      AND NOT is_listed(a)
    ORDER BY a.at DESC, a.entry DESC LIMIT most
$$$$;;

CREATE OR REPLACE FUNCTION log_numbers(since_at timestamptz, until_at timestamptz)
RETURNS TABLE (unit text, looks bigint, people bigint, staff bigint, refused bigint, lists bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    WITH own AS MATERIALIZED (SELECT * FROM answers_for(ARRAY['log-reviewer', 'data-protection-officer']))
    SELECT a.party,
           count(DISTINCT (a.request, a.at)) FILTER (WHERE a.outcome = 0 AND NOT l.list),
           count(DISTINCT a.person) FILTER (WHERE a.outcome = 0 AND NOT l.list),
           count(DISTINCT a.actor) FILTER (WHERE a.outcome = 0 AND NOT l.list),
           count(DISTINCT (a.request, a.at)) FILTER (WHERE a.outcome <> 0),
           count(DISTINCT (a.request, a.at)) FILTER (WHERE l.list)
    FROM audit a CROSS JOIN LATERAL (SELECT is_listed(a) AS list) l
    WHERE a.party = ANY(ARRAY(SELECT o.unit FROM own o)) AND a.party <> '' AND a.actor <> 'system'
      AND a.at >= since_at AND a.at < until_at AND a.person IS NOT NULL
      AND EXISTS (SELECT FROM own o WHERE o.unit = a.party AND o.since <= a.at AND a.at < o.until)
    GROUP BY a.party ORDER BY a.party
$$$$;;

DROP FUNCTION is_listed(text, text, text);;
REVOKE ALL ON FUNCTION is_listed, rest_at FROM PUBLIC;;
GRANT EXECUTE ON FUNCTION is_listed, rest_at TO $app;;

-- A function that runs with its owner's rights looks for tables among those of the session last: who may make temporary
-- tables could otherwise put one in the place of the log, or of the grants that it is held against.
DO $$$$
DECLARE one regprocedure;
BEGIN
    FOR one IN SELECT p.oid FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
        AND array_to_string(p.proconfig, ' ') LIKE '%search_path=public%'
        AND array_to_string(p.proconfig, ' ') NOT LIKE '%pg_temp%'
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', one);
    END LOOP;
END $$$$;;
