-- What somebody wants to see of an experiment, and what they say about it: panels are a list of texts in JSON.
CREATE TABLE views (
    id            BIGINT NOT NULL PRIMARY KEY,
    experiment_id BIGINT NOT NULL REFERENCES experiments (id),
    name          TEXT   NOT NULL,
    notes         TEXT   NOT NULL,
    panels        TEXT   NOT NULL,
    owner_id      BIGINT,
    owner         TEXT   NOT NULL,
    is_shared     BIGINT NOT NULL CHECK (is_shared IN (0, 1)),
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    is_deleted    BIGINT NOT NULL DEFAULT 0 CHECK (is_deleted IN (0, 1))
) /* CLUSTERED */;
CREATE INDEX views_of_experiments ON views (experiment_id, is_deleted, updated_at_ms);

INSERT INTO sequences (name, next_id) VALUES ('views', 1);
