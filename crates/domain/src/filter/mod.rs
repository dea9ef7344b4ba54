//! The filter grammar: `metrics.loss < 0.3 AND params.optimizer = 'adam'`, and the order beside it.
//!
//! ```text
//! filter     = [ clause { "AND" clause } ]
//! clause     = subject comparator value
//!            | subject [ "NOT" ] "IN" "(" text { "," text } ")"
//!            | subject "IS" [ "NOT" ] "NULL"
//! subject    = [ entity "." ] key                 entity: metrics, params, tags, attributes, dataset
//! key        = word | "`" any "`" | '"' any '"'
//! comparator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE"
//! value      = number | "'" any "'" | '"' any '"'
//! order      = subject [ "ASC" | "DESC" ]
//! ```
//!
//! The language is that of `mlflow.utils.search_utils`; which subjects there are depends on what is
//! searched ([`Schema`]).

mod lexer;
mod parse;
mod schema;

pub use parse::{parse, parse_order, parse_orders};
pub use schema::{
    EXPERIMENTS, LOGGED_MODELS, MODEL_VERSION_ORDERS, MODEL_VERSIONS, REGISTERED_MODEL_ORDERS,
    REGISTERED_MODELS, RUNS, Schema,
};

use serde::{Deserialize, Serialize};

/// Where and why a filter can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct FilterError {
    /// Characters (not bytes) before the place, from 0.
    pub at: usize,
    pub message: String,
}

impl FilterError {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// What a clause looks at, or an order sorts by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Metric(String),
    Param(String),
    Tag(String),
    /// One of the schema's attributes, by its first name.
    Attribute(&'static str),
    /// `name`, `digest` or `context` of a data set that the run read.
    Dataset(&'static str),
}

/// All clauses must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    pub clauses: Vec<Clause>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    pub subject: Subject,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Number(Comparison, f64),
    Text(TextComparison, String),
    In { negated: bool, values: Vec<String> },
    IsNull { negated: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub fn as_sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextComparison {
    Equal,
    NotEqual,
    /// `%` any characters, `_` any one; case matters.
    Like,
    /// The same; case doesn't matter.
    ILike,
}

/// One key of an order; missing values come last either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBy {
    pub subject: Subject,
    pub ascending: bool,
}
