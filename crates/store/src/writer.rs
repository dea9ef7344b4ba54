//! The one task that writes. It takes whatever waits in the queue, writes it in one transaction, and
//! answers when that is on disk: one `fsync` serves everyone who waits.

use std::sync::Arc;

use futures::future::BoxFuture;
use sqlx::AnyConnection;
use sqlx::{Connection, Executor};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::runs::{CreateRun, LogRun};

/// At most so many jobs in one transaction.
const GROUP: usize = 1024;

pub(crate) type Reply<T> = oneshot::Sender<Result<T>>;

/// What waits to be written. The two frequent kinds are written together with their like.
pub(crate) enum Job {
    Log(LogRun, Reply<()>),
    Create(CreateRun, Reply<String>),
    Call(Box<dyn Operation>),
    Stop(oneshot::Sender<()>),
}

/// A transaction under way.
pub(crate) struct Tx<'c> {
    pub connection: &'c mut AnyConnection,
    pub engine: Engine,
    pub keys: &'c Keys,
    /// Keys that this transaction made or read: known to everyone once it is committed.
    pub learned: Vec<(String, i64)>,
    /// Whether it put something into the outbox.
    pub told: bool,
}

impl Tx<'_> {
    /// Takes `count` ids of a kind; the first of them.
    pub async fn next_ids(&mut self, kind: &str, count: usize) -> Result<i64> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let (next,): (i64,) =
            sqlx::query_as("UPDATE sequences SET next_id = next_id + $1 WHERE name = $2 RETURNING next_id")
                .bind(count)
                .bind(kind)
                .fetch_one(&mut *self.connection)
                .await?;
        Ok(next - count)
    }
}

pub(crate) struct Writer {
    connection: AnyConnection,
    engine: Engine,
    keys: Arc<Keys>,
    jobs: mpsc::Receiver<Job>,
    /// Whoever delivers waits here.
    outbox: Arc<Notify>,
}

impl Writer {
    pub fn new(
        connection: AnyConnection,
        engine: Engine,
        keys: Arc<Keys>,
        jobs: mpsc::Receiver<Job>,
        outbox: Arc<Notify>,
    ) -> Self {
        Self { connection, engine, keys, jobs, outbox }
    }

    pub async fn run(mut self) {
        let mut jobs = Vec::new();
        let mut stops = Vec::new();
        while self.jobs.recv_many(&mut jobs, GROUP).await > 0 {
            let mut group = Group::default();
            for job in jobs.drain(..) {
                match job {
                    Job::Log(log, reply) => group.logs.push((log, reply)),
                    Job::Create(run, reply) => group.creations.push((run, reply)),
                    Job::Call(call) => group.calls.push(call),
                    Job::Stop(done) => {
                        // What is queued already is still written: `recv_many` goes on to the end.
                        self.jobs.close();
                        stops.push(done);
                    }
                }
            }
            if !group.is_empty() {
                self.commit(group).await;
            }
        }
        if let Some(checkpoint) = self.engine.checkpoint()
            && let Err(cause) = self.connection.execute(checkpoint).await
        {
            tracing::warn!(error = %cause, "the database's log could not be folded into its file");
        }
        if let Err(cause) = self.connection.close().await {
            tracing::warn!(error = %cause, "the database did not close cleanly");
        }
        for done in stops {
            let _ = done.send(());
        }
    }

    async fn commit(&mut self, mut group: Group) {
        let outcome = self.try_commit(&mut group).await;
        group.answer(&outcome);
    }

    async fn try_commit(&mut self, group: &mut Group) -> Result<()> {
        self.connection.execute(self.engine.begin()).await?;
        let mut tx = Tx {
            connection: &mut self.connection,
            engine: self.engine,
            keys: &self.keys,
            learned: Vec::new(),
            told: false,
        };
        let written = group.apply(&mut tx).await;
        let (learned, told) = (std::mem::take(&mut tx.learned), tx.told);
        let committed = match written {
            Ok(()) => self.connection.execute("COMMIT").await.map(drop).map_err(Error::from),
            Err(error) => Err(error),
        };
        if committed.is_ok() {
            self.keys.learn(learned);
            if told {
                self.outbox.notify_one();
            }
        } else if let Err(cause) = self.connection.execute("ROLLBACK").await {
            tracing::warn!(error = %cause, "a transaction could not be rolled back");
        }
        committed
    }
}

/// The jobs of one transaction, with what each of them will be answered if that commits.
#[derive(Default)]
struct Group {
    creations: Vec<(CreateRun, Reply<String>)>,
    calls: Vec<Box<dyn Operation>>,
    logs: Vec<(LogRun, Reply<()>)>,
    created: Vec<Result<String>>,
    logged: Vec<Result<()>>,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.creations.is_empty() && self.calls.is_empty() && self.logs.is_empty()
    }

    async fn apply(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        if !self.calls.is_empty()
            && let Some(alone) = tx.engine.alone()
        {
            tx.connection.execute(alone).await?;
        }
        if !self.creations.is_empty() {
            let runs: Vec<_> = self.creations.iter().map(|(run, _)| run).collect();
            self.created = boxed(crate::runs::insert_all(tx, &runs)).await?;
        }
        for call in &mut self.calls {
            tx.connection.execute("SAVEPOINT operation").await?;
            let undo = if call.run(tx).await { "" } else { "ROLLBACK TO SAVEPOINT operation" };
            if !undo.is_empty() {
                tx.connection.execute(undo).await?;
            }
            tx.connection.execute("RELEASE SAVEPOINT operation").await?;
        }
        if !self.logs.is_empty() {
            let logs: Vec<_> = self.logs.iter().map(|(log, _)| log).collect();
            self.logged = boxed(crate::runs::log_all(tx, &logs)).await?;
        }
        Ok(())
    }

    fn answer(self, outcome: &Result<()>) {
        answer(self.creations, self.created, outcome);
        answer(self.logs, self.logged, outcome);
        for call in self.calls {
            call.answer(outcome.clone());
        }
    }
}

/// Tells everyone what became of their job. Someone who no longer listens is no concern here.
fn answer<J, T>(jobs: Vec<(J, Reply<T>)>, own: Vec<Result<T>>, outcome: &Result<()>) {
    let mut own = own.into_iter();
    for (_, reply) in jobs {
        let answer = outcome.clone().and_then(|()| own.next().unwrap_or(Err(Error::Database)));
        let _ = reply.send(answer);
    }
}

/// Lets the compiler see that a future with many lifetimes can go to another thread.
fn boxed<'f, T>(future: impl Future<Output = T> + Send + 'f) -> BoxFuture<'f, T> {
    Box::pin(future)
}

/// A rarer write, run by itself within the group.
pub(crate) trait Operation: Send {
    /// Whether it succeeded; the caller undoes it if not.
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, bool>;
    fn answer(self: Box<Self>, committed: Result<()>);
}

pub(crate) struct Call<F, T> {
    operation: Option<F>,
    result: Option<Result<T>>,
    reply: Reply<T>,
}

impl<F, T> Call<F, T> {
    pub fn new(operation: F, reply: Reply<T>) -> Self {
        Self { operation: Some(operation), result: None, reply }
    }
}

impl<F, T> Operation for Call<F, T>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T>> + Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, bool> {
        Box::pin(async move {
            if let Some(operation) = self.operation.take() {
                self.result = Some(operation(tx).await);
            }
            matches!(self.result, Some(Ok(_)))
        })
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let result = self.result.unwrap_or(Err(Error::Database));
        let _ = self.reply.send(committed.and(result));
    }
}
