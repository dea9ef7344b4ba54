-- What changes of a version's files while they are read, or just before, isn't taken for what was read.

ALTER TABLE model_versions ADD COLUMN files_changes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE model_versions ADD COLUMN files_pending BIGINT NOT NULL DEFAULT 0; -- changes under way

-- Beside whoever registered it: those who changed its files.
CREATE TABLE version_authors (
    version_id BIGINT NOT NULL,
    user_id    BIGINT NOT NULL,
    PRIMARY KEY (version_id, user_id)
) /* CLUSTERED */;
