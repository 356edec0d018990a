-- Answers without who gave them. The application reads and writes none of these tables: it may only call the functions
-- below, which give nothing of a round before it is closed, and then nothing of fewer than five.
-- Dead rows go at the next vacuum, which is why vacuum comes early here.
CREATE TABLE assessment_round (
    id text PRIMARY KEY,
    until date NOT NULL,
    key bytea CHECK (octet_length(key) = 32)
) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);;
CREATE TABLE assessment_mark (
    round text NOT NULL REFERENCES assessment_round,
    mark bytea NOT NULL,
    PRIMARY KEY (round, mark)
) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);;
CREATE TABLE assessment_answer (
    key uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    round text NOT NULL REFERENCES assessment_round,
    audience text NOT NULL CHECK (audience IN ('leader', 'staff', 'citizen')),
    party text NOT NULL CHECK (party = '' OR audience = 'staff'),
    answers jsonb NOT NULL CHECK (answers::text ~ '^\{("[a-z0-9-]+": [1-5](, )?)+\}$$' AND length(answers::text) < 10000)
) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);;
CREATE INDEX assessment_answer_round ON assessment_answer (round);;
CREATE TABLE assessment_comment (
    key uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    round text NOT NULL REFERENCES assessment_round,
    audience text NOT NULL CHECK (audience IN ('leader', 'staff', 'citizen')),
    said text NOT NULL CHECK (length(said) BETWEEN 1 AND 2000)
) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);;
CREATE INDEX assessment_comment_round ON assessment_comment (round);;

-- HMAC-SHA-256 (RFC 2104), which PostgreSQL has no function for; the key is not longer than a block.
CREATE FUNCTION assessment_mac(key bytea, said bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = public, pg_temp AS $$$$
DECLARE
    inside bytea := decode(repeat('36', 64), 'hex');
    outside bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    FOR place IN 0 .. octet_length(key) - 1 LOOP
        inside := set_byte(inside, place, get_byte(inside, place) # get_byte(key, place));
        outside := set_byte(outside, place, get_byte(outside, place) # get_byte(key, place));
    END LOOP;
    RETURN sha256(outside || sha256(inside || said));
END $$$$;;

CREATE FUNCTION assessment_open(asked text, last date) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    INSERT INTO assessment_round (id, until, key)
    VALUES (asked, last, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())))
$$$$;;

-- Writes up to a hundred rows of a round anew in random order: neither their place nor the transaction that wrote them
-- says any more when each came. All of them when the round is closed.
CREATE FUNCTION assessment_shuffle(asked text, most integer) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$$$
BEGIN
    WITH moved AS (
        DELETE FROM assessment_answer WHERE key IN (
            SELECT a.key FROM assessment_answer a WHERE a.round = asked ORDER BY random() LIMIT most)
        RETURNING audience, party, answers)
    INSERT INTO assessment_answer (round, audience, party, answers)
    SELECT asked, m.audience, m.party, m.answers FROM moved m ORDER BY gen_random_uuid();
    WITH moved AS (
        DELETE FROM assessment_comment WHERE key IN (
            SELECT c.key FROM assessment_comment c WHERE c.round = asked ORDER BY random() LIMIT most)
        RETURNING audience, said)
    INSERT INTO assessment_comment (round, audience, said)
    SELECT asked, m.audience, m.said FROM moved m ORDER BY gen_random_uuid();
END $$$$;;

-- Keeps an answer: `kept`, `again` for who has answered before, `closed` for a round that is over.
CREATE FUNCTION assessment_answer(asked text, actor text, today date, who text, unit text, given jsonb, words text)
RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
DECLARE
    held bytea;
BEGIN
    SELECT r.key INTO held FROM assessment_round r WHERE r.id = asked AND r.until >= today FOR UPDATE;
    IF held IS NULL THEN
        RETURN 'closed';
    END IF;
    INSERT INTO assessment_mark (round, mark) VALUES (asked, assessment_mac(held, convert_to(asked || E'\n' || actor, 'UTF8')))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'again';
    END IF;
    INSERT INTO assessment_answer (round, audience, party, answers) VALUES (asked, who, unit, given);
    IF words <> '' THEN
        INSERT INTO assessment_comment (round, audience, said) VALUES (asked, who, words);
    END IF;
    PERFORM assessment_shuffle(asked, 100);
    RETURN 'kept';
END $$$$;;

CREATE FUNCTION assessment_answered(asked text, actor text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT EXISTS (SELECT FROM assessment_mark m JOIN assessment_round r ON r.id = m.round
        WHERE r.id = asked AND m.mark = assessment_mac(r.key, convert_to(asked || E'\n' || actor, 'UTF8')))
$$$$;;

-- Closes a round, or every round whose last day is over: what tells who has answered goes, and it never opens again.
CREATE FUNCTION assessment_close(asked text, today date) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
DECLARE
    ended text;
BEGIN
    FOR ended IN SELECT r.id FROM assessment_round r
        WHERE (r.id = asked OR r.until < today) AND r.key IS NOT NULL ORDER BY r.id FOR UPDATE
    LOOP
        UPDATE assessment_round SET key = NULL WHERE id = ended;
        DELETE FROM assessment_mark WHERE round = ended;
        PERFORM assessment_shuffle(ended, NULL);
    END LOOP;
END $$$$;;

-- How many have answered, NULL for fewer than five.
CREATE FUNCTION assessment_count(asked text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT nullif(greatest(count(*), 4), 4) FROM assessment_answer a WHERE a.round = asked
$$$$;;

-- The figures of a closed round: by leaders, staff and citizens, and staff again by party; `statement` is empty for how
-- many have answered at all. Whatever fewer than five have said is left out. The parties that are not shown are, taken
-- together, what is left of staff when those shown are subtracted: where that would be fewer than five, the smallest
-- party shown is left out too. A mean beyond 1.5 or 4.5 is told as that, since it could mean that all said the same.
CREATE FUNCTION assessment_figures(asked text)
RETURNS TABLE (audience text, party text, statement text, answered bigint, mean numeric)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    WITH given AS (
        SELECT a.audience, a.party, a.answers FROM assessment_answer a
        JOIN assessment_round r ON r.id = a.round AND r.key IS NULL
        WHERE a.round = asked
    ), told AS (
        SELECT g.audience, g.party, '' AS statement, NULL::numeric AS value FROM given g
        UNION ALL
        SELECT g.audience, g.party, e.key, e.value::numeric FROM given g, jsonb_each_text(g.answers) e
    ), by_audience AS (
        SELECT t.audience, '' AS party, t.statement, count(*) AS answered, avg(t.value) AS mean
        FROM told t GROUP BY t.audience, t.statement HAVING count(*) >= 5
    ), by_party AS (
        SELECT t.party, t.statement, count(*) AS answered, avg(t.value) AS mean, count(*) >= 5 AND t.party <> '' AS large
        FROM told t WHERE t.audience = 'staff' GROUP BY t.party, t.statement
    ), ordered AS (
        SELECT p.*, row_number() OVER (PARTITION BY p.statement, p.large ORDER BY p.answered, p.party) AS place,
               sum(p.answered) FILTER (WHERE NOT p.large) OVER (PARTITION BY p.statement) AS hidden
        FROM by_party p
    ), shown AS (
        SELECT * FROM by_audience
        UNION ALL
        SELECT 'staff', o.party, o.statement, o.answered, o.mean FROM ordered o
        WHERE o.large AND NOT (o.place = 1 AND coalesce(o.hidden, 0) BETWEEN 1 AND 4)
    )
    SELECT s.audience, s.party, s.statement, whole.answered,
           CASE WHEN s.mean IS NOT NULL THEN round(least(4.5, greatest(1.5, s.mean)), 1) END
    FROM shown s JOIN shown whole ON whole.statement = '' AND whole.audience = s.audience AND whole.party = s.party
$$$$;;

-- What was said in words in a closed round, in another order each time, by groups of five or more.
CREATE FUNCTION assessment_comments(asked text) RETURNS TABLE (audience text, said text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$$$
    SELECT c.audience, c.said FROM assessment_comment c JOIN assessment_round r ON r.id = c.round AND r.key IS NULL
    WHERE c.round = asked
      AND (SELECT count(*) FROM assessment_answer a WHERE a.round = asked AND a.audience = c.audience) >= 5
    ORDER BY gen_random_uuid()
$$$$;;

REVOKE ALL ON FUNCTION assessment_mac, assessment_shuffle, assessment_open, assessment_answer, assessment_answered,
    assessment_close, assessment_count, assessment_figures, assessment_comments FROM PUBLIC;;
GRANT EXECUTE ON FUNCTION assessment_open, assessment_answer, assessment_answered, assessment_close, assessment_count,
    assessment_figures, assessment_comments TO $app;;
