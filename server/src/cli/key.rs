//! `key`: what release records are signed with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::accounts::Caller;
use release::{Keys, PublicKey};
use store::reviews::note_key_rotation;

use super::people::{Data, print};
use crate::clock::now;
use crate::serve::{DATABASE, KEYS, open_database};

#[derive(Subcommand)]
pub enum Key {
    /// Makes a new key sign from now on; what the old one signed stays valid. A server that runs uses it at once
    Rotate {
        #[command(flatten)]
        data: Data,
    },
    /// Lists the key that signs and those that did, the newest first
    List {
        #[command(flatten)]
        data: Data,
    },
}

impl Key {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Rotate { data } => rotate(data.folder()?).await,
            Self::List { data } => {
                let keys = Keys::open(&folder(data.folder()?)?)?;
                let lines = keys.public_keys().iter().map(line);
                print(&lines.collect::<String>())
            }
        }
    }
}

/// The folder of keys that a data folder has.
fn folder(data: &Path) -> anyhow::Result<PathBuf> {
    let keys = data.join(KEYS);
    if !keys.is_dir() {
        bail!("there is no key in {} yet; a server makes one when it first starts", data.display());
    }
    Ok(keys)
}

async fn rotate(data: &Path) -> anyhow::Result<()> {
    let mut keys = Keys::open(&folder(data)?)?;
    let (old, now) = (keys.signing_key().key_id().to_owned(), now());
    keys.rotate(now)?;
    let new = keys.signing_key().key_id().to_owned();
    if data.join(DATABASE).is_file() {
        let noted = async {
            let db = open_database(data).await?.in_the_name_of(Caller::command_line());
            note_key_rotation(&db, old.clone(), new.clone(), now).await?;
            db.close().await;
            anyhow::Ok(())
        };
        noted
            .await
            .with_context(|| format!("the key {new} signs now, but the audit log couldn't be told"))?;
    }
    print(&format!("the key {new} signs from now on\nwhat {old} signed stays valid\n"))
}

fn line(key: &PublicKey) -> String {
    let said = [("from", key.from), ("until", key.until), ("revoked", key.revoked)];
    let said = said.into_iter().filter_map(|(word, at)| at.map(|at| format!("  {word} {at}")));
    format!("{}{}\n", key.id(), said.collect::<String>())
}
