-- What has happened before there were subscriptions concerns none of them.
TRUNCATE outbox;;

-- Whoever made a subscription is the only one who sees it. `owner` is as whom and within which scopes it is judged,
-- `headers` are sealed; `began` is the last event that was there before, `numbered` how many it was told of.
-- `claim` is who works on it now, until `claimed` is over.
CREATE TABLE subscription (
    id text PRIMARY KEY,
    version bigint NOT NULL,
    updated timestamptz NOT NULL,
    context bigint NOT NULL,
    actor text NOT NULL,
    client text NOT NULL,
    owner text NOT NULL,
    status text NOT NULL CHECK (status IN ('requested', 'active', 'error', 'off')),
    error text NOT NULL DEFAULT '',
    topic text NOT NULL,
    person text,
    channel text NOT NULL,
    heartbeat integer NOT NULL,
    ends timestamptz,
    resource text NOT NULL,
    headers bytea NOT NULL,
    began bigint NOT NULL,
    numbered bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    due timestamptz NOT NULL,
    sent timestamptz,
    claim text NOT NULL DEFAULT '',
    claimed timestamptz
);;
CREATE INDEX subscription_owner ON subscription (context, actor, client);;
CREATE INDEX subscription_topic ON subscription (topic) WHERE status <> 'off';;

-- An event waits (w) without a number, has one and is being told (n), was told (t), or was laid aside (d).
CREATE TABLE subscription_event (
    subscription text NOT NULL REFERENCES subscription ON DELETE CASCADE,
    entry bigint NOT NULL,
    number bigint,
    at timestamptz NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL,
    version bigint NOT NULL,
    change "char" NOT NULL,
    state "char" NOT NULL DEFAULT 'w',
    PRIMARY KEY (subscription, entry)
);;
CREATE UNIQUE INDEX subscription_event_number ON subscription_event (subscription, number);;
CREATE INDEX subscription_event_open ON subscription_event (subscription, state, number, entry)
    WHERE state IN ('w', 'n');;
CREATE INDEX subscription_event_at ON subscription_event (at);;

-- Of a token only the hash is kept.
CREATE TABLE subscription_token (
    key bytea PRIMARY KEY,
    context bigint NOT NULL,
    actor text NOT NULL,
    client text NOT NULL,
    owner text NOT NULL,
    subscriptions text[] NOT NULL,
    until timestamptz NOT NULL
);;

DO $$$$
DECLARE fenced text;
BEGIN
    FOREACH fenced IN ARRAY ARRAY['subscription', 'subscription_token'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
        EXECUTE format($$p$$
            CREATE POLICY fence ON %I USING (
                (SELECT nullif(current_setting('saman.context', true), '')) = '0'
                OR (context = (SELECT nullif(current_setting('saman.context', true), '')::bigint)
                    AND actor = (SELECT current_setting('saman.actor', true)))
            )$$p$$, fenced);
    END LOOP;
END $$$$;;
ALTER TABLE subscription_event ENABLE ROW LEVEL SECURITY;;
ALTER TABLE subscription_event FORCE ROW LEVEL SECURITY;;
CREATE POLICY fence ON subscription_event USING (
    (SELECT nullif(current_setting('saman.context', true), '')) = '0'
    OR EXISTS (SELECT FROM subscription s WHERE s.id = subscription_event.subscription)
);;

GRANT SELECT, INSERT, UPDATE, DELETE ON subscription, subscription_event, subscription_token TO $app;;
GRANT SELECT, UPDATE ON outbox TO $app;;
GRANT SELECT ON SEQUENCE outbox_entry_seq TO $app;;
