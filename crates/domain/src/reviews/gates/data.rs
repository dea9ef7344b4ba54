//! The gate about training data: which it was, and whether it passed its validation.

use std::collections::BTreeSet;

use serde_json::json;

use super::{DatasetUse, Facts, Status, Validation, Verdict};

const TRAINING_CONTEXTS: [&str; 2] = ["training", "train"];

pub(super) fn data(facts: &Facts, validated: bool) -> Verdict {
    let is_context = |context: &&str| TRAINING_CONTEXTS.iter().any(|one| one.eq_ignore_ascii_case(context));
    let is_tagged =
        |used: &DatasetUse| used.context.as_ref().is_some_and(|context| !context.trim().is_empty());
    let is_any_tagged = facts.candidate.datasets.iter().any(is_tagged);
    let is_training = |used: &&DatasetUse| {
        !is_any_tagged || used.context.as_deref().map(str::trim).is_some_and(|one| is_context(&one))
    };
    let is_named = |used: &&DatasetUse| !used.name.trim().is_empty() && !used.digest.trim().is_empty();
    let training: Vec<_> = facts.candidate.datasets.iter().filter(is_training).filter(is_named).collect();
    let listed: BTreeSet<_> =
        training.iter().map(|used| (&used.name, &used.digest, used.validation.as_str())).collect();
    let datasets: Vec<_> = listed
        .into_iter()
        .map(|(name, digest, validation)| {
            if validated {
                json!({ "name": name, "digest": digest, "validation": validation })
            } else {
                json!({ "name": name, "digest": digest })
            }
        })
        .collect();
    let mut evidence = json!({ "datasets": datasets });
    if let Some(status) = facts.candidate.run_status {
        evidence["run_status"] = json!(status.as_str());
    }
    if !is_any_tagged && !training.is_empty() {
        evidence["note"] = json!("no input says what it was used for, so all count as training data");
    }
    if facts.candidate.run_status.is_some_and(|status| !status.is_terminal()) {
        return Verdict::new(Status::Pending, "the run still goes on and may read more data", evidence);
    }
    if training.is_empty() {
        return Verdict::new(Status::Fail, "unknown data: no training data set was logged", evidence);
    }
    let digests: BTreeSet<_> = training.iter().map(|used| used.digest.as_str()).collect();
    let names = training.iter().map(|used| format!("`{}`", used.name)).collect::<BTreeSet<_>>();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    if !validated {
        return Verdict::new(Status::Pass, format!("trained on {names}"), evidence);
    }
    // A digest counts by the worst that is said of it.
    let with = |validation: &[Validation]| {
        let is_such = |used: &&&DatasetUse| validation.contains(&used.validation);
        training.iter().filter(is_such).map(|used| format!("`{}`", used.name)).collect::<BTreeSet<_>>()
    };
    let words = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    let failed = with(&[Validation::Failed]);
    let open = with(&[Validation::NeverRun, Validation::Running]);
    if !failed.is_empty() {
        return Verdict::new(Status::Fail, format!("the validation of {} failed", words(failed)), evidence);
    }
    if !open.is_empty() {
        let summary = format!("{} is not validated yet", words(open));
        return Verdict::new(Status::Pending, summary, evidence);
    }
    let summary = format!("trained on {names}; {} of {} validated", digests.len(), digests.len());
    Verdict::new(Status::Pass, summary, evidence)
}
