//! `verify`: a release record, or a data folder's audit log.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use domain::accounts::Caller;
use release::PublicKeys;
use sha2::{Digest as _, Sha256};
use store::{Db, audit};

use crate::serve::{KEYS, open_database};

/// Checks a release record on any machine, or a data folder's audit log and records
#[derive(Args)]
pub struct Verify {
    /// The release record to check
    #[arg(value_name = "RELEASE.json")]
    record: Option<PathBuf>,
    /// The folder with the model's files: each has to be the one that was released
    #[arg(long, value_name = "DIR", requires = "record")]
    artifacts: Option<PathBuf>,
    /// The server's public keys, as its /.well-known/countersign.pub gives them; without it those in --data
    #[arg(long, value_name = "FILE", requires = "record")]
    key: Option<PathBuf>,
    /// The folder that holds everything
    #[arg(long, env = "COUNTERSIGN_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Verify {
    pub async fn run(self) -> anyhow::Result<()> {
        match &self.record {
            Some(record) => self.record(record),
            None => self.folder().await,
        }
    }

    fn record(&self, record: &PathBuf) -> anyhow::Result<()> {
        let bytes = std::fs::read(record).with_context(|| format!("can't read {}", record.display()))?;
        let keys = match (&self.key, self.own_keys()) {
            (Some(key), _) => {
                let text = std::fs::read_to_string(key);
                PublicKeys::parse(&text.with_context(|| format!("can't read {}", key.display()))?)?
            }
            (None, Some(folder)) => release::Keys::open(&folder)?.public_keys().clone(),
            (None, None) => {
                let signatures = release::Envelope::parse(&bytes)?.signatures;
                let signers: Vec<_> = signatures.into_iter().map(|signature| signature.keyid).collect();
                bail!(
                    "the record says that it is signed by the key {}; a record can't vouch for its own key: fetch \
                     /.well-known/countersign.pub from the server you trust, and name that file with --key",
                    signers.join(", ")
                );
            }
        };
        let report = release::verify(&bytes, &keys, self.artifacts.as_deref())?;
        say(&format!("{report}\n"))
    }

    /// The folder of the keys of the server whose data folder was named, if it has signed anything.
    fn own_keys(&self) -> Option<PathBuf> {
        self.data.as_ref().map(|data| data.join(KEYS)).filter(|keys| keys.is_dir())
    }

    async fn folder(&self) -> anyhow::Result<()> {
        let data = self.data.clone().unwrap_or_else(|| PathBuf::from("countersign-data"));
        if !data.is_dir() {
            bail!("there is no folder {}; name the server's with --data", data.display());
        }
        let db = open_database(&data).await?.in_the_name_of(Caller::command_line());
        let (entries, head) = audit::verify(&db).await?;
        let mut said =
            vec![format!("the audit log is whole: {entries} entries, the last one's hash is {head}")];
        if let Some(records) = check_records(&db, &data.join(KEYS)).await? {
            said.push(format!(
                "{records} release records hold, and the log is the one that they were made after"
            ));
        }
        db.close().await;
        say(&format!("{}\n", said.join("\n")))
    }
}

/// Checks every release record and that the log is the one that it names; how many there are. `None`: this server has
/// made none, and has no key yet.
async fn check_records(db: &Db, keys: &Path) -> anyhow::Result<Option<usize>> {
    let (records, made) = (store::reviews::all_records(db).await?, audit::reviews_with_records(db).await?);
    if !keys.is_dir() {
        let count = records.len().max(made.len());
        if count > 0 {
            bail!(
                "there is no folder {}: without its keys nobody can check the {count} release records",
                keys.display()
            );
        }
        return Ok(None);
    }
    let keys = release::Keys::open(keys)?;
    let mut anchors = Vec::new();
    for record in &records {
        let of = format!("the release record of review {}", record.review);
        let report = release::verify(record.envelope.as_bytes(), keys.public_keys(), None)
            .with_context(|| format!("{of} doesn't hold"))?;
        let sha256 = hex::encode(Sha256::digest(&record.envelope));
        audit::verify_record(db, record.review, &sha256).await.with_context(|| of)?;
        if let Some(anchor) = &report.statement.predicate().audit {
            let entry: i64 = anchor.seq.parse().with_context(|| format!("`{}` is no entry", anchor.seq))?;
            anchors.push((entry, anchor.hash.clone(), record.review));
        }
    }
    // Who can write to the database can make the chain anew, but not what was signed of it.
    anchors.sort();
    let mut whole = 0;
    for (entry, hash, review) in anchors {
        if audit::hash_of(db, entry).await?.as_ref() != Some(&hash) {
            bail!(
                "the audit log was tampered with: an entry from {} to {entry} isn't the one that was there when the release \
                 record of review {review} was signed",
                whole + 1
            );
        }
        whole = entry;
    }
    let reviews: BTreeSet<_> = records.iter().map(|record| record.review).collect();
    if let Some(missing) = made.difference(&reviews).next() {
        bail!("the release record of review {missing} is gone: the audit log says that it was made");
    }
    Ok(Some(records.len()))
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("nothing could be printed")
}
