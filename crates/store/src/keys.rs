//! Names of params, metrics and tags, each stored once and known by its number. A name never changes
//! its number, so what is known can be kept in memory, by any number of servers.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use sqlx::AnyConnection;

use crate::bulk;
use crate::engine::Engine;
use crate::error::Result;
use crate::sql::Sql;
use crate::writer::Tx;

/// More names than any sane experiment has; a flood of random ones only costs the cache.
const MOST: usize = 200_000;

/// The number of a name that nothing was ever logged under: no row has it.
pub(crate) const UNKNOWN: i64 = -1;

#[derive(Debug, Default)]
pub(crate) struct Keys(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    ids: HashMap<Arc<str>, i64>,
    names: HashMap<i64, Arc<str>>,
}

impl Keys {
    /// Remembers names whose numbers are committed.
    pub fn learn(&self, pairs: Vec<(String, i64)>) {
        if pairs.is_empty() {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.ids.len() + pairs.len() > MOST {
            *known = Known::default();
        }
        for (name, id) in pairs {
            let name: Arc<str> = name.into();
            known.ids.insert(name.clone(), id);
            known.names.insert(id, name);
        }
    }

    fn known<'n>(&self, names: &[&'n str]) -> (HashMap<&'n str, i64>, Vec<&'n str>) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (mut ids, mut missing) = (HashMap::new(), Vec::new());
        for &name in names {
            match known.ids.get(name) {
                Some(id) => {
                    ids.insert(name, *id);
                }
                None => missing.push(name),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        (ids, missing)
    }

    /// The numbers of `names`, as far as they have any.
    pub async fn find<'n>(
        &self,
        connection: &mut AnyConnection,
        engine: Engine,
        names: &[&'n str],
    ) -> Result<HashMap<&'n str, i64>> {
        let (mut ids, missing) = self.known(names);
        if !missing.is_empty() {
            let found = select(connection, engine, &missing).await?;
            add(&mut ids, &missing, &found);
            self.learn(found);
        }
        Ok(ids)
    }

    /// The same within a write: what that has found is known to others only when it is committed.
    pub async fn find_within<'n>(tx: &mut Tx<'_>, names: &[&'n str]) -> Result<HashMap<&'n str, i64>> {
        let (mut ids, missing) = tx.keys.known(names);
        let found = select(tx.connection, tx.engine, &missing).await?;
        add(&mut ids, &missing, &found);
        tx.learned.extend(found);
        Ok(ids)
    }

    /// The names of `ids`.
    pub async fn names(
        &self,
        connection: &mut AnyConnection,
        engine: Engine,
        ids: &[i64],
    ) -> Result<HashMap<i64, Arc<str>>> {
        let (mut names, mut missing) = (HashMap::new(), Vec::new());
        {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            for &id in ids {
                match known.names.get(&id) {
                    Some(name) => {
                        names.insert(id, name.clone());
                    }
                    None => missing.push(id),
                }
            }
        }
        missing.sort_unstable();
        missing.dedup();
        let mut found = Vec::new();
        for chunk in missing.chunks(bulk::MAX_LIST) {
            let mut sql = Sql::new(engine, "SELECT name, id FROM keys WHERE id IN");
            found.extend(sql.list(chunk).fetch::<(String, i64)>(connection).await?);
        }
        names.extend(found.iter().map(|(name, id)| (*id, Arc::from(name.as_str()))));
        self.learn(found);
        Ok(names)
    }

    /// The numbers of `names`; those that have none get one.
    pub async fn intern<'n>(tx: &mut Tx<'_>, names: &[&'n str]) -> Result<HashMap<&'n str, i64>> {
        let (mut ids, missing) = tx.keys.known(names);
        if missing.is_empty() {
            return Ok(ids);
        }
        let mut found = select(tx.connection, tx.engine, &missing).await?;
        if found.len() < missing.len() {
            let known: HashSet<_> = found.iter().map(|(name, _)| name.as_str()).collect();
            let fresh: Vec<_> = missing.iter().copied().filter(|name| !known.contains(name)).collect();
            let first = tx.next_ids("keys", fresh.len()).await?;
            let rows: Vec<_> = (first..).zip(fresh).collect();
            // Another server may have been faster: then its number holds.
            let (head, tail) = ("INSERT INTO keys (id, name)", "ON CONFLICT (name) DO NOTHING");
            bulk::insert(tx.connection, tx.engine, (head, tail), 2, &rows, |row, (id, name)| {
                row.bind(*id).bind(*name)
            })
            .await?;
            found = select(tx.connection, tx.engine, &missing).await?;
        }
        add(&mut ids, &missing, &found);
        tx.learned.extend(found);
        Ok(ids)
    }
}

/// Adds the numbers of `names` that were found.
fn add<'n>(ids: &mut HashMap<&'n str, i64>, names: &[&'n str], found: &[(String, i64)]) {
    let by_name: HashMap<_, _> = found.iter().map(|(name, id)| (name.as_str(), *id)).collect();
    ids.extend(names.iter().filter_map(|name| Some((*name, *by_name.get(name)?))));
}

async fn select(
    connection: &mut AnyConnection,
    engine: Engine,
    names: &[&str],
) -> Result<Vec<(String, i64)>> {
    let mut found = Vec::new();
    for chunk in names.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(engine, "SELECT name, id FROM keys WHERE name IN");
        found.extend(sql.list(chunk).fetch::<(String, i64)>(connection).await?);
    }
    Ok(found)
}
