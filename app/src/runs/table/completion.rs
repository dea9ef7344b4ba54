//! What could come next in a filter: keys, comparators, values.

use domain::RunStatus;
use domain::filter::{RUNS, Subject, parse_order};
use domain::runs::RunKeys;

use super::column::{quoted_key, quoted_text};

/// A text that the filter box offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub text: String,
    /// What it is: `metric`, `param`, …
    pub kind: &'static str,
}

/// The suggestions for a place in a filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// The bytes that a suggestion replaces.
    pub from: usize,
    pub to: usize,
    pub items: Vec<Suggestion>,
    /// The param whose values would be suggested, if they were known.
    pub wants_values_of: Option<String>,
}

/// How many suggestions are shown.
const MOST: usize = 12;

/// Completes `text` at the byte `caret`; `values` knows the values of a param.
pub fn complete(
    text: &str,
    caret: usize,
    keys: &RunKeys,
    values: impl Fn(&str) -> Option<Vec<String>>,
) -> Completion {
    let before = text.get(..caret).unwrap_or(text);
    let Place { expects, from } = place(before);
    let typed = &before[from..];
    let mut wants_values_of = None;
    let all = match expects {
        Expects::Subject => subjects(keys),
        Expects::Comparator(subject) => comparators(&subject),
        Expects::Null => plain(&["NULL", "NOT NULL"], ""),
        Expects::And => plain(&["AND"], ""),
        Expects::Value(subject) => match subject_of(&subject) {
            Some(Subject::Param(key)) => values(&key).map_or_else(
                || {
                    wants_values_of = Some(key.clone());
                    Vec::new()
                },
                |values| suggest(values.iter().map(|value| quoted_text(value)), "value"),
            ),
            Some(Subject::Attribute("status")) => {
                suggest(RunStatus::ALL.iter().map(|status| quoted_text(status.as_str())), "status")
            }
            _ => Vec::new(),
        },
    };
    Completion { from, to: caret.min(text.len()), items: matching(all, typed), wants_values_of }
}

/// The text with a suggestion put in, and where the caret goes (in bytes).
pub fn accept(text: &str, completion: &Completion, suggestion: &Suggestion) -> (String, usize) {
    let rest = text[completion.to..].trim_start();
    let start = format!("{}{} ", &text[..completion.from], suggestion.text);
    let caret = start.len();
    (start + rest, caret)
}

enum Expects {
    Subject,
    /// After this subject.
    Comparator(String),
    /// A value for this subject.
    Value(String),
    Null,
    And,
}

struct Place {
    expects: Expects,
    /// Where the word that is being typed starts.
    from: usize,
}

/// Walks the clauses before the caret.
fn place(before: &str) -> Place {
    let mut at = 0;
    loop {
        let (subject, next) = match word(before, at, |c| c.is_whitespace() || "=!<>(),".contains(c)) {
            Ok(found) => found,
            Err(from) => return Place { expects: Expects::Subject, from },
        };
        let (comparator, next) = match comparator(before, next) {
            Ok(found) => found,
            Err(from) => return Place { expects: Expects::Comparator(subject), from },
        };
        let expects_null = comparator.eq_ignore_ascii_case("IS");
        let value = if expects_null { null(before, next) } else { value(before, next) };
        let next = match value {
            Ok(next) => next,
            Err(from) if expects_null => return Place { expects: Expects::Null, from },
            Err(from) => return Place { expects: Expects::Value(subject), from },
        };
        at = match word(before, next, char::is_whitespace) {
            Ok((_and, next)) => next,
            Err(from) => return Place { expects: Expects::And, from },
        };
    }
}

fn skip_space(text: &str, at: usize) -> usize {
    at + text[at..].len() - text[at..].trim_start().len()
}

/// The word from `at` and its end, or where it starts if it reaches the caret. Quotes hide ends.
fn word(text: &str, at: usize, ends: impl Fn(char) -> bool) -> Result<(String, usize), usize> {
    let from = skip_space(text, at);
    let mut quote = None;
    for (index, c) in text[from..].char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if "'\"`".contains(c) => quote = Some(c),
            None if ends(c) && index > 0 => return Ok((text[from..from + index].to_owned(), from + index)),
            Some(_) | None => {}
        }
    }
    Err(from)
}

fn comparator(text: &str, at: usize) -> Result<(String, usize), usize> {
    let from = skip_space(text, at);
    let symbols = text[from..].chars().take_while(|c| "=!<>".contains(*c)).count();
    if symbols > 0 {
        return Ok((text[from..from + symbols].to_owned(), from + symbols));
    }
    let (first, next) = word(text, from, |c| c.is_whitespace() || "('\"".contains(c))?;
    if first.eq_ignore_ascii_case("NOT") {
        return word(text, next, |c| c.is_whitespace() || c == '(').map_err(|_| from);
    }
    Ok((first, next))
}

fn null(text: &str, at: usize) -> Result<usize, usize> {
    let from = skip_space(text, at);
    let (first, next) = word(text, from, char::is_whitespace)?;
    if first.eq_ignore_ascii_case("NOT") {
        return word(text, next, char::is_whitespace).map(|(_, next)| next).map_err(|_| from);
    }
    Ok(next)
}

fn value(text: &str, at: usize) -> Result<usize, usize> {
    let from = skip_space(text, at);
    if text[from..].starts_with('(') {
        let end = text[from..].find(')').ok_or(from)?;
        return Ok(from + end + 1);
    }
    let mut chars = text[from..].char_indices();
    match chars.next() {
        // A quoted value ends with its quote, also right before the caret.
        Some((_, quote)) if "'\"".contains(quote) => {
            let (end, _) = chars.find(|&(_, c)| c == quote).ok_or(from)?;
            Ok(from + end + 1)
        }
        _ => word(text, from, char::is_whitespace).map(|(_, next)| next),
    }
}

fn subject_of(subject: &str) -> Option<Subject> {
    parse_order(&RUNS, subject).ok().map(|order| order.subject)
}

fn subjects(keys: &RunKeys) -> Vec<Suggestion> {
    let of = |prefix: &'static str, kind, keys: &[String]| {
        suggest(keys.iter().map(|key| format!("{prefix}.{}", quoted_key(key))), kind)
    };
    let attributes = RUNS.attributes.iter().map(|attribute| attribute.names[0].to_owned());
    [
        of("metrics", "metric", &keys.metrics),
        of("params", "param", &keys.params),
        suggest(attributes, "attribute"),
        of("tags", "tag", &keys.tags),
        plain(&["dataset.name", "dataset.digest", "dataset.context"], "dataset"),
    ]
    .concat()
}

fn comparators(subject: &str) -> Vec<Suggestion> {
    let listed: &[&str] = match subject_of(subject) {
        Some(Subject::Metric(_) | Subject::Attribute("start_time" | "end_time" | "duration")) => {
            &["<", "<=", ">", ">=", "=", "!="]
        }
        Some(Subject::Param(_) | Subject::Tag(_)) => &["=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"],
        Some(Subject::Attribute("run_id")) => &["=", "!=", "IN", "NOT IN"],
        _ => &["=", "!=", "LIKE", "ILIKE"],
    };
    plain(listed, "")
}

fn plain(texts: &[&str], kind: &'static str) -> Vec<Suggestion> {
    suggest(texts.iter().map(|text| (*text).to_owned()), kind)
}

fn suggest(texts: impl Iterator<Item = String>, kind: &'static str) -> Vec<Suggestion> {
    texts.map(|text| Suggestion { text, kind }).collect()
}

/// Those that contain what was typed; those where a part starts with it come first.
fn matching(all: Vec<Suggestion>, typed: &str) -> Vec<Suggestion> {
    let unquoted = |text: &str| text.to_lowercase().replace(['`', '\'', '"'], "");
    let bare = unquoted(typed);
    let rank = |one: &Suggestion| {
        let text = unquoted(&one.text);
        let starts =
            text.starts_with(&bare) || text.split(['.', '/', '_']).any(|part| part.starts_with(&bare));
        if starts { Some(0) } else { text.contains(&bare).then_some(1) }
    };
    let mut found: Vec<_> = all
        .into_iter()
        .filter_map(|one| Some((rank(&one)?, one)))
        .filter(|(_, one)| !one.text.eq_ignore_ascii_case(typed))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().take(MOST).map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> RunKeys {
        RunKeys {
            params: vec!["lr".into(), "optimizer".into()],
            metrics: vec!["loss".into(), "val loss".into()],
            tags: vec!["team".into()],
        }
    }

    fn offered(text: &str) -> Vec<String> {
        let values = |key: &str| (key == "optimizer").then(|| vec!["adam".into(), "it's".into()]);
        complete(text, text.len(), &keys(), values).items.into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn an_empty_box_offers_the_keys_that_runs_have() {
        let all = offered("");
        assert_eq!(all[..4], ["metrics.loss", "metrics.`val loss`", "params.lr", "params.optimizer"]);
    }

    #[test]
    fn a_key_that_needs_quotes_is_found_without_them() {
        assert_eq!(offered("metrics.val"), ["metrics.`val loss`"]);
        assert_eq!(offered("metrics.`val"), ["metrics.`val loss`"]);
    }

    #[test]
    fn a_typed_part_narrows_the_keys() {
        assert_eq!(offered("lo"), ["metrics.loss", "metrics.`val loss`"]);
        assert_eq!(offered("params.o"), ["params.optimizer"]);
        assert_eq!(offered("stat"), ["status"]);
        assert_eq!(offered("metrics.loss < 1 AND te")[0], "tags.team");
    }

    #[test]
    fn after_a_key_come_the_comparators_that_fit_it() {
        assert_eq!(offered("metrics.loss "), ["<", "<=", ">", ">=", "=", "!="]);
        assert!(offered("params.lr ").contains(&"IS NULL".to_owned()));
        assert_eq!(offered("params.lr LI"), ["LIKE", "ILIKE"]);
        assert!(offered("metrics.`val loss` ").contains(&"<".to_owned()));
    }

    #[test]
    fn after_a_comparator_come_values() {
        assert_eq!(offered("params.optimizer = "), ["'adam'", "\"it's\""]);
        assert_eq!(offered("params.optimizer = 'ad"), ["'adam'"]);
        assert_eq!(offered("status='FIN"), ["'FINISHED'"]);
        assert_eq!(offered("tags.team IS "), ["NULL", "NOT NULL"]);
        assert!(offered("metrics.loss < 0.").is_empty());
    }

    #[test]
    fn unknown_values_are_asked_for() {
        let completion = complete("params.lr = ", 12, &keys(), |_| None);
        assert_eq!(completion.wants_values_of.as_deref(), Some("lr"));
    }

    #[test]
    fn after_a_clause_comes_and() {
        assert_eq!(offered("metrics.loss < 1 "), ["AND"]);
        assert_eq!(offered("params.lr = 'a' "), ["AND"]);
        assert_eq!(offered("run_id IN ('a', 'b') an"), ["AND"]);
        assert_eq!(offered("tags.team IS NOT NULL "), ["AND"]);
    }

    #[test]
    fn accepting_replaces_what_was_typed_and_keeps_the_rest() {
        let text = "params.o  AND metrics.loss < 1";
        let completion = complete(text, 8, &keys(), |_| None);
        let (changed, caret) = accept(text, &completion, &completion.items[0]);
        assert_eq!(changed, "params.optimizer AND metrics.loss < 1");
        assert_eq!(&changed[..caret], "params.optimizer ");
    }

    #[test]
    fn odd_places_do_not_panic() {
        let text = "params.größe = 'ü' AND `";
        for caret in 0..=text.len() + 3 {
            complete(text, caret, &keys(), |_| None);
        }
    }
}
