-- Looks by people and acts of computers are read apart: the latter are many, and must never crowd out the former.
CREATE INDEX audit_looks ON audit (person, at DESC) WHERE person IS NOT NULL AND actor <> 'system';;
CREATE INDEX audit_machines ON audit (person, at DESC) WHERE person IS NOT NULL AND actor = 'system';;
CREATE INDEX audit_party ON audit (party, at) WHERE party <> '' AND actor <> 'system';;

-- Whether the context may ask about a person's log: the system, or a grant for the kind of data that access itself is.
CREATE FUNCTION may_ask_log(asked text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$$$
    SELECT nullif(current_setting('saman.context', true), '') = '0' OR EXISTS (
        SELECT FROM grants g
        WHERE g.context = nullif(current_setting('saman.context', true), '')::bigint
          AND g.person = asked AND g.domain = 7
          AND g.since <= nullif(current_setting('saman.at', true), '')::timestamptz
          AND g.until > nullif(current_setting('saman.at', true), '')::timestamptz)
$$$$;;

-- Looks by people at one person, newest first, without those that only showed a name on a list.
CREATE FUNCTION looks_at(asked text, since_at timestamptz, until_at timestamptz, most integer) RETURNS SETOF audit
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$$$
    SELECT a.* FROM audit a
    WHERE may_ask_log(asked) AND a.person = asked AND a.actor <> 'system' AND a.at >= since_at AND a.at < until_at
      AND NOT (a.action = 'S' AND a.query <> '$$everything' AND strpos(a.query, a.person) = 0)
    ORDER BY a.at DESC, a.entry DESC LIMIT most
$$$$;;

-- The rest of what the log holds about one person, counted by day: lists of a unit, and what computers did.
CREATE FUNCTION rest_at(asked text, since_at timestamptz, until_at timestamptz, zone text, sources text[])
RETURNS TABLE (day date, party text, source text, wrote boolean, times bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$$$
    SELECT (a.at AT TIME ZONE zone)::date, a.party, '', false, count(DISTINCT a.request) FROM audit a
    WHERE may_ask_log(asked) AND a.person = asked AND a.actor <> 'system' AND a.at >= since_at AND a.at < until_at
      AND a.action = 'S' AND a.query <> '$$everything' AND strpos(a.query, a.person) = 0
    GROUP BY 1, 2
    UNION ALL
    SELECT (a.at AT TIME ZONE zone)::date, 'system',
           coalesce((SELECT s FROM unnest(sources) s WHERE a.request = s OR starts_with(a.request, s || '-') LIMIT 1), ''),
           a.action IN ('C', 'U', 'D'), count(DISTINCT a.request) FROM audit a
    WHERE may_ask_log(asked) AND a.person = asked AND a.actor = 'system' AND a.at >= since_at AND a.at < until_at
    GROUP BY 1, 3, 4
$$$$;;

-- Whose looks the context answers for: those of its own organisation and of the units that were within it at the time.
CREATE FUNCTION answers_for(roles text[])
RETURNS TABLE (unit text, organisation text, since timestamptz, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$$$
    WITH RECURSIVE down(unit, top, since, until, depth) AS (
        SELECT c.party, c.party, '-infinity'::timestamptz, 'infinity'::timestamptz, 0 FROM context c
        WHERE c.number = nullif(current_setting('saman.context', true), '')::bigint
          AND c.kind = 'staff' AND c.party <> '' AND c.role = ANY(roles)
        UNION ALL
        SELECT p.unit, d.top, greatest(d.since, p.since), least(d.until, p.until), d.depth + 1
        FROM down d JOIN part_of p ON p.parent = d.unit AND p.since < d.until AND p.until > d.since
        WHERE d.depth < 12
    )
    SELECT DISTINCT d.unit, d.top, d.since, d.until FROM down d
$$$$;;

-- What a log reviewer sees: looks by the people of the own organisation, attributed to who answered for them then.
CREATE FUNCTION reviewed_looks(
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
      AND NOT (a.action = 'S' AND a.query <> '$$everything' AND strpos(a.query, a.person) = 0)
    ORDER BY a.at DESC, a.entry DESC LIMIT most
$$$$;;

-- Numbers alone, by unit, for the log reviewer and the data-protection officer.
CREATE FUNCTION log_numbers(since_at timestamptz, until_at timestamptz)
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
        SELECT a.action = 'S' AND a.query <> '$$everything' AND strpos(a.query, a.person) = 0 AS list) l
    WHERE a.party = ANY(ARRAY(SELECT o.unit FROM own o)) AND a.party <> '' AND a.actor <> 'system'
      AND a.at >= since_at AND a.at < until_at AND a.person IS NOT NULL
      AND EXISTS (SELECT FROM own o WHERE o.unit = a.party AND o.since <= a.at AND a.at < o.until)
    GROUP BY a.party ORDER BY a.party
$$$$;;

-- What reviewers said of visits, added and never changed; the newest counts.
CREATE TABLE reviewed (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text NOT NULL,
    week text NOT NULL,
    unit text NOT NULL,
    visit bigint NOT NULL,
    found text NOT NULL,
    note text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL
);;
CREATE INDEX reviewed_week ON reviewed (organisation, week);;
ALTER TABLE reviewed ENABLE ROW LEVEL SECURITY;;
ALTER TABLE reviewed FORCE ROW LEVEL SECURITY;;
CREATE POLICY fence ON reviewed USING (organisation IN (
    SELECT k.organisation FROM answers_for(ARRAY['log-reviewer', 'data-protection-officer']) k))
WITH CHECK (organisation IN (SELECT k.organisation FROM answers_for(ARRAY['log-reviewer']) k));;
GRANT SELECT, INSERT ON reviewed TO $app;;

-- What citizens want to be told of looks at their record.
CREATE TABLE log_wish (
    person text PRIMARY KEY,
    tells text NOT NULL,
    since timestamptz NOT NULL,
    told_until timestamptz NOT NULL
);;
ALTER TABLE log_wish ENABLE ROW LEVEL SECURITY;;
ALTER TABLE log_wish FORCE ROW LEVEL SECURITY;;
CREATE POLICY fence ON log_wish USING (may_ask_log(person));;
GRANT SELECT, INSERT, UPDATE ON log_wish TO $app;;

REVOKE ALL ON FUNCTION may_ask_log, looks_at, rest_at, answers_for, reviewed_looks, log_numbers FROM PUBLIC;;
GRANT EXECUTE ON FUNCTION may_ask_log, looks_at, rest_at, answers_for, reviewed_looks, log_numbers TO $app;;
