-- Whether an entry is a list of many people that showed this one: a worklist, or a search that did not name the person.
-- One entry holds all that a request asked for about a person, a line each.
CREATE FUNCTION is_listed(action text, query text, person text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$$$
    SELECT action = 'S' AND (starts_with(query, 'worklist')
        OR strpos(query, '$$everything') = 0 AND strpos(query, person) = 0)
$$$$;;

CREATE OR REPLACE FUNCTION looks_at(asked text, since_at timestamptz, until_at timestamptz, most integer) RETURNS SETOF audit
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$$$
    SELECT a.* FROM audit a
    WHERE may_ask_log(asked) AND a.person = asked AND a.actor <> 'system' AND a.at >= since_at AND a.at < until_at
      AND NOT is_listed(a.action, a.query, a.person)
    ORDER BY a.at DESC, a.entry DESC LIMIT most
$$$$;;

CREATE OR REPLACE FUNCTION rest_at(asked text, since_at timestamptz, until_at timestamptz, zone text, sources text[])
RETURNS TABLE (day date, party text, source text, wrote boolean, times bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$$$
    SELECT (a.at AT TIME ZONE zone)::date, a.party, '', false, count(DISTINCT a.request) FROM audit a
    WHERE may_ask_log(asked) AND a.person = asked AND a.actor <> 'system' AND a.at >= since_at AND a.at < until_at
      AND is_listed(a.action, a.query, a.person)
    GROUP BY 1, 2
    UNION ALL
    SELECT (a.at AT TIME ZONE zone)::date, 'system',
           coalesce((SELECT s FROM unnest(sources) s WHERE a.request = s OR starts_with(a.request, s || '-') LIMIT 1), ''),
           a.action IN ('C', 'U', 'D'), count(DISTINCT a.request) FROM audit a
    WHERE may_ask_log(asked) AND a.person = asked AND a.actor = 'system' AND a.at >= since_at AND a.at < until_at
    GROUP BY 1, 3, 4
$$$$;;

CREATE OR REPLACE FUNCTION reviewed_looks(
    since_at timestamptz, until_at timestamptz, of_unit text, of_actor text, of_person text, most integer
) RETURNS SETOF audit
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$$$
    WITH own AS MATERIALIZED (SELECT * FROM answers_for(ARRAY['log-reviewer']))
    SELECT a.* FROM audit a
    WHERE a.party = ANY(ARRAY(SELECT o.unit FROM own o)) AND a.party <> '' AND a.actor <> 'system'
      AND a.at >= since_at AND a.at < until_at AND a.person IS NOT NULL
      AND EXISTS (SELECT FROM own o WHERE o.unit = a.party AND o.since <= a.at AND a.at < o.until)
      AND (of_unit = '' OR a.party = of_unit) AND (of_actor = '' OR a.actor = of_actor)
      AND (of_person = '' OR a.person = of_person)
      AND NOT is_listed(a.action, a.query, a.person)
    ORDER BY a.at DESC, a.entry DESC LIMIT most
$$$$;;

CREATE OR REPLACE FUNCTION log_numbers(since_at timestamptz, until_at timestamptz)
RETURNS TABLE (unit text, looks bigint, people bigint, staff bigint, refused bigint, lists bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$$$
    WITH own AS MATERIALIZED (SELECT * FROM answers_for(ARRAY['log-reviewer', 'data-protection-officer']))
    SELECT a.party,
           count(DISTINCT a.request) FILTER (WHERE a.outcome = 0 AND NOT l.list),
           count(DISTINCT a.person) FILTER (WHERE a.outcome = 0 AND NOT l.list),
           count(DISTINCT a.actor) FILTER (WHERE a.outcome = 0 AND NOT l.list),
           count(DISTINCT a.request) FILTER (WHERE a.outcome <> 0),
           count(DISTINCT a.request) FILTER (WHERE l.list)
    FROM audit a CROSS JOIN LATERAL (
        SELECT is_listed(a.action, a.query, a.person) AS list) l
    WHERE a.party = ANY(ARRAY(SELECT o.unit FROM own o)) AND a.party <> '' AND a.actor <> 'system'
      AND a.at >= since_at AND a.at < until_at AND a.person IS NOT NULL
      AND EXISTS (SELECT FROM own o WHERE o.unit = a.party AND o.since <= a.at AND a.at < o.until)
    GROUP BY a.party ORDER BY a.party
$$$$;;

REVOKE ALL ON FUNCTION is_listed FROM PUBLIC;;
GRANT EXECUTE ON FUNCTION is_listed TO $app;;
