-- People: who may sign in, with which roles; sessions, tokens, one-time links; what was guessed wrong.
-- Nothing in here lets anyone in: passwords are Argon2id hashes, the keys of sessions, tokens and links are
-- SHA-256 of what only their owner has.

CREATE TABLE users (
    id            BIGINT NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL,
    name_key      TEXT   NOT NULL UNIQUE, -- in lower case: `Ana` and `ana` are one person
    password_hash TEXT,                   -- NULL: has none yet, or signs in elsewhere
    subject       TEXT UNIQUE,            -- who they are to the identity provider
    is_disabled   BIGINT NOT NULL DEFAULT 0 CHECK (is_disabled IN (0, 1)),
    created_at_ms BIGINT NOT NULL,
    seen_at_ms    BIGINT
) /* CLUSTERED */;

CREATE TABLE user_roles (
    user_id BIGINT NOT NULL REFERENCES users (id),
    role    TEXT   NOT NULL,
    PRIMARY KEY (user_id, role)
) /* CLUSTERED */;

CREATE TABLE tokens (
    id            BIGINT NOT NULL PRIMARY KEY,
    user_id       BIGINT NOT NULL REFERENCES users (id),
    label         TEXT   NOT NULL,
    key           TEXT   NOT NULL UNIQUE,
    scopes        TEXT   NOT NULL, -- separated by commas
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT,          -- NULL: never
    used_at_ms    BIGINT,
    UNIQUE (user_id, label)
) /* CLUSTERED */;

CREATE TABLE sessions (
    key           TEXT   NOT NULL PRIMARY KEY,
    user_id       BIGINT, -- NULL: not signed in yet
    data          TEXT   NOT NULL,
    expires_at_ms BIGINT NOT NULL
) /* CLUSTERED */;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at_ms);

-- Links that work once: they make the first admin, or let a person choose a password.
CREATE TABLE links (
    key           TEXT   NOT NULL PRIMARY KEY,
    user_id       BIGINT REFERENCES users (id), -- NULL: makes the first admin
    expires_at_ms BIGINT NOT NULL
) /* CLUSTERED */;

-- Failed attempts to sign in, of an account or from an address.
CREATE TABLE sign_in_failures (
    subject  TEXT   NOT NULL PRIMARY KEY, -- `account <name>` or `address <ip>`
    failures BIGINT NOT NULL,
    last_ms  BIGINT NOT NULL
) /* CLUSTERED */;

INSERT INTO sequences (name, next_id) VALUES ('users', 1), ('tokens', 1);
