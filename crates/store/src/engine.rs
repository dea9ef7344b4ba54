//! What differs between SQLite and PostgreSQL: all of it is here.

use std::borrow::Cow;

use sqlx::migrate::{Migration, Migrator};

static MIGRATIONS: Migrator = sqlx::migrate!();

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The engine that a database URL names.
    pub fn of(url: &str) -> Option<Self> {
        match url.split_once(':')?.0 {
            "sqlite" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }

    /// Starts a transaction that will write. On SQLite it takes the write lock at once: a transaction
    /// that reads first can fail later with "database is locked".
    pub(crate) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Starts a transaction that reads, all of it of one moment.
    pub(crate) fn snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN DEFERRED",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Waits until no other server writes: what is read before it is written must not be overtaken. Ends with the
    /// transaction. On SQLite the transaction itself waits.
    pub(crate) fn alone(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT pg_advisory_xact_lock(7305041129734120)"),
        }
    }

    /// What every connection is told before its first use.
    ///
    /// SQLite's own cache is small, as each connection has one: the pages of a search of 10,000 runs fit, and what
    /// doesn't is in the system's cache, a microsecond away. The write-ahead log is moved into the file every
    /// 16 MB instead of every 4: whoever logs much rewrites the same pages.
    pub(crate) fn connection_setup(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "PRAGMA busy_timeout = 15000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON; PRAGMA cache_size = -1500;
                 PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;"
            }
            Self::Postgres => "SET client_min_messages = warning",
        }
    }

    /// Whether a connection can break while nobody uses it.
    pub(crate) fn is_remote(self) -> bool {
        self == Self::Postgres
    }

    /// Moves the write-ahead log into the database file, so that it can be copied alone.
    pub(crate) fn checkpoint(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("PRAGMA wal_checkpoint(TRUNCATE)"),
            Self::Postgres => None,
        }
    }

    /// `(?,?),(?,?)` or `($1,$2),($3,$4)`.
    ///
    /// SQLite looks a `$n` up by walking a list, so bulk statements use its plain `?`.
    pub(crate) fn rows(self, rows: usize, columns: usize) -> String {
        let mut text = String::with_capacity(rows * columns * 3);
        let mut number = 0;
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ",(" });
            for column in 0..columns {
                if column > 0 {
                    text.push(',');
                }
                number += 1;
                text.push_str(&self.placeholder(number));
            }
            text.push(')');
        }
        text
    }

    /// The placeholder of a statement's argument, counted from 1.
    pub(crate) fn placeholder(self, number: usize) -> Cow<'static, str> {
        match self {
            Self::Sqlite => "?".into(),
            Self::Postgres => format!("${number}").into(),
        }
    }

    /// All rows of `select` (which names `columns`) as one JSON text, a list of lists: a row of its own costs
    /// more than its cells do.
    pub(crate) fn packed(self, columns: &str, select: &str) -> String {
        match self {
            Self::Sqlite => format!("SELECT json_group_array(json_array({columns})) FROM ({select})"),
            Self::Postgres => format!(
                "SELECT CAST(COALESCE(json_agg(json_build_array({columns})), '[]') AS TEXT) FROM ({select}) AS packed"
            ),
        }
    }

    /// The texts of a column as one, with commas between.
    pub(crate) fn joined(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("group_concat({column}, ',')"),
            Self::Postgres => format!("string_agg({column}, ',')"),
        }
    }

    /// Behind a table's name: the index to look it up by. PostgreSQL knows from its statistics.
    pub(crate) fn indexed_by(self, index: &str) -> String {
        match self {
            Self::Sqlite => format!(" INDEXED BY {index}"),
            Self::Postgres => String::new(),
        }
    }

    /// Behind a comparison by `LIKE`, so that only `%` and `_` are special, as on SQLite.
    pub(crate) fn like_tail(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " ESCAPE ''",
        }
    }

    /// Behind a `SELECT` of rows to be taken: leaves out what another server is taking. SQLite has one writer.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// The migrations in this engine's SQL.
    pub(crate) fn migrator(self) -> Migrator {
        let migrations = MIGRATIONS.iter().map(|migration| Migration {
            sql: match self {
                Self::Sqlite => migration.sql.replace("/* CLUSTERED */", "WITHOUT ROWID").into(),
                Self::Postgres => migration.sql.clone(),
            },
            ..migration.clone()
        });
        Migrator { migrations: Cow::Owned(migrations.collect()), ..Migrator::DEFAULT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_placeholders_are_each_engines_own() {
        assert_eq!(Engine::Sqlite.rows(2, 2), "(?,?),(?,?)");
        assert_eq!(Engine::Postgres.rows(2, 2), "($1,$2),($3,$4)");
    }
}
