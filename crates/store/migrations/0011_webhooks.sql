-- Webhooks: who wants to be told of what, and what is on its way to them.

CREATE TABLE webhooks (
    id                 BIGINT NOT NULL PRIMARY KEY,
    uuid               TEXT   NOT NULL UNIQUE, -- 32 hex digits; each dialect spells it in its way
    form               TEXT   NOT NULL CHECK (form IN ('standard', 'mlflow', 'databricks', 'slack')),
    name               TEXT   NOT NULL,
    description        TEXT   NOT NULL,
    url                TEXT   NOT NULL,
    events             TEXT   NOT NULL, -- in the form's own names, separated by commas
    model_id           BIGINT NOT NULL DEFAULT 0, -- 0: of all models
    status             TEXT   NOT NULL CHECK (status IN ('ACTIVE', 'DISABLED', 'TEST_MODE')),
    -- Secrets are kept as they are: each delivery is signed with them anew, which a hash could not do. They open
    -- nothing here, and no answer, page, log or audit entry repeats them.
    secret             TEXT   NOT NULL DEFAULT '',
    previous_secret    TEXT   NOT NULL DEFAULT '', -- signs beside the new one for a while
    previous_until_ms  BIGINT NOT NULL DEFAULT 0,
    auth_header        TEXT   NOT NULL DEFAULT '',
    verify_certificate BIGINT NOT NULL DEFAULT 1 CHECK (verify_certificate IN (0, 1)),
    author             TEXT   NOT NULL,
    created_at_ms      BIGINT NOT NULL,
    updated_at_ms      BIGINT NOT NULL,
    failing_since_ms   BIGINT, -- since when there was no success; NULL: the last attempt was one
    said               TEXT   NOT NULL DEFAULT '', -- why the server switched it off
    deleted_at_ms      BIGINT -- its model is gone: what is under way still arrives
) /* CLUSTERED */;
-- Asked at every change of a model.
CREATE INDEX webhooks_listening ON webhooks (model_id) WHERE status = 'ACTIVE' AND deleted_at_ms IS NULL;

-- The outbox: a row for each event and webhook, written in the transaction of what it tells.
CREATE TABLE deliveries (
    id            BIGINT NOT NULL PRIMARY KEY,
    webhook_id    BIGINT NOT NULL REFERENCES webhooks (id),
    message_id    TEXT   NOT NULL, -- the same over all attempts and replays
    topic         TEXT   NOT NULL,
    subject       TEXT   NOT NULL, -- e.g. `churn/7`
    body          TEXT   NOT NULL, -- as it is sent
    -- held: while its webhook is switched off. dead: given up, to be replayed by hand.
    state         TEXT   NOT NULL CHECK (state IN ('waiting', 'held', 'delivered', 'dead')),
    attempts      BIGINT NOT NULL DEFAULT 0,
    next_at_ms    BIGINT NOT NULL, -- while an attempt is under way: when another server may take it over
    created_at_ms BIGINT NOT NULL,
    last_at_ms    BIGINT,
    http_status   BIGINT,
    excerpt       TEXT   NOT NULL DEFAULT '', -- of what the receiver answered
    problem       TEXT   NOT NULL DEFAULT '', -- why there was no answer
    is_replay     BIGINT NOT NULL DEFAULT 0 CHECK (is_replay IN (0, 1))
) /* CLUSTERED */;
-- What is due, asked every second: an index of what waits and nothing else.
CREATE INDEX deliveries_due ON deliveries (next_at_ms) WHERE state = 'waiting';
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, id);
CREATE INDEX deliveries_by_age ON deliveries (created_at_ms);

INSERT INTO sequences (name, next_id) VALUES ('webhooks', 1), ('deliveries', 1);
