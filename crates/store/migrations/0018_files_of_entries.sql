-- How often a version's files had changed when it came into a stage: a rollback goes back to the same files.
ALTER TABLE stage_entries ADD COLUMN files_changes BIGINT NOT NULL DEFAULT 0;
UPDATE stage_entries SET files_changes = COALESCE(
    (SELECT v.files_changes FROM model_versions v
     WHERE v.model_id = stage_entries.model_id AND v.version = stage_entries.version), 0);
