//! Whether a record holds: everything that it says is computed again, from the record, the keys that the reader
//! trusts and, if they have them, the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use domain::canonical;
use serde_json::Value;

use crate::predicate::{CANONICALIZATION, Gate, GateStatus, Kind, Override, Predicate};
use crate::tally::{NotCounted, Tally, tally};
use crate::{Envelope, Error, Moment, PublicKey, PublicKeys, Result, Statement, Subject, files, statement};

/// A record that holds. `Display` tells it to people.
#[derive(Debug)]
pub struct Report {
    pub statement: Statement,
    /// The key that signed, with what is known of its time.
    pub key: PublicKey,
    /// For each sign-off, in the record's order, whether it counts.
    pub sign_offs: Vec<std::result::Result<(), NotCounted>>,
    /// What an override did without; empty for every other kind.
    pub skipped: Vec<String>,
    /// Whether the files themselves were compared.
    pub files_compared: bool,
}

/// Verifies a release record: signature, statement, digest, sign-offs, gates and, below `artifacts`, the files.
///
/// The time that counts for retired and revoked keys is the record's own: whoever has a key can write any time,
/// and only the audit log tells which records are older than its theft.
///
/// # Errors
/// The first thing that is wrong, with the file, key, gate or person.
pub fn verify(record: &[u8], keys: &PublicKeys, artifacts: Option<&Path>) -> Result<Report> {
    let verified = Envelope::parse(record)?.verify(statement::PAYLOAD_TYPE, keys)?;
    let statement = Statement::parse(&verified.payload)?;
    let predicate = statement.predicate();
    let key = able_key(&verified.keys, predicate.release.issued_at)?.clone();
    check_digest(predicate)?;
    check_agreement(predicate, statement.subjects())?;
    let authors = authors(predicate)?;
    let may_sign = predicate.policy.author_may_sign && predicate.transition.kind == Kind::Rollback;
    let barred = if may_sign { BTreeSet::new() } else { authors.clone() };
    let counted = tally(&predicate.policy.sign_off, &predicate.sign_offs, &predicate.digest.sha256, &barred);
    let skipped = check_rules(predicate, &counted, &authors)?;
    if let Some(folder) = artifacts {
        files::check(folder, statement.subjects())?;
    }
    Ok(Report { key, sign_offs: counted.counted, skipped, files_compared: artifacts.is_some(), statement })
}

/// One of the keys that signed must have been able to, then.
fn able_key<'k>(keys: &[&'k PublicKey], issued: Moment) -> Result<&'k PublicKey> {
    let mut refusal = Error::Unsigned;
    for key in keys {
        match key.may_sign_at(issued) {
            Ok(()) => return Ok(key),
            Err(why) => refusal = why,
        }
    }
    Err(refusal)
}

fn check_digest(predicate: &Predicate) -> Result<()> {
    let digest = &predicate.digest;
    if digest.canonicalization != CANONICALIZATION {
        return Err(Error::Canonicalization(digest.canonicalization.clone()));
    }
    // Reading refused all numbers that have no canonical form.
    let computed = canonical::digest(&digest.document);
    if digest.sha256 != computed {
        return Err(Error::Digest { said: digest.sha256.clone(), computed });
    }
    Ok(())
}

/// What people signed is the document; the rest of the record must not tell another story. What the document
/// does not say is not compared.
fn check_agreement(predicate: &Predicate, subjects: &[Subject]) -> Result<()> {
    let document = &predicate.digest.document;
    let differs = |what: &str, record: &str, document: &str| {
        let [record, document] = [record, document].map(|said| format!("`{said}`"));
        Err(Error::OtherThanSigned { what: what.into(), record, document })
    };
    for (what, at, record) in [
        ("the model", "/version/name", Some(&predicate.model.name)),
        ("the version", "/version/version", Some(&predicate.model.version)),
        ("the source", "/version/source", predicate.model.source.as_ref()),
        ("the target", "/request/target", Some(&predicate.transition.to)),
        ("the policy", "/policy/sha256", Some(&predicate.policy.sha256)),
    ] {
        if let (Some(record), Some(signed)) = (record, document.pointer(at).and_then(Value::as_str))
            && record != signed
        {
            return differs(what, record, signed);
        }
    }
    let Some(files) = document.get("files") else { return Ok(()) };
    let text =
        |file: &Value, member: &str| file.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let line = |sha256: &str, size: &str| format!("SHA-256 {sha256}, {size} bytes");
    let signed = files.as_array().into_iter().flatten();
    let mut signed: BTreeMap<_, _> =
        signed.map(|file| (text(file, "path"), line(&text(file, "sha256"), &text(file, "size")))).collect();
    for subject in subjects {
        let what = format!("the file `{}`", subject.name());
        let record = line(subject.sha256(), subject.size());
        match signed.remove(subject.name()) {
            Some(signed) if signed == record => {}
            Some(signed) => return differs(&what, &record, &signed),
            None => return differs(&what, &record, "none"),
        }
    }
    match signed.pop_first() {
        Some((path, signed)) => differs(&format!("the file `{path}`"), "none", &signed),
        None => Ok(()),
    }
}

/// Those whose sign-offs never count, by ids and names: the authors in the signed document, and who asked.
fn authors(predicate: &Predicate) -> Result<BTreeSet<&str>> {
    let request = predicate.digest.document.get("request").ok_or(Error::NoAuthors)?;
    let listed = request.get("authors").and_then(Value::as_array).ok_or(Error::NoAuthors)?;
    let listed = listed.iter().map(|author| author.as_str().ok_or(Error::NoAuthors));
    let mut authors = listed.collect::<Result<BTreeSet<_>>>()?;
    authors.extend(request.get("requester").and_then(Value::as_str));
    let asked = &predicate.transition.requested_by;
    authors.insert(&asked.name);
    authors.extend(asked.id.as_deref());
    Ok(authors)
}

/// Holds the record to its policy. An override may lack what the policy asks for; the answer says what.
fn check_rules(predicate: &Predicate, counted: &Tally, authors: &BTreeSet<&str>) -> Result<Vec<String>> {
    let kind = predicate.transition.kind;
    match &predicate.overridden {
        None if kind == Kind::Override => return Err(Error::NoOverride),
        Some(Override { by, reason, .. }) if by.trim().is_empty() || reason.trim().is_empty() => {
            return Err(Error::NoOverride);
        }
        Some(Override { by, .. }) if kind != Kind::Override => {
            return Err(Error::StrayOverride { by: by.clone(), kind: kind.as_str() });
        }
        _ => {}
    }
    let mut broken = Vec::new();
    if !counted.missing.is_empty() {
        let not_counted = predicate.sign_offs.iter().zip(&counted.counted);
        let not_counted = not_counted.filter_map(|(sign_off, counts)| {
            let why = counts.err()?;
            Some(format!("`{}` as `{}` ({why})", sign_off.by, sign_off.role))
        });
        broken.push(Error::SignOffsMissing {
            missing: counted.missing.iter().map(ToString::to_string).collect(),
            not_counted: not_counted.collect(),
        });
    }
    broken.extend(predicate.gates.iter().filter_map(|gate| gate_fault(gate, authors)));
    if kind == Kind::Override {
        return Ok(broken.iter().map(ToString::to_string).collect());
    }
    match broken.into_iter().next() {
        Some(first) => Err(first),
        None => Ok(Vec::new()),
    }
}

fn gate_fault(gate: &Gate, authors: &BTreeSet<&str>) -> Option<Error> {
    let relied_on = gate.required && gate.status == GateStatus::Waived;
    let waiver = gate.waiver.as_ref().filter(|_| relied_on);
    let by_author = waiver.filter(|waiver| {
        authors.contains(waiver.by.as_str()) || waiver.id.as_deref().is_some_and(|id| authors.contains(id))
    });
    let why = match (by_author, gate.blocked_by()) {
        (Some(waiver), _) => format!("waived by `{}`, an author", waiver.by),
        (None, why) => why?.to_owned(),
    };
    Some(Error::Gate { id: gate.id.clone(), why })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let predicate = self.statement.predicate();
        let (release, model, transition) = (&predicate.release, &predicate.model, &predicate.transition);
        writeln!(
            f,
            "`{}` version `{}` to `{}`, issued at {}",
            model.name, model.version, transition.to, release.issued_at
        )?;
        writeln!(f, "signed by the key `{}`", self.key.id())?;
        if let Some(revoked) = self.key.revoked {
            writeln!(
                f,
                "that key is revoked since {revoked}: only the audit log tells whether the record is older"
            )?;
        }
        for (sign_off, counts) in predicate.sign_offs.iter().zip(&self.sign_offs) {
            write!(f, "signed off by `{}` as `{}` at {}", sign_off.by, sign_off.role, sign_off.at)?;
            match counts {
                Ok(()) => writeln!(f)?,
                Err(why) => writeln!(f, ", not counted: {why}")?,
            }
        }
        if let Some(Override { by, reason, .. }) = &predicate.overridden {
            writeln!(f, "override by `{by}`: {reason}")?;
            self.skipped.iter().try_for_each(|skipped| writeln!(f, "overridden: {skipped}"))?;
        }
        let count = self.statement.subjects().len();
        if self.files_compared {
            writeln!(f, "{count} files are those that were released")
        } else {
            writeln!(f, "{count} files are named and were not compared")
        }
    }
}
