-- What checks of a data set's contents found; of each data set the last one counts.
CREATE TABLE dataset_checks (
    id       BIGINT NOT NULL PRIMARY KEY,
    name     TEXT   NOT NULL,
    digest   TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    summary  TEXT   NOT NULL,
    link     TEXT,
    by_id    BIGINT,
    reporter TEXT   NOT NULL,
    at_ms    BIGINT NOT NULL
) /* CLUSTERED */;
CREATE INDEX dataset_checks_by_dataset ON dataset_checks (name, digest, id);
CREATE INDEX datasets_by_name ON datasets (name, digest);

INSERT INTO sequences (name, next_id) VALUES ('dataset_checks', 1);
