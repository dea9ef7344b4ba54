-- What the workspace is told once, and keeps.

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) /* CLUSTERED */;
