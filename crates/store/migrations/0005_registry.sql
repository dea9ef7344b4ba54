-- The registry: registered models, their versions, tags and aliases.

CREATE TABLE registered_models (
    id            BIGINT NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL UNIQUE,
    description   TEXT   NOT NULL,
    last_version  BIGINT NOT NULL DEFAULT 0, -- the highest number ever given: none is given twice
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL
) /* CLUSTERED */;

CREATE TABLE registered_model_tags (
    model_id BIGINT NOT NULL REFERENCES registered_models (id),
    key      TEXT   NOT NULL,
    value    TEXT   NOT NULL,
    PRIMARY KEY (model_id, key)
) /* CLUSTERED */;

CREATE TABLE model_versions (
    id               BIGINT NOT NULL PRIMARY KEY,
    model_id         BIGINT NOT NULL REFERENCES registered_models (id),
    version          BIGINT NOT NULL,
    stage            TEXT   NOT NULL,
    description      TEXT,
    source           TEXT   NOT NULL,
    storage_location TEXT   NOT NULL,
    run_uuid         TEXT   NOT NULL, -- '': of no run
    run_link         TEXT   NOT NULL,
    created_at_ms    BIGINT NOT NULL,
    updated_at_ms    BIGINT NOT NULL,
    UNIQUE (model_id, version)
) /* CLUSTERED */;
CREATE INDEX model_versions_by_stage ON model_versions (model_id, stage, version);
CREATE INDEX model_versions_by_change ON model_versions (updated_at_ms);
CREATE INDEX model_versions_by_run ON model_versions (run_uuid);

CREATE TABLE model_version_tags (
    version_id BIGINT NOT NULL REFERENCES model_versions (id),
    key        TEXT   NOT NULL,
    value      TEXT   NOT NULL,
    PRIMARY KEY (version_id, key)
) /* CLUSTERED */;

CREATE TABLE model_aliases (
    model_id BIGINT NOT NULL REFERENCES registered_models (id),
    alias    TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    PRIMARY KEY (model_id, alias)
) /* CLUSTERED */;

INSERT INTO sequences (name, next_id) VALUES ('registered_models', 1), ('model_versions', 1);
