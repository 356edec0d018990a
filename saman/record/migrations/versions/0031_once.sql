-- Whom a statement is mostly about may be said with it, as `saman.person`: what the context may see of that person is
-- looked up once then, and not for each row. Any row is still held against the grants of its own person, and whatever
-- that person has restricted is asked for each. What leads into the index stands in a SELECT of its own, because the
-- planner would take a setting for what it is when it plans, which is nothing, and any index for as good as another;
-- nothing else does, since each such SELECT is made ready for every statement.
DO $$$$
DECLARE
    fenced text;
    rule text;
    held text;
    whose text;
BEGIN
    FOREACH fenced IN ARRAY ARRAY['resource', 'token'] LOOP
        SELECT pg_get_expr(p.polqual, p.polrelid) INTO rule FROM pg_policy p
        WHERE p.polrelid = fenced::regclass AND p.polname = 'fence';
        rule := replace(rule, $$q$$( SELECT (NULLIF(current_setting('saman.context'::text, true), ''::text))::bigint AS "nullif"), $$q$$
            || $$q$$( SELECT (NULLIF(current_setting('saman.at'::text, true), ''::text))::timestamp with time zone AS "nullif"), $$q$$
            || $$q$$( SELECT COALESCE(current_setting('saman.actor'::text, true), ''::text) AS "coalesce")$$q$$,
            $$q$$nullif(current_setting('saman.context', true), '')::bigint, $$q$$
            || $$q$$nullif(current_setting('saman.at', true), '')::timestamptz, coalesce(current_setting('saman.actor', true), '')$$q$$);
        whose := fenced || CASE fenced
            WHEN 'resource' THEN $$q$$.person = (SELECT coalesce(current_setting('saman.person', true), ''))$$q$$
            ELSE $$q$$.person_key = (SELECT hashtextextended(coalesce(current_setting('saman.person', true), ''), 0))$$q$$
        END;
        held := regexp_replace(rule, '\(EXISTS \( SELECT', '(' || whose || ' AND ' || fenced || $$q$$.domain = ANY (ARRAY(
            SELECT g.domain FROM grants g
            WHERE g.context = (SELECT nullif(current_setting('saman.context', true), '')::bigint)
              AND g.person_key = (SELECT hashtextextended(current_setting('saman.person', true), 0))
              AND g.person IS NOT DISTINCT FROM current_setting('saman.person', true)
              AND g.since <= coalesce(nullif(current_setting('saman.at', true), ''), '-infinity')::timestamptz
              AND g.until > coalesce(nullif(current_setting('saman.at', true), ''), 'infinity')::timestamptz
              AND NOT g.fenced))) OR (EXISTS ( SELECT$$q$$);
        IF held = rule THEN
            RAISE EXCEPTION 'the policy of % is not the one that was expected', fenced;
        END IF;
        EXECUTE format('ALTER POLICY fence ON %I USING (%s)', fenced, held);
    END LOOP;
END $$$$;;
