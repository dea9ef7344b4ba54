//! Gates about whether a version is ready for those who call it and those who answer for it.

use serde_json::json;

use super::facts::integer;
use super::{Departed, Facts, Status, Verdict, VersionFacts};
use crate::Millis;
use crate::reviews::card;
use crate::reviews::signature::{self, Severity, Signature};

pub(super) const HASHING: &str = "the version's files are being hashed";

pub(super) fn signature(facts: &Facts, strict: bool, require: bool) -> Verdict {
    let champion = facts.champion.as_ref();
    let mut evidence = json!({
        "strict": strict,
        "require": require,
        "candidate": facts.candidate.version.to_string(),
    });
    if let Some(champion) = champion {
        evidence["champion"] = json!(champion.version.to_string());
    }
    if facts.candidate.files_sha256.is_none() {
        return Verdict::new(Status::Pending, HASHING, evidence);
    }
    let read =
        read(&facts.candidate).and_then(|new| Ok((new, champion.map(self::read).transpose()?.flatten())));
    let (new, old) = match read {
        Ok(read) => read,
        Err(why) => {
            evidence["error"] = json!(why);
            return Verdict::new(Status::Pending, format!("couldn't be computed: {why}"), evidence);
        }
    };
    evidence["has_signature"] = json!({ "candidate": new.is_some(), "champion": old.is_some() });
    if new.is_none() && require {
        return Verdict::new(Status::Fail, "the version has no signature; log the model with one", evidence);
    }
    let Some(champion) = champion else {
        if let Some(Departed::Deleted(number)) = &facts.departed {
            let target = &facts.target;
            let summary = format!(
                "version {number} came into {target} last, and is deleted: nothing says what callers expect"
            );
            return Verdict::new(Status::Fail, summary, evidence);
        }
        let summary = format!("first in {}: nobody calls an older version", facts.target);
        return Verdict::new(Status::NotApplicable, summary, evidence);
    };
    let findings = signature::compare(old.as_ref(), new.as_ref());
    let told: Vec<_> = findings.iter().filter(|finding| finding.severity > Severity::Ok).collect();
    let one = |finding: &&signature::Finding| {
        json!({
            "path": finding.path,
            "old": finding.old,
            "new": finding.new,
            "severity": format!("{:?}", finding.severity).to_lowercase(),
        })
    };
    evidence["findings"] = told.iter().map(one).collect();
    if old.is_none() {
        let summary =
            format!("version {} has no signature: callers were never promised anything", champion.version);
        return Verdict::new(Status::NotApplicable, summary, evidence);
    }
    let failing: Vec<_> = findings.iter().filter(|finding| finding.fails(strict)).collect();
    let Some(first) = failing.first() else {
        let summary = match told.len() {
            0 => format!("callers of version {} can call it unchanged", champion.version),
            count => {
                format!("callers of version {} can call it; {count} changes to know of", champion.version)
            }
        };
        return Verdict::new(Status::Pass, summary, evidence);
    };
    let more = if failing.len() > 1 { format!(" (and {} more)", failing.len() - 1) } else { String::new() };
    let summary = format!("`{}` {} → {}: {}{more}", first.path, first.old, first.new, first.message);
    Verdict::new(Status::Fail, summary, evidence)
}

fn read(version: &VersionFacts) -> Result<Option<Signature>, String> {
    let read = version.signature.as_ref().map(signature::SignatureTexts::parse).transpose();
    let read = read.map_err(|error| format!("version {}: {error}", version.version))?;
    Ok(read.filter(|signature| !signature.is_empty()))
}

pub(super) fn card(facts: &Facts) -> Verdict {
    let text = facts.card.as_deref().unwrap_or_default();
    let missing = card::missing(text);
    let titles: Vec<_> = missing.iter().map(|section| section.title()).collect();
    let mut evidence = json!({ "missing": titles });
    if !missing.is_empty() {
        let summary = format!("the model card lacks: {}", titles.join(", "));
        return Verdict::new(Status::Fail, summary, evidence);
    }
    let owner = card::owner(text);
    evidence["owner"] = json!(owner);
    evidence["owner_is_enabled"] = json!(facts.owner_is_enabled);
    match owner {
        Some(owner) if facts.owner_is_enabled => Verdict::new(
            Status::Pass,
            format!("the model card is complete; its owner is `{owner}`"),
            evidence,
        ),
        Some(owner) => {
            let summary =
                format!("the card's owner `{owner}` has no account that is enabled; name somebody else");
            Verdict::new(Status::Fail, summary, evidence)
        }
        None => {
            let summary = "the card's owner is no user name; write one under the heading Owner";
            Verdict::new(Status::Fail, summary, evidence)
        }
    }
}

pub(super) fn monitor(required: bool, facts: &Facts) -> Verdict {
    let Some(monitor) = &facts.monitor else {
        let status = if required { Status::Pending } else { Status::NotApplicable };
        return Verdict::new(status, "no monitor", json!({}));
    };
    let mut alerts = monitor.open_alerts.clone();
    alerts.sort();
    alerts.dedup();
    let evidence = json!({ "monitor": monitor.name, "open_alerts": alerts });
    match alerts.len() {
        0 => Verdict::new(Status::Pass, format!("`{}` has no open alert", monitor.name), evidence),
        count => {
            let summary = format!("`{}` has open alerts: {count}", monitor.name);
            Verdict::new(Status::Fail, summary, evidence)
        }
    }
}

/// How long it has been there is not part of the evidence: time alone must not make a signature stale.
pub(super) fn soak(facts: &Facts, stage: &str, for_ms: i64, now: Millis) -> Verdict {
    let mut evidence = json!({ "stage": stage, "needed_ms": integer(for_ms) });
    if facts.candidate.stage != stage {
        return Verdict::new(Status::Fail, format!("it isn't in {stage}"), evidence);
    }
    let Some(entered_at) = facts.candidate.stage_entered_at else {
        let summary = format!(
            "couldn't be computed: its files have changed since it came into {stage}; move it there anew"
        );
        return Verdict::new(Status::Pending, summary, evidence);
    };
    evidence["entered_at"] = integer(entered_at.0);
    let elapsed = now.0.saturating_sub(entered_at.0).max(0);
    let status = if elapsed >= for_ms { Status::Pass } else { Status::Pending };
    let summary = format!("in {stage} for {} of {}", hours(elapsed), hours(for_ms));
    Verdict::new(status, summary, evidence)
}

fn hours(length_ms: i64) -> String {
    let minutes = length_ms / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
