-- Of codes, tokens and secrets only hashes are kept.
CREATE TABLE client (
    id text PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('public', 'secret', 'keys')),
    redirects text[] NOT NULL,
    launch text NOT NULL,
    scope text NOT NULL,
    secret bytea,
    keys text,
    party text NOT NULL,
    introspects boolean NOT NULL,
    registered timestamptz NOT NULL,
    removed timestamptz
);;
CREATE TABLE approval (
    id text PRIMARY KEY,
    client text NOT NULL REFERENCES client,
    actor text NOT NULL,
    kind text NOT NULL,
    role text NOT NULL,
    party text NOT NULL,
    purpose text NOT NULL,
    patient text NOT NULL,
    scope text NOT NULL,
    session bytea,
    begun timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ended timestamptz
);;
CREATE INDEX approval_actor ON approval (actor);;
CREATE INDEX approval_until ON approval (until);;
CREATE TABLE approval_code (
    key bytea PRIMARY KEY,
    approval text NOT NULL REFERENCES approval ON DELETE CASCADE,
    redirect text NOT NULL,
    challenge text NOT NULL,
    nonce text NOT NULL,
    until timestamptz NOT NULL,
    used boolean NOT NULL DEFAULT false
);;
CREATE INDEX approval_code_approval ON approval_code (approval);;
CREATE TABLE refresh_token (
    key bytea PRIMARY KEY,
    approval text NOT NULL REFERENCES approval ON DELETE CASCADE,
    used boolean NOT NULL DEFAULT false
);;
CREATE INDEX refresh_token_approval ON refresh_token (approval);;
CREATE TABLE client_assertion (key bytea PRIMARY KEY, until timestamptz NOT NULL);;
CREATE TABLE app_launch (
    key bytea PRIMARY KEY,
    client text NOT NULL REFERENCES client,
    actor text NOT NULL,
    party text NOT NULL,
    role text NOT NULL,
    patient text NOT NULL,
    until timestamptz NOT NULL
);;
CREATE TABLE signing_key (id text PRIMARY KEY, key text NOT NULL, made timestamptz NOT NULL);;
GRANT SELECT, INSERT, UPDATE, DELETE
    ON client, approval, approval_code, refresh_token, client_assertion, app_launch TO $app;;
GRANT SELECT, INSERT ON signing_key TO $app;;
