-- The audit log: an entry for each change of state, written in the same transaction as the change. Each holds
-- the hash of the one before (domain::audit), so that a changed, removed or re-ordered entry shows.
CREATE TABLE audit_entries (
    id       BIGINT NOT NULL PRIMARY KEY, -- from 1, without gaps
    at_ms    BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    roles    TEXT   NOT NULL,
    via      TEXT   NOT NULL,
    address  TEXT   NOT NULL,
    action   TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    before   TEXT   NOT NULL, -- JSON
    after    TEXT   NOT NULL, -- JSON
    previous TEXT   NOT NULL UNIQUE,
    hash     TEXT   NOT NULL UNIQUE
);
CREATE INDEX audit_entries_by_subject ON audit_entries (subject, id);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor, id);
INSERT INTO sequences (name, next_id) VALUES ('audit', 1);
