-- Reviews: policies, transition requests, what people said of them, and how they ended.

-- Each saving of a policy is a version of its own; the highest holds. An empty text: no policy any more.
CREATE TABLE policies (
    model_id BIGINT NOT NULL, -- 0: the workspace's
    version  BIGINT NOT NULL,
    text     TEXT   NOT NULL, -- TOML, as it was written
    sha256   TEXT   NOT NULL,
    author   TEXT   NOT NULL,
    reason   TEXT   NOT NULL,
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (model_id, version)
) /* CLUSTERED */;

CREATE TABLE reviews (
    id               BIGINT NOT NULL PRIMARY KEY,
    model_id         BIGINT NOT NULL,
    version_id       BIGINT NOT NULL,
    version          BIGINT NOT NULL,
    kind             TEXT   NOT NULL,
    target           TEXT   NOT NULL, -- a stage, or alias:NAME
    from_stage       TEXT   NOT NULL,
    archive_existing BIGINT NOT NULL DEFAULT 0 CHECK (archive_existing IN (0, 1)), -- without a policy
    requester_id     BIGINT,
    requester        TEXT   NOT NULL,
    authors          TEXT   NOT NULL, -- account ids, separated by commas
    comment          TEXT   NOT NULL,
    state            TEXT   NOT NULL,
    opened_at_ms     BIGINT NOT NULL,
    deadline_ms      BIGINT,
    ended_at_ms      BIGINT,
    ended_by         TEXT   NOT NULL DEFAULT '',
    reason           TEXT   NOT NULL DEFAULT '', -- why it ended
    is_override      BIGINT NOT NULL DEFAULT 0 CHECK (is_override IN (0, 1)),
    follows          BIGINT, -- the overridden review that this one looks at
    replaced         BIGINT  -- the version that a rollback goes back from
) /* CLUSTERED */;
CREATE UNIQUE INDEX reviews_open ON reviews (version_id, target) WHERE state = 'open';
CREATE INDEX reviews_by_state ON reviews (state, id);
CREATE INDEX reviews_by_version ON reviews (version_id, id);
CREATE INDEX reviews_by_model ON reviews (model_id, id);

-- What was signed: the document behind each digest.
CREATE TABLE review_documents (
    digest   TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL
) /* CLUSTERED */;

CREATE TABLE review_sign_offs (
    id              BIGINT NOT NULL PRIMARY KEY,
    review_id       BIGINT NOT NULL REFERENCES reviews (id),
    by_id           BIGINT NOT NULL,
    name            TEXT   NOT NULL,
    role            TEXT   NOT NULL,
    digest          TEXT   NOT NULL,
    words           TEXT   NOT NULL,
    via             TEXT   NOT NULL,
    at_ms           BIGINT NOT NULL,
    withdrawn_at_ms BIGINT
) /* CLUSTERED */;
CREATE INDEX review_sign_offs_by_review ON review_sign_offs (review_id, id);

CREATE TABLE review_blocks (
    id           BIGINT NOT NULL PRIMARY KEY,
    review_id    BIGINT NOT NULL REFERENCES reviews (id),
    by_id        BIGINT NOT NULL,
    name         TEXT   NOT NULL,
    role         TEXT   NOT NULL,
    words        TEXT   NOT NULL,
    at_ms        BIGINT NOT NULL,
    lifted_at_ms BIGINT
) /* CLUSTERED */;
CREATE INDEX review_blocks_by_review ON review_blocks (review_id, id);

CREATE TABLE review_waivers (
    id              BIGINT NOT NULL PRIMARY KEY,
    review_id       BIGINT NOT NULL REFERENCES reviews (id),
    gate            TEXT   NOT NULL,
    by_id           BIGINT NOT NULL,
    name            TEXT   NOT NULL,
    reason          TEXT   NOT NULL,
    evidence_sha256 TEXT   NOT NULL,
    at_ms           BIGINT NOT NULL,
    lifted_at_ms    BIGINT
) /* CLUSTERED */;
CREATE INDEX review_waivers_by_review ON review_waivers (review_id, id);

CREATE TABLE review_checks (
    id           BIGINT NOT NULL PRIMARY KEY,
    review_id    BIGINT NOT NULL REFERENCES reviews (id),
    name         TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    summary      TEXT   NOT NULL,
    link         TEXT,
    files_sha256 TEXT,
    reporter     TEXT   NOT NULL,
    at_ms        BIGINT NOT NULL
) /* CLUSTERED */;
CREATE INDEX review_checks_by_review ON review_checks (review_id, id);

-- The timeline, of a review or of a version without one.
CREATE TABLE activities (
    id         BIGINT NOT NULL PRIMARY KEY,
    model_id   BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    review_id  BIGINT,
    kind       TEXT   NOT NULL,
    by_id      BIGINT,
    name       TEXT   NOT NULL,
    role       TEXT   NOT NULL DEFAULT '',
    from_stage TEXT   NOT NULL DEFAULT '',
    to_stage   TEXT   NOT NULL DEFAULT '',
    words      TEXT   NOT NULL DEFAULT '', -- the person's
    said       TEXT   NOT NULL DEFAULT '', -- the server's
    at_ms      BIGINT NOT NULL
) /* CLUSTERED */;
CREATE INDEX activities_by_review ON activities (review_id, id);
CREATE INDEX activities_by_version ON activities (model_id, version, id);

CREATE TABLE comments (
    id            BIGINT NOT NULL PRIMARY KEY,
    model_id      BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    review_id     BIGINT, -- NULL: on the version
    by_id         BIGINT,
    name          TEXT   NOT NULL,
    text          TEXT   NOT NULL, -- empty once it is deleted
    at_ms         BIGINT NOT NULL,
    edited_at_ms  BIGINT,
    deleted_at_ms BIGINT
) /* CLUSTERED */;
CREATE INDEX comments_by_version ON comments (model_id, version, id);

CREATE TABLE release_records (
    review_id BIGINT NOT NULL PRIMARY KEY REFERENCES reviews (id),
    model_id  BIGINT NOT NULL,
    version   BIGINT NOT NULL,
    sha256    TEXT   NOT NULL,
    envelope  TEXT   NOT NULL, -- DSSE, as it was signed
    at_ms     BIGINT NOT NULL
) /* CLUSTERED */;
CREATE INDEX release_records_by_version ON release_records (model_id, version);

INSERT INTO sequences (name, next_id) VALUES ('reviews', 1), ('review_sign_offs', 1), ('review_blocks', 1),
    ('review_waivers', 1), ('review_checks', 1), ('activities', 1), ('comments', 1);
