-- Which of these entries the person they are about would not find in the own log: none, when its doors work.
CREATE OR REPLACE FUNCTION audit_unseen(asked bigint[]) RETURNS TABLE (entry bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT e.entry FROM audit e WHERE e.entry = ANY(asked) AND e.person IS NOT NULL AND NOT (
        EXISTS (SELECT FROM audit_about(e.person, e.entry + 1, 1) s WHERE s.entry = e.entry)
        AND (EXISTS (SELECT FROM looks_at(e.person, e.at, e.at + interval '1 microsecond', 100000) s
                     WHERE s.entry = e.entry)
             OR EXISTS (SELECT FROM rest_at(e.person, e.at, e.at + interval '1 microsecond', 'UTC', '{}') r
                        WHERE e.actor <> 'system' AND r.party = e.party AND r.party <> 'system'
                           OR e.actor = 'system' AND r.party = 'system' AND r.behind = e.party
                              AND r.wrote = (e.action IN ('C', 'U', 'D')) AND r.client = CASE
                              WHEN starts_with(e.request, 'app:') THEN split_part(e.request, ':', 2) ELSE '' END)))
$$$$;;
