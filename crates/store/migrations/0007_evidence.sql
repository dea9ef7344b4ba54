-- What a review of a version looks at: who made it, which files it has, since when it is where it is.

ALTER TABLE runs ADD COLUMN created_by BIGINT; -- an account; NULL: nobody who has one
ALTER TABLE model_versions ADD COLUMN created_by BIGINT;
ALTER TABLE model_versions ADD COLUMN author TEXT NOT NULL DEFAULT ''; -- their name then
-- The state of reading its files: waiting, done, elsewhere (in a store that isn't ours), failed.
ALTER TABLE model_versions ADD COLUMN files_state TEXT NOT NULL DEFAULT 'waiting';
CREATE INDEX model_versions_unread ON model_versions (id) WHERE files_state = 'waiting';
ALTER TABLE registered_models ADD COLUMN primary_metric TEXT NOT NULL DEFAULT '';
ALTER TABLE registered_models ADD COLUMN primary_better TEXT NOT NULL DEFAULT ''; -- higher, lower

CREATE TABLE version_files (
    version_id BIGINT NOT NULL REFERENCES model_versions (id),
    path       TEXT   NOT NULL,
    size       BIGINT NOT NULL,
    sha256     TEXT   NOT NULL,
    PRIMARY KEY (version_id, path)
) /* CLUSTERED */;

-- As the version's MLmodel file has it: JSON, each.
CREATE TABLE version_signatures (
    version_id BIGINT NOT NULL PRIMARY KEY REFERENCES model_versions (id),
    inputs     TEXT,
    outputs    TEXT,
    params     TEXT
) /* CLUSTERED */;

CREATE TABLE model_cards (
    version_id    BIGINT NOT NULL PRIMARY KEY REFERENCES model_versions (id),
    text          TEXT   NOT NULL, -- Markdown
    updated_at_ms BIGINT NOT NULL
) /* CLUSTERED */;

-- Each time that a version came into a stage.
CREATE TABLE stage_entries (
    id               BIGINT NOT NULL PRIMARY KEY,
    model_id         BIGINT NOT NULL,
    version          BIGINT NOT NULL,
    stage            TEXT   NOT NULL,
    at_ms            BIGINT NOT NULL,
    rolled_back_from BIGINT, -- the version that this was a rollback from
    review_id        BIGINT  -- NULL: by a plain call
) /* CLUSTERED */;
CREATE INDEX stage_entries_by_version ON stage_entries (model_id, version, id);
CREATE INDEX stage_entries_by_stage ON stage_entries (model_id, stage, id);
INSERT INTO stage_entries (id, model_id, version, stage, at_ms)
    SELECT id, model_id, version, stage, updated_at_ms FROM model_versions;
INSERT INTO sequences (name, next_id)
    SELECT 'stage_entries', COALESCE(MAX(id), 0) + 1 FROM stage_entries;
