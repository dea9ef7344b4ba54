-- Who may do what with an experiment or a registered model. What has no grant is everyone's, as far as their roles
-- go; what has any says so in its own row, so that whatever reads that row need not ask for grants.

CREATE TABLE grants (
    object    TEXT   NOT NULL CHECK (object IN ('experiment', 'model')),
    object_id BIGINT NOT NULL,
    grantee   TEXT   NOT NULL, -- `user <id>`, `role <role>` or `everyone`
    level     BIGINT NOT NULL CHECK (level IN (1, 2, 3)), -- read, edit, manage
    PRIMARY KEY (object, object_id, grantee)
) /* CLUSTERED */;

ALTER TABLE experiments ADD COLUMN is_restricted BIGINT NOT NULL DEFAULT 0 CHECK (is_restricted IN (0, 1));
ALTER TABLE experiments ADD COLUMN created_by BIGINT; -- an account; NULL: nobody who had one
ALTER TABLE registered_models ADD COLUMN is_restricted BIGINT NOT NULL DEFAULT 0 CHECK (is_restricted IN (0, 1));
ALTER TABLE registered_models ADD COLUMN created_by BIGINT;

CREATE INDEX experiments_restricted ON experiments (id) WHERE is_restricted = 1;
-- Whoever may read a version may read its files. Only the head of a place is indexed.
CREATE INDEX model_versions_by_place ON model_versions (SUBSTR(storage_location, 1, 200));
