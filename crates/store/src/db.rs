//! The database: a pool to read from and a queue to write through.

use std::sync::Arc;

use domain::accounts::Caller;
use futures::future::BoxFuture;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, ConnectOptions, Connection, Executor, Transaction};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::writer::{Call, Job, Tx, Writer};

/// So many writes may wait for the disk before the next one has to wait for a place in the queue.
const QUEUE: usize = 4096;
/// SQLite's readers need a thread, a page cache and their own prepared statements each, so there are few: one
/// may be long at its search and there are still two for the rest.
const READERS: u32 = 3;

/// The database, in the name of a caller: whom the audit log names, and whose rights an operation asks for.
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    shared: Arc<Shared>,
    by: Arc<Caller>,
}

#[derive(Debug)]
struct Shared {
    engine: Engine,
    readers: AnyPool,
    keys: Arc<Keys>,
    queue: mpsc::Sender<Job>,
    outbox: Arc<Notify>,
}

impl Db {
    /// Opens the database at `url` (`sqlite://…?mode=rwc`, `postgres://…`), creates or upgrades its
    /// tables, and starts the task that writes. Nobody is the caller until [`Db::in_the_name_of`] says who.
    ///
    /// # Errors
    /// `Unusable` if it can't be reached or is no database, `Newer` if a newer version has written it.
    pub async fn open(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let engine = Engine::of(url).ok_or_else(|| Error::Unsupported(url.to_owned()))?;
        let options: AnyConnectOptions = url.parse().map_err(Error::from)?;
        let options = options.disable_statement_logging();
        let unusable = |cause: sqlx::Error| Error::Unusable(cause.to_string());
        let mut connection = sqlx::AnyConnection::connect_with(&options).await.map_err(unusable)?;
        connection.execute(engine.connection_setup()).await.map_err(unusable)?;
        engine.migrator().run(&mut connection).await.map_err(|cause| match cause {
            MigrateError::VersionMissing(_) => Error::Newer,
            MigrateError::Execute(cause) => unusable(cause),
            cause => Error::Migration(cause.to_string()),
        })?;
        let readers = AnyPoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(engine.is_remote())
            .after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(engine.connection_setup()).await.map(drop) })
            })
            .connect_lazy_with(options);
        let keys = Arc::new(Keys::default());
        let (queue, jobs) = mpsc::channel(QUEUE);
        let outbox = Arc::new(Notify::new());
        tokio::spawn(Writer::new(connection, engine, keys.clone(), jobs, outbox.clone()).run());
        let shared = Arc::new(Shared { engine, readers, keys, queue, outbox });
        Ok(Self { shared, by: Arc::new(Caller::nobody()) })
    }

    /// Finishes the writes that are queued, refuses new ones, and leaves the database in one file.
    pub async fn close(&self) {
        let (reply, done) = oneshot::channel();
        if self.shared.queue.send(Job::Stop(reply)).await.is_ok() {
            // The writer always answers before it ends.
            let _ = done.await;
        }
        self.shared.readers.close().await;
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// If it doesn't.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.shared.readers).await?;
        Ok(())
    }

    /// Waits until something has been put into the outbox here. What another server puts there it doesn't tell.
    pub async fn outbox_filled(&self) {
        self.shared.outbox.notified().await;
    }

    /// The same database in somebody's name.
    #[must_use]
    pub fn in_the_name_of(&self, caller: impl Into<Arc<Caller>>) -> Self {
        Self { shared: self.shared.clone(), by: caller.into() }
    }

    /// Whose request this is.
    pub fn by(&self) -> &Caller {
        &self.by
    }

    /// The same, for a job that waits to be written.
    pub(crate) fn caller(&self) -> Arc<Caller> {
        self.by.clone()
    }

    pub(crate) fn engine(&self) -> Engine {
        self.shared.engine
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    pub(crate) async fn reader(&self) -> Result<PoolConnection<Any>> {
        Ok(self.shared.readers.acquire().await?)
    }

    /// A reader that sees the database as it is at one moment, however many statements it asks.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Any>> {
        Ok(self.shared.readers.begin_with(self.shared.engine.snapshot()).await?)
    }

    /// Runs `operation` in the next group's transaction; the answer comes once that is on disk. If it
    /// fails, what it wrote is undone, and nothing else.
    pub(crate) async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Job::Call(Box::new(Call::new(operation, reply))), answer).await
    }

    pub(crate) async fn enqueue<T>(&self, job: Job, answer: oneshot::Receiver<Result<T>>) -> Result<T> {
        self.shared.queue.send(job).await.map_err(|_| Error::ShuttingDown)?;
        answer.await.map_err(|_| Error::ShuttingDown)?
    }
}
