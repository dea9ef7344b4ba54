//! The gate about checks that run elsewhere and report here.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{CheckReport, CheckState, Facts, Status, Verdict};
use crate::limits::{self, Invalid};

const MAX_NAME_LENGTH: usize = 100;
const MAX_SUMMARY_LENGTH: usize = 5_000;
const MAX_LINK_LENGTH: usize = 2_000;

/// The name that a check reports under.
///
/// # Errors
/// Names `field` and the rule.
pub fn check_name(field: &str, name: &str) -> Result<(), Invalid> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(Invalid::new(field, "a check's name has printable characters"));
    }
    limits::check_length(field, name, MAX_NAME_LENGTH)
}

/// A report before it is kept.
///
/// # Errors
/// Names `name`, `summary`, `link` or `files_sha256`, and the rule.
pub fn check_report(report: &CheckReport) -> Result<(), Invalid> {
    check_name("name", &report.name)?;
    if let Some(files) = &report.files_sha256
        && !(files.len() == 64 && files.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
    {
        let rule = format!("`{}`; a SHA-256 has 64 digits of 0-9 and a-f", limits::shorten(files));
        return Err(Invalid::new("files_sha256", rule));
    }
    check_finding(&report.summary, report.link.as_deref())
}

/// What a report says, and where more of it is.
///
/// # Errors
/// Names `summary` or `link`, and the rule.
pub fn check_finding(summary: &str, link: Option<&str>) -> Result<(), Invalid> {
    limits::check_short_text("summary", summary, MAX_SUMMARY_LENGTH)?;
    let Some(link) = link else { return Ok(()) };
    let scheme = link.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https"))
        || link.contains(|c: char| c.is_control() || c == ' ')
    {
        return Err(Invalid::new("link", format!("`{link}`; a link begins with https:// or http://")));
    }
    limits::check_length("link", link, MAX_LINK_LENGTH)
}

pub(super) fn check(facts: &Facts, name: &str) -> Verdict {
    let mut reports: Vec<_> = facts.checks.iter().filter(|report| report.name == name).collect();
    reports.sort_by_key(|report| report.at);
    let Some(last) = reports.last() else {
        return Verdict::new(Status::Pending, format!("waiting for {name}"), json!({ "name": name }));
    };
    let mut evidence = json!({
        "name": name,
        "state": last.state.as_str(),
        "summary_sha256": hex::encode(Sha256::digest(&last.summary)),
    });
    if let Some(link) = &last.link {
        evidence["link"] = json!(link);
    }
    if let Some(files) = &last.files_sha256 {
        evidence["files_sha256"] = json!(files);
        match &facts.candidate.files_sha256 {
            Some(now) if now == files => {}
            Some(_) => {
                let summary = format!("{name} was reported for another build; run it again for this one");
                return Verdict::new(Status::Pending, summary, evidence);
            }
            None => return Verdict::new(Status::Pending, super::readiness::HASHING, evidence),
        }
    }
    let (status, words) = match last.state {
        CheckState::Success => (Status::Pass, "succeeded"),
        CheckState::Failure => (Status::Fail, "failed"),
        CheckState::Error => (Status::Fail, "ended with an error"),
        CheckState::Pending => (Status::Pending, "has not started"),
        CheckState::Running => (Status::Pending, "still runs"),
    };
    Verdict::new(status, format!("{name} {words}"), evidence)
}
