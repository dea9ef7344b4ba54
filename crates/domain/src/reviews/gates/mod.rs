//! Gates: what a computer can say about a version before people sign for it, each with the evidence it saw.

mod checks;
mod data;
pub(crate) mod facts;
mod metric;
mod readiness;
mod rule;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Millis, canonical};
pub use checks::{check_finding, check_name, check_report};
pub use facts::{
    CheckReport, CheckState, DatasetRef, DatasetUse, Departed, Facts, Measured, MonitorState, PrimaryMetric,
    Validation, VersionFacts,
};
pub use rule::{Amount, Better, GateKind, GateRule, KINDS, Margin, PRIMARY, WithoutChampion};

/// What a gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pass,
    Fail,
    /// Something is still to come, or couldn't be found out.
    Pending,
    NotApplicable,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Pending => "pending",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// A gate's answer for one version at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateResult {
    pub id: String,
    /// As the policy calls it, e.g. `champion`.
    pub kind: String,
    pub required: bool,
    pub status: Status,
    /// For people; its words may change from one release to the next.
    pub summary: String,
    /// What was compared with what: texts and integers, and nothing that time alone changes.
    pub evidence: Value,
    /// Over `evidence`.
    pub evidence_sha256: String,
    /// Who lets it pass nevertheless.
    pub waiver: Option<Waiver>,
}

impl GateResult {
    /// Whether a request can't be applied because of it. Where a required gate doesn't apply, the rule that says
    /// so has let it pass.
    pub fn blocks(&self) -> bool {
        self.required && self.waiver.is_none() && matches!(self.status, Status::Fail | Status::Pending)
    }
}

/// A person's word that a gate may fail, or stay pending, with just this evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The gate's id.
    pub gate: String,
    pub by: i64,
    pub reason: String,
    /// What it was given for: see [`waived`].
    pub evidence_sha256: String,
    pub at: Millis,
}

/// What a waiver of a gate is given for: its evidence, of these files. A gate that waits, for a check or for time, has
/// the same evidence whatever the files are.
pub fn waived(result: &GateResult, files_sha256: Option<&str>) -> String {
    match files_sha256 {
        Some(files) => canonical::digest(&json!([result.evidence_sha256, files])),
        None => result.evidence_sha256.clone(),
    }
}

/// A status with its words and its evidence.
struct Verdict {
    status: Status,
    summary: String,
    evidence: Value,
}

impl Verdict {
    fn new(status: Status, summary: impl Into<String>, evidence: Value) -> Self {
        Self { status, summary: summary.into(), evidence }
    }
}

/// Asks the gate. It never fails itself: what can't be computed is pending, and says why.
pub fn evaluate(rule: &GateRule, facts: &Facts, now: Millis) -> GateResult {
    let Verdict { status, summary, evidence } = match &rule.kind {
        GateKind::Metric { metric, min, max, dataset } => {
            metric::bound(rule.required, facts, metric, dataset.as_deref(), *min, *max)
        }
        GateKind::Champion { .. } => metric::champion(rule, facts),
        GateKind::Signature { strict, require } => readiness::signature(facts, *strict, *require),
        GateKind::Data { validated } => data::data(facts, *validated),
        GateKind::CardComplete => readiness::card(facts),
        GateKind::Monitor => readiness::monitor(rule.required, facts),
        GateKind::Soak { stage, for_ms } => readiness::soak(facts, stage, *for_ms, now),
        GateKind::Check { name } => checks::check(facts, name),
    };
    GateResult {
        id: rule.id.clone(),
        kind: rule.kind.as_str().to_owned(),
        required: rule.required,
        status,
        summary,
        evidence_sha256: canonical::digest(&evidence),
        evidence,
        waiver: None,
    }
}

/// Asks all of them, and lays over each the latest waiver that was given for the same evidence of the same files.
pub fn evaluate_all(rules: &[GateRule], facts: &Facts, waivers: &[Waiver], now: Millis) -> Vec<GateResult> {
    let files = facts.candidate.files_sha256.as_deref();
    let with_waiver = |rule| {
        let mut result = evaluate(rule, facts, now);
        if matches!(result.status, Status::Fail | Status::Pending) {
            let mut holding: Vec<_> = waivers.iter().filter(|waiver| holds(waiver, &result, files)).collect();
            holding.sort_by_key(|waiver| (waiver.at, waiver.by));
            result.waiver = holding.last().map(|waiver| (*waiver).clone());
        }
        result
    };
    rules.iter().map(with_waiver).collect()
}

fn holds(waiver: &Waiver, result: &GateResult, files: Option<&str>) -> bool {
    waiver.gate == result.id && waiver.evidence_sha256 == waived(result, files)
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
