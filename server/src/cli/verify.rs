//! `verify`: a release record, or a data folder's audit log.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use domain::accounts::Caller;
use release::PublicKeys;
use sha2::{Digest as _, Sha256};
use store::audit;

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
        let keys_folder = data.join(KEYS);
        if keys_folder.is_dir() {
            let keys = release::Keys::open(&keys_folder)?;
            let records = store::reviews::all_records(&db).await?;
            for record in &records {
                let of = format!("the release record of review {}", record.review);
                release::verify(record.envelope.as_bytes(), keys.public_keys(), None)
                    .with_context(|| format!("{of} doesn't hold"))?;
                let sha256 = hex::encode(Sha256::digest(&record.envelope));
                audit::verify_record(&db, record.review, &sha256).await.with_context(|| of)?;
            }
            let reviews: BTreeSet<_> = records.iter().map(|record| record.review).collect();
            if let Some(missing) = audit::reviews_with_records(&db).await?.difference(&reviews).next() {
                bail!("the release record of review {missing} is gone: the audit log says that it was made");
            }
            said.push(format!("{} release records hold", records.len()));
        }
        db.close().await;
        say(&format!("{}\n", said.join("\n")))
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("nothing could be printed")
}
