-- Changes of files are known by their path, so that they hold for versions that are registered meanwhile, too, and for
-- every server.

ALTER TABLE model_versions DROP COLUMN files_pending;

CREATE TABLE file_changes (
    id        BIGINT NOT NULL PRIMARY KEY,
    path      TEXT   NOT NULL, -- below the artifacts' root
    is_folder BIGINT NOT NULL,
    until_ms  BIGINT NOT NULL  -- whoever began it is gone by then
);
INSERT INTO sequences (name, next_id) VALUES ('file_changes', 1);

-- Who wrote files where, before a version was made of them.
CREATE TABLE file_authors (
    folder  TEXT   NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (folder, user_id)
) /* CLUSTERED */;
