//! Runs beside a baseline, in full: a plain page of params, metrics, data, code, environment and files.

mod file;
mod page;
mod rows;

pub use file::{DiffLine, FileSide, FileView};
pub use page::DetailsPage;

use std::collections::BTreeMap;

use domain::Run;
use domain::reviews::gates::Better;

use crate::url::Query;

/// What the page's address asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DetailsAsked {
    pub runs: Vec<String>,
    /// A run's id; empty: the first.
    pub baseline: String,
    /// Also the rows that are alike.
    pub all: bool,
    /// Metrics of which somebody said what is better.
    pub higher: Vec<String>,
    pub lower: Vec<String>,
    /// The path of a file to compare.
    pub file: String,
}

/// What is compared.
#[derive(Debug, Clone)]
pub struct Details {
    pub asked: DetailsAsked,
    /// Those that there are, in the order asked for.
    pub runs: Vec<Run>,
    /// For each run the packages that it needs, by name; `None`: it says nothing of them.
    pub packages: Vec<Option<BTreeMap<String, String>>>,
    /// Files that several of them have, and how many of them.
    pub shared: Vec<(String, usize)>,
    pub file: Option<FileView>,
}

impl DetailsAsked {
    pub fn address(&self) -> String {
        let query = Query::new().with("runs", &self.runs.join(",")).with("baseline", &self.baseline);
        let query = query.with("all", if self.all { "true" } else { "" });
        let query = self.higher.iter().fold(query, |query, key| query.with("higher", key));
        let query = self.lower.iter().fold(query, |query, key| query.with("lower", key));
        query.with("file", &self.file).after("/compare/details")
    }

    pub fn better(&self, metric: &str) -> Better {
        let is_in = |keys: &[String]| keys.iter().any(|key| key == metric);
        match (is_in(&self.higher), is_in(&self.lower)) {
            (true, _) => Better::Higher,
            (_, true) => Better::Lower,
            _ => Better::suggested_for(metric),
        }
    }

    /// The address where the other is better.
    fn flipped(&self, metric: &str) -> String {
        let mut other = self.clone();
        other.higher.retain(|key| key != metric);
        other.lower.retain(|key| key != metric);
        match self.better(metric) {
            Better::Higher => other.lower.push(metric.to_owned()),
            Better::Lower => other.higher.push(metric.to_owned()),
        }
        other.address()
    }
}

impl Details {
    /// The place of the baseline among the runs.
    pub fn baseline(&self) -> usize {
        self.runs.iter().position(|run| run.uuid == self.asked.baseline).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_better_is_guessed_and_can_be_said() {
        let asked = DetailsAsked { runs: vec!["a".into(), "b".into()], ..DetailsAsked::default() };
        assert_eq!((asked.better("val_auc"), asked.better("log_loss")), (Better::Higher, Better::Lower));
        assert_eq!(asked.flipped("log_loss"), "/compare/details?runs=a,b&higher=log_loss");
        let said = DetailsAsked { higher: vec!["log_loss".into()], ..asked };
        assert_eq!(said.better("log_loss"), Better::Higher);
        assert_eq!(said.flipped("log_loss"), "/compare/details?runs=a,b&lower=log_loss");
    }
}
