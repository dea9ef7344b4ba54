//! Which gates there are, and what each can be told.

use serde::{Deserialize, Serialize};

/// The metric that the model names as its main one.
pub const PRIMARY: &str = "@primary";

/// The kinds, as policies call them.
pub const KINDS: [&str; 8] =
    ["metric", "champion", "signature", "data", "card_complete", "monitor", "soak", "check"];

/// One gate of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateRule {
    /// Its kind and what it is about, e.g. `champion:auc`; unique in a policy's table.
    pub id: String,
    pub kind: GateKind,
    /// Whether it has to pass, or only says what it sees.
    pub required: bool,
}

impl GateRule {
    pub fn new(kind: GateKind, required: bool) -> Self {
        Self { id: kind.id(), kind, required }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateKind {
    /// The metric lies between the bounds, or on one of them.
    Metric {
        metric: String,
        min: Option<f64>,
        max: Option<f64>,
        dataset: Option<String>,
    },
    /// The version does as well as the one that it would replace.
    Champion {
        metric: String,
        /// `None` for [`PRIMARY`], whose direction the model names.
        better: Option<Better>,
        margin: Margin,
        dataset: Option<String>,
        /// Whether both have to be measured on the same data.
        same_data: bool,
        without_champion: WithoutChampion,
    },
    /// Callers of the champion can call it.
    Signature {
        /// Also fails where only some callers would notice.
        strict: bool,
        /// Also fails where neither has a signature.
        require: bool,
    },
    /// It is known what it was trained on.
    Data {
        /// And that data passed its validation.
        validated: bool,
    },
    CardComplete,
    /// What serves now raises no alert.
    Monitor,
    /// It has been in the stage for so long, without a break.
    Soak {
        stage: String,
        for_ms: i64,
    },
    /// Something outside has reported success under this name.
    Check {
        name: String,
    },
}

impl GateKind {
    /// Whether it compares by the metric that the model names as its main one.
    pub fn takes_primary_metric(&self) -> bool {
        matches!(self, Self::Metric { metric, .. } | Self::Champion { metric, .. } if metric == PRIMARY)
    }

    /// As policies call it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Metric { .. } => "metric",
            Self::Champion { .. } => "champion",
            Self::Signature { .. } => "signature",
            Self::Data { .. } => "data",
            Self::CardComplete => "card_complete",
            Self::Monitor => "monitor",
            Self::Soak { .. } => "soak",
            Self::Check { .. } => "check",
        }
    }

    fn id(&self) -> String {
        let kind = self.as_str();
        match self {
            Self::Metric { metric, dataset, .. } | Self::Champion { metric, dataset, .. } => {
                let dataset = dataset.as_ref().map(|dataset| format!("@{dataset}"));
                format!("{kind}:{metric}{}", dataset.unwrap_or_default())
            }
            Self::Soak { stage: name, .. } | Self::Check { name } => format!("{kind}:{name}"),
            _ => kind.to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
}

impl Better {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }

    /// A guess for somebody who fills in a form; never for a decision.
    pub fn suggested_for(metric: &str) -> Self {
        let name = metric.to_lowercase();
        let falling = [
            "loss",
            "logloss",
            "error",
            "err",
            "rmse",
            "mae",
            "mse",
            "mape",
            "perplexity",
            "brier",
            "wer",
            "cer",
            "std",
            "deviation",
            "latency",
            "duration",
            "seconds",
            "time",
        ];
        let mut words = name.split(|c: char| !c.is_alphanumeric());
        if words.any(|word| falling.contains(&word)) { Self::Lower } else { Self::Higher }
    }
}

/// How the candidate has to stand to the champion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Margin {
    /// Worse by at most so much.
    NoWorseThan(Amount),
    /// Better by at least so much.
    MustBeat(Amount),
}

impl Default for Margin {
    fn default() -> Self {
        Self::NoWorseThan(Amount::Number(0.0))
    }
}

/// Not negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// In the metric's own unit.
    Number(f64),
    /// Of the champion's value without its sign; 2.0 is 2 %.
    Percent(f64),
}

/// What a comparison says where there is nothing to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithoutChampion {
    #[default]
    Pass,
    Fail,
    Pending,
}
