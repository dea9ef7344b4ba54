//! Writes a signed record, its public keys and its files into a folder, to be verified with other tools:
//! `cargo run -p release --example make_record FOLDER`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use domain::Millis;
use release::{Keys, Statement};

#[path = "../tests/it/sample.rs"]
mod sample;

const IN_2030: Millis = Millis(1_893_456_000_000);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("say in which folder")?);
    let mut keys = Keys::open(&folder.join("keys"))?;
    sample::write_files(&folder.join("model"))?;
    let record = keys.sign(&Statement::new(sample::subjects(), sample::predicate())?)?;
    fs::write(folder.join("churn-v7-Production.intoto.json"), record.to_line())?;
    // The record is then by a retired key, so that the document's second block is read too.
    keys.rotate(IN_2030)?;
    fs::write(folder.join("countersign.pub"), keys.public_document())?;
    Ok(())
}
