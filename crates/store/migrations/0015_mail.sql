-- Mail: where people get it, and what is on its way to them.

ALTER TABLE users ADD COLUMN email TEXT NOT NULL DEFAULT ''; -- '': none

-- An outbox like that of webhooks: written in the transaction of what it tells.
CREATE TABLE mails (
    id            BIGINT NOT NULL PRIMARY KEY,
    review_id     BIGINT NOT NULL,
    recipient     TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    body          TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    attempts      BIGINT NOT NULL DEFAULT 0,
    next_at_ms    BIGINT NOT NULL, -- while it is being sent: when another server may take it over
    created_at_ms BIGINT NOT NULL,
    problem       TEXT   NOT NULL DEFAULT ''
) /* CLUSTERED */;
CREATE INDEX mails_due ON mails (next_at_ms) WHERE state = 'waiting';
CREATE INDEX mails_by_review ON mails (review_id) WHERE state = 'waiting';
CREATE INDEX mails_by_age ON mails (created_at_ms);

INSERT INTO sequences (name, next_id) VALUES ('mails', 1);
