//! Gates about a metric: within bounds, or no worse than the champion's.

use serde_json::{Value, json};

use super::facts::measured;
use super::{
    Amount, Better, Departed, Facts, GateKind, GateRule, Margin, Measured, PRIMARY, Status, Verdict,
    VersionFacts, WithoutChampion,
};

/// Which metric a gate means.
enum Named<'a> {
    Metric(&'a str, Option<Better>),
    /// The main one, and the model names none.
    Nothing(Verdict),
}

fn named<'a>(required: bool, facts: &'a Facts, metric: &'a str, better: Option<Better>) -> Named<'a> {
    if metric != PRIMARY {
        return Named::Metric(metric, better);
    }
    if let Some(primary) = &facts.primary_metric {
        return Named::Metric(&primary.key, Some(primary.better));
    }
    let status = if required { Status::Fail } else { Status::NotApplicable };
    let evidence = json!({ "metric": PRIMARY });
    Named::Nothing(Verdict::new(status, "the model names no main metric; name one on its page", evidence))
}

fn side(version: &VersionFacts, measured_value: Option<&Measured>) -> Value {
    let mut side = json!({ "version": version.version.to_string() });
    if let Some(one) = measured_value {
        side["value"] = measured(one.value.0);
        side["step"] = json!(one.step.to_string());
        if let Some(dataset) = &one.dataset {
            side["dataset"] = json!({ "name": dataset.name, "digest": dataset.digest });
        }
    } else if let Some(status) = version.run_status {
        side["run_status"] = json!(status.as_str());
    }
    side
}

/// A number to compare, or why there is none.
fn usable(version: &VersionFacts, metric: &str, found: Option<&Measured>) -> Result<f64, (Status, String)> {
    let Some(found) = found else {
        let is_running = version.run_status.is_some_and(|status| !status.is_terminal());
        return Err(if is_running {
            (Status::Pending, format!("`{metric}` isn't measured yet; the run still goes on"))
        } else {
            (Status::Fail, format!("`{metric}` was not measured"))
        });
    };
    let value = found.value.0;
    if value.is_nan() {
        return Err((Status::Fail, format!("`{metric}` is not a number")));
    }
    if value.is_infinite() {
        return Err((Status::Fail, format!("`{metric}` is infinite")));
    }
    Ok(value)
}

pub(super) fn bound(
    required: bool,
    facts: &Facts,
    metric: &str,
    dataset: Option<&str>,
    min: Option<f64>,
    max: Option<f64>,
) -> Verdict {
    let metric = match named(required, facts, metric, None) {
        Named::Metric(metric, _) => metric,
        Named::Nothing(verdict) => return verdict,
    };
    let found = facts.candidate.value(metric, dataset);
    let mut evidence = json!({ "metric": metric, "candidate": side(&facts.candidate, found) });
    for (key, bound) in [("min", min), ("max", max)] {
        if let Some(bound) = bound {
            evidence[key] = measured(bound);
        }
    }
    let value = match usable(&facts.candidate, metric, found) {
        Ok(value) => value,
        Err((status, summary)) => return Verdict::new(status, summary, evidence),
    };
    let is_above = min.is_none_or(|min| value >= min);
    let is_below = max.is_none_or(|max| value <= max);
    let wanted = match (min, max) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "any number".into(),
    };
    let status = if is_above && is_below { Status::Pass } else { Status::Fail };
    Verdict::new(status, format!("`{metric}` is {value}; wanted {wanted}"), evidence)
}

/// Compares the candidate with the champion, and with the version that came last if that was taken out: nobody passes by
/// removing what is better.
pub(super) fn champion(rule: &GateRule, facts: &Facts) -> Verdict {
    let verdict = against(rule, facts, facts.champion.as_ref());
    match &facts.departed {
        Some(departed) if verdict.status == Status::Pass => {
            let number = departed.version();
            let last = match departed {
                Departed::Known(last) => against(rule, facts, Some(last)),
                Departed::Deleted(_) => {
                    Verdict::new(Status::Fail, "nothing is known of it", verdict.evidence.clone())
                }
            };
            if last.status == Status::Pass {
                return verdict;
            }
            let left = if matches!(departed, Departed::Known(_)) { "was taken out" } else { "is deleted" };
            let summary =
                format!("version {number} came into {} last, and {left}: {}", facts.target, last.summary);
            Verdict::new(last.status, summary, last.evidence)
        }
        _ => verdict,
    }
}

/// Compares the candidate with a version. What the candidate lacks counts before what that lacks.
fn against(rule: &GateRule, facts: &Facts, champion_facts: Option<&VersionFacts>) -> Verdict {
    let GateKind::Champion { metric, better, margin, dataset, same_data, without_champion } = &rule.kind
    else {
        return Verdict::new(Status::Pending, "couldn't be computed: the rule compares nothing", json!({}));
    };
    let (metric, better) = match named(rule.required, facts, metric, *better) {
        Named::Metric(metric, better) => (metric, better),
        Named::Nothing(verdict) => return verdict,
    };
    let mut evidence = json!({ "metric": metric, "margin": margin_evidence(*margin) });
    let Some(better) = better else {
        let summary = format!("couldn't be computed: nothing says what is better for `{metric}`");
        return Verdict::new(Status::Pending, summary, evidence);
    };
    evidence["better"] = json!(better.as_str());
    let candidate = facts.candidate.value(metric, dataset.as_deref());
    evidence["candidate"] = side(&facts.candidate, candidate);
    if champion_facts.is_some_and(|champion| champion.version == facts.candidate.version) {
        let summary = format!("version {} is the champion itself", facts.candidate.version);
        return Verdict::new(Status::NotApplicable, summary, evidence);
    }
    let champion = champion_facts.and_then(|champion| champion.value(metric, dataset.as_deref()));
    if let Some(facts) = champion_facts {
        evidence["champion"] = side(facts, champion);
    }
    let value = match usable(&facts.candidate, metric, candidate) {
        Ok(value) => value,
        Err((status, summary)) => return Verdict::new(status, summary, evidence),
    };
    let Some(champion_facts) = champion_facts else {
        let first = format!("first in {}", facts.target);
        evidence["note"] = json!(first);
        let status = match without_champion {
            WithoutChampion::Pass => Status::Pass,
            WithoutChampion::Fail => Status::Fail,
            WithoutChampion::Pending => Status::Pending,
        };
        return Verdict::new(status, format!("{first}: there is no champion to compare with"), evidence);
    };
    let best = match usable(champion_facts, metric, champion) {
        Ok(best) => best,
        Err((_, why)) => {
            let summary = format!("can't be compared with version {}: {why}", champion_facts.version);
            return Verdict::new(Status::Pending, summary, evidence);
        }
    };
    let datasets = [candidate, champion].map(|one| one.and_then(|one| one.dataset.as_ref()));
    match datasets {
        [Some(one), Some(other)] if one.digest != other.digest => {
            evidence["note"] = json!("different data");
            if *same_data {
                let summary = format!("different data: `{}` and `{}`", one.digest, other.digest);
                return Verdict::new(Status::Pending, summary, evidence);
            }
        }
        [Some(_), Some(_)] => {}
        _ => evidence["note"] = json!("it isn't known whether both were measured on the same data"),
    }
    let status = if is_good_enough(better, *margin, value, best) { Status::Pass } else { Status::Fail };
    let summary = format!(
        "`{metric}` is {value}, that of version {} {best}; {} is better, {}",
        champion_facts.version,
        better.as_str(),
        margin_text(*margin)
    );
    Verdict::new(status, summary, evidence)
}

/// Rounding forgives no more than this part of the champion's value: 0.91 − 0.01 isn't 0.9 in binary.
const TOLERANCE: f64 = 1e-12;

fn is_good_enough(better: Better, margin: Margin, candidate: f64, champion: f64) -> bool {
    let worse_by = match better {
        Better::Higher => champion - candidate,
        Better::Lower => candidate - champion,
    };
    let tolerance = TOLERANCE * champion.abs().max(candidate.abs());
    let amount = |amount: Amount| match amount {
        Amount::Number(number) => number,
        Amount::Percent(percent) => champion.abs() * (percent / 100.0),
    };
    match margin {
        Margin::NoWorseThan(most) => worse_by <= amount(most) + tolerance,
        Margin::MustBeat(least) => -worse_by >= amount(least) - tolerance,
    }
}

fn margin_evidence(margin: Margin) -> Value {
    let amount = |amount| match amount {
        Amount::Number(number) => measured(number),
        Amount::Percent(percent) => json!(format!("{percent}%")),
    };
    match margin {
        Margin::NoWorseThan(most) => json!({ "no_worse_than": amount(most) }),
        Margin::MustBeat(least) => json!({ "must_beat": amount(least) }),
    }
}

fn margin_text(margin: Margin) -> String {
    let amount = |amount| match amount {
        Amount::Number(number) => number.to_string(),
        Amount::Percent(percent) => format!("{percent} %"),
    };
    match margin {
        Margin::NoWorseThan(most) => format!("worse by at most {} is allowed", amount(most)),
        Margin::MustBeat(least) => format!("better by at least {} is wanted", amount(least)),
    }
}
