-- Tracking: experiments, runs, what they logged, and logged models.
--
-- One text for SQLite and PostgreSQL. A primary key marked CLUSTERED is the order of the table on disk:
-- SQLite gets WITHOUT ROWID for it, PostgreSQL reads the mark as the comment that it is.
-- A metric's value is kept as the ordinal of its double (ADR 0003): sorts as the value does, and keeps
-- NaN and the last bit, which neither database promises for doubles that pass through text.

-- The next id of each kind. A group of writes takes as many as it needs at once.
CREATE TABLE sequences (
    name    TEXT   NOT NULL PRIMARY KEY,
    next_id BIGINT NOT NULL
) /* CLUSTERED */;
INSERT INTO sequences (name, next_id) VALUES
    ('experiments', 1), ('runs', 1), ('keys', 1), ('datasets', 1), ('logged_models', 1);

-- Names of params, metrics and tags, once each.
CREATE TABLE keys (
    id   BIGINT NOT NULL PRIMARY KEY,
    name TEXT   NOT NULL UNIQUE
) /* CLUSTERED */;

CREATE TABLE experiments (
    id                BIGINT NOT NULL PRIMARY KEY,
    name              TEXT   NOT NULL UNIQUE,
    artifact_location TEXT   NOT NULL,
    is_deleted        BIGINT NOT NULL DEFAULT 0 CHECK (is_deleted IN (0, 1)),
    created_at_ms     BIGINT NOT NULL,
    updated_at_ms     BIGINT NOT NULL
) /* CLUSTERED */;

CREATE TABLE experiment_tags (
    experiment_id BIGINT NOT NULL REFERENCES experiments (id),
    key           TEXT   NOT NULL,
    value         TEXT   NOT NULL,
    PRIMARY KEY (experiment_id, key)
) /* CLUSTERED */;

CREATE TABLE runs (
    id            BIGINT NOT NULL PRIMARY KEY,
    uuid          TEXT   NOT NULL UNIQUE,
    experiment_id BIGINT NOT NULL REFERENCES experiments (id),
    name          TEXT   NOT NULL,
    user_id       TEXT   NOT NULL,
    status        TEXT   NOT NULL,
    is_deleted    BIGINT NOT NULL DEFAULT 0 CHECK (is_deleted IN (0, 1)),
    started_at_ms BIGINT NOT NULL, -- 0: the client didn't say
    ended_at_ms   BIGINT,
    deleted_at_ms BIGINT,
    artifact_uri  TEXT   NOT NULL
) /* CLUSTERED */;
CREATE INDEX runs_by_start ON runs (experiment_id, is_deleted, started_at_ms, id);
CREATE INDEX runs_running ON runs (experiment_id) WHERE status = 'RUNNING' AND is_deleted = 0;

-- The experiment is repeated so that a search walks one index; a run never changes its experiment.
-- Only the head of a text is indexed: PostgreSQL has no room for all of a long one.
CREATE TABLE params (
    run_id        BIGINT NOT NULL,
    key_id        BIGINT NOT NULL,
    experiment_id BIGINT NOT NULL,
    value         TEXT   NOT NULL,
    PRIMARY KEY (run_id, key_id)
) /* CLUSTERED */;
CREATE INDEX params_by_value ON params (experiment_id, key_id, SUBSTR(value, 1, 64));

CREATE TABLE tags (
    run_id        BIGINT NOT NULL,
    key_id        BIGINT NOT NULL,
    experiment_id BIGINT NOT NULL,
    value         TEXT   NOT NULL,
    PRIMARY KEY (run_id, key_id)
) /* CLUSTERED */;
CREATE INDEX tags_by_value ON tags (experiment_id, key_id, SUBSTR(value, 1, 64));

-- The last point of each metric: the one with the highest step, then timestamp, then value.
CREATE TABLE latest_metrics (
    run_id        BIGINT NOT NULL,
    key_id        BIGINT NOT NULL,
    experiment_id BIGINT NOT NULL,
    value         BIGINT NOT NULL, -- ordinal
    step          BIGINT NOT NULL,
    timestamp_ms  BIGINT NOT NULL,
    PRIMARY KEY (run_id, key_id)
) /* CLUSTERED */;
CREATE INDEX latest_metrics_by_value ON latest_metrics (experiment_id, key_id, value, run_id);

-- Every point. All of it is the key: a point that a client sends twice is one point.
CREATE TABLE metrics (
    run_id       BIGINT NOT NULL,
    key_id       BIGINT NOT NULL,
    timestamp_ms BIGINT NOT NULL,
    step         BIGINT NOT NULL,
    value        BIGINT NOT NULL, -- ordinal
    PRIMARY KEY (run_id, key_id, timestamp_ms, step, value)
) /* CLUSTERED */;

CREATE TABLE datasets (
    id            BIGINT NOT NULL PRIMARY KEY,
    experiment_id BIGINT NOT NULL REFERENCES experiments (id),
    name          TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    source_type   TEXT   NOT NULL,
    source        TEXT   NOT NULL,
    schema        TEXT,
    profile       TEXT,
    UNIQUE (experiment_id, name, digest)
) /* CLUSTERED */;

CREATE TABLE run_datasets (
    run_id     BIGINT NOT NULL,
    dataset_id BIGINT NOT NULL REFERENCES datasets (id),
    PRIMARY KEY (run_id, dataset_id)
) /* CLUSTERED */;
CREATE INDEX run_datasets_by_dataset ON run_datasets (dataset_id, run_id);

CREATE TABLE run_dataset_tags (
    run_id     BIGINT NOT NULL,
    dataset_id BIGINT NOT NULL,
    key        TEXT   NOT NULL,
    value      TEXT   NOT NULL,
    PRIMARY KEY (run_id, dataset_id, key)
) /* CLUSTERED */;

CREATE TABLE logged_models (
    id             BIGINT NOT NULL PRIMARY KEY,
    model_id       TEXT   NOT NULL UNIQUE,
    experiment_id  BIGINT NOT NULL REFERENCES experiments (id),
    name           TEXT   NOT NULL,
    artifact_uri   TEXT   NOT NULL,
    created_at_ms  BIGINT NOT NULL,
    updated_at_ms  BIGINT NOT NULL,
    status         BIGINT NOT NULL,
    status_message TEXT,
    model_type     TEXT,
    source_run     TEXT,
    is_deleted     BIGINT NOT NULL DEFAULT 0 CHECK (is_deleted IN (0, 1))
) /* CLUSTERED */;
CREATE INDEX logged_models_by_creation ON logged_models (experiment_id, is_deleted, created_at_ms);

CREATE TABLE logged_model_params (
    model_id BIGINT NOT NULL REFERENCES logged_models (id),
    key      TEXT   NOT NULL,
    value    TEXT   NOT NULL,
    PRIMARY KEY (model_id, key)
) /* CLUSTERED */;

CREATE TABLE logged_model_tags (
    model_id BIGINT NOT NULL REFERENCES logged_models (id),
    key      TEXT   NOT NULL,
    value    TEXT   NOT NULL,
    PRIMARY KEY (model_id, key)
) /* CLUSTERED */;

CREATE TABLE logged_model_metrics (
    model_id       BIGINT NOT NULL,
    key            TEXT   NOT NULL,
    timestamp_ms   BIGINT NOT NULL,
    step           BIGINT NOT NULL,
    value          BIGINT NOT NULL, -- ordinal
    run_uuid       TEXT   NOT NULL,
    dataset_name   TEXT   NOT NULL DEFAULT '', -- '': measured on none
    dataset_digest TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (model_id, key, timestamp_ms, step, value, run_uuid, dataset_name, dataset_digest)
) /* CLUSTERED */;

-- Logged models that a run read (is_output 0) or made (1).
CREATE TABLE run_models (
    run_id    BIGINT NOT NULL,
    is_output BIGINT NOT NULL CHECK (is_output IN (0, 1)),
    model_id  TEXT   NOT NULL,
    step      BIGINT NOT NULL,
    PRIMARY KEY (run_id, is_output, model_id)
) /* CLUSTERED */;
