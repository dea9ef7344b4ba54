//! The gates of a policy's TOML.

use std::collections::BTreeSet;

use super::parse::check_stage;
use super::reader::{self, At, Fields, Read, refuse};
use crate::limits;
use crate::registry::Stages;
use crate::reviews::gates::{self, Amount, Better, GateKind, GateRule, Margin, WithoutChampion};

pub(super) fn gates(value: At<'_>, stages: &Stages) -> Read<Vec<GateRule>> {
    let mut gates = Vec::new();
    let mut ids = BTreeSet::new();
    for item in reader::list(value)? {
        let gate = gate(item, stages)?;
        if !ids.insert(gate.id.clone()) {
            return refuse(item.span(), format!("the gate `{}` is there twice; remove one", gate.id));
        }
        gates.push(gate);
    }
    gates.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(gates)
}

fn gate(value: At<'_>, stages: &Stages) -> Read<GateRule> {
    let kind = reader::table(value)?.iter().find(|(key, _)| key.get_ref() == "kind").map(|(_, kind)| kind);
    let Some(kind) = kind else {
        return refuse(value.span(), "`kind` is missing; write e.g. `kind = \"metric\"`");
    };
    let known: &[&str] = match reader::text(kind)? {
        "metric" => &["metric", "min", "max", "dataset"],
        "champion" => {
            &["metric", "better", "margin", "must_beat", "dataset", "same_data", "without_champion"]
        }
        "signature" => &["strict", "require"],
        "data" => &["validated"],
        "card_complete" | "monitor" => &[],
        "soak" => &["stage", "for"],
        "check" => &["name"],
        other => {
            let kinds = gates::KINDS.join(", ");
            return refuse(kind.span(), format!("`{other}` is no kind of gate; there are {kinds}"));
        }
    };
    let fields = Fields::of(value, &[&["kind", "required"], known].concat())?;
    let required = fields.flag("required", false)?;
    let kind = match reader::text(kind)? {
        "metric" => metric(&fields)?,
        "champion" => champion(&fields)?,
        "signature" => GateKind::Signature {
            strict: fields.flag("strict", false)?,
            require: fields.flag("require", false)?,
        },
        "data" => GateKind::Data { validated: fields.flag("validated", false)? },
        "card_complete" => GateKind::CardComplete,
        "monitor" => GateKind::Monitor,
        "soak" => soak(&fields, stages)?,
        _ => check(&fields)?,
    };
    Ok(GateRule::new(kind, required))
}

fn metric(fields: &Fields<'_>) -> Read<GateKind> {
    let metric = metric_name(fields)?;
    let (min, max) = (fields.optional("min", reader::number)?, fields.optional("max", reader::number)?);
    match (min, max) {
        (None, None) => return refuse(fields.span.clone(), "write `min` or `max`, or both"),
        (Some(min), Some(max)) if min > max => {
            return refuse(fields.span.clone(), format!("no value is at least {min} and at most {max}"));
        }
        _ => {}
    }
    Ok(GateKind::Metric { metric, min, max, dataset: dataset(fields)? })
}

fn champion(fields: &Fields<'_>) -> Read<GateKind> {
    let metric = metric_name(fields)?;
    let better = fields.word("better", &[("higher", Better::Higher), ("lower", Better::Lower)])?;
    let is_primary = metric == gates::PRIMARY;
    if is_primary && better.is_some() {
        let why = "the model says what is better for its main metric; remove `better`";
        return refuse(fields.span.clone(), why);
    }
    if !is_primary && better.is_none() {
        let why = format!("write whether \"higher\" or \"lower\" is `better` for `{metric}`");
        return refuse(fields.span.clone(), why);
    }
    let margin = match (fields.get("margin"), fields.get("must_beat")) {
        (Some(_), Some(must_beat)) => {
            return refuse(must_beat.span(), "write either `margin` or `must_beat`, not both");
        }
        (None, Some(value)) => Margin::MustBeat(amount(value)?),
        (Some(value), None) => Margin::NoWorseThan(amount(value)?),
        (None, None) => Margin::default(),
    };
    let without = [
        ("pass", WithoutChampion::Pass),
        ("fail", WithoutChampion::Fail),
        ("pending", WithoutChampion::Pending),
    ];
    Ok(GateKind::Champion {
        metric,
        better,
        margin,
        dataset: dataset(fields)?,
        same_data: fields.flag("same_data", true)?,
        without_champion: fields.word("without_champion", &without)?.unwrap_or_default(),
    })
}

fn amount(value: At<'_>) -> Read<Amount> {
    let refused = || {
        let why = "this is a number that isn't negative, or a text such as \"2%\"; write `must_beat` to ask for more than the champion has";
        refuse(value.span(), why)
    };
    if value.get_ref().as_str().is_none() {
        let number = reader::number(value)?;
        return if number < 0.0 { refused() } else { Ok(Amount::Number(number)) };
    }
    let percent = reader::text(value)?.strip_suffix('%').and_then(|percent| percent.parse::<f64>().ok());
    let percent = percent.filter(|percent| percent.is_finite() && *percent >= 0.0);
    percent.map_or_else(refused, |percent| Ok(Amount::Percent(percent + 0.0)))
}

fn metric_name(fields: &Fields<'_>) -> Read<String> {
    let value = fields.needed("metric", "name a metric, or \"@primary\" for the model's main one")?;
    let name = reader::text(value)?;
    if name != gates::PRIMARY {
        limits::check_key("metric", name).or_else(|invalid| refuse(value.span(), invalid.message))?;
    }
    Ok(name.to_owned())
}

fn dataset(fields: &Fields<'_>) -> Read<Option<String>> {
    fields.optional("dataset", |value| {
        let name = reader::text(value)?;
        if name.trim().is_empty() {
            return refuse(value.span(), "name a data set by its name or its digest");
        }
        limits::check_short_text("dataset", name, limits::MAX_DATASET_NAME_LENGTH)
            .or_else(|invalid| refuse(value.span(), invalid.message))?;
        Ok(name.to_owned())
    })
}

fn soak(fields: &Fields<'_>, stages: &Stages) -> Read<GateKind> {
    let stage = fields.needed("stage", "name the stage to have been in")?;
    let name = reader::text(stage)?;
    check_stage(stage.span(), name, stages)?;
    let needed_ms = reader::duration(fields.needed("for", "write how long, e.g. \"48h\"")?)?;
    Ok(GateKind::Soak { stage: name.to_owned(), for_ms: needed_ms })
}

fn check(fields: &Fields<'_>) -> Read<GateKind> {
    let name = fields.needed("name", "write the name that the check reports under")?;
    let text = reader::text(name)?;
    gates::check_name("name", text).or_else(|invalid| refuse(name.span(), invalid.message))?;
    Ok(GateKind::Check { name: text.to_owned() })
}
