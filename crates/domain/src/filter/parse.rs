//! Tokens to a filter, checked against what can be searched.

use super::lexer::{Placed, Token, tokens};
use super::schema::AttributeKind;
use super::{Clause, Comparison, Filter, FilterError, OrderBy, Schema, Subject, Test, TextComparison};
use crate::limits::{self, Invalid, truncate};

/// Reads a filter; an empty one has no clauses and holds for everything.
///
/// # Errors
/// The place and what would be right there.
pub fn parse(schema: &Schema, input: &str) -> Result<Filter, FilterError> {
    let mut parser = Parser::new(schema, input)?;
    let mut clauses = Vec::new();
    if parser.peek().token == Token::End {
        return Ok(Filter { clauses });
    }
    loop {
        if clauses.len() == limits::MAX_CLAUSES {
            let message = format!("at most {} conditions can be combined", limits::MAX_CLAUSES);
            return Err(FilterError::new(parser.peek().at, message));
        }
        clauses.push(parser.clause()?);
        if parser.peek().token == Token::End {
            return Ok(Filter { clauses });
        }
        if !parser.take_word("AND") {
            let next = parser.peek();
            let hint = if is_word(&next.token, "OR") { "; `OR` is not in this language" } else { "" };
            return Err(FilterError::new(
                next.at,
                format!("invalid clause(s) in filter string: expected `AND`, found {}{hint}", next.token),
            ));
        }
    }
}

/// Reads one key of an order, e.g. `metrics.loss DESC`.
///
/// # Errors
/// The place and what would be right there.
pub fn parse_order(schema: &Schema, input: &str) -> Result<OrderBy, FilterError> {
    let mut parser = Parser::new(schema, input)?;
    let (subject, at) = parser.subject()?;
    if matches!(subject, Subject::Dataset(_)) {
        return Err(FilterError::new(at, "invalid order_by: runs can't be sorted by data set"));
    }
    if !schema.has_metrics && !matches!(subject, Subject::Attribute(_)) {
        return Err(FilterError::new(at, "invalid order_by entity: only attributes can be sorted by here"));
    }
    let ascending = parser.take_word("ASC") || !parser.take_word("DESC");
    let next = parser.peek();
    if next.token != Token::End {
        return Err(FilterError::new(
            next.at,
            format!("invalid order_by clause `{input}`: expected `ASC` or `DESC`, found {}", next.token),
        ));
    }
    Ok(OrderBy { subject, ascending })
}

/// The keys of an order, the first one first.
///
/// # Errors
/// Names `order_by`, and the place in the key that can't be read.
pub fn parse_orders(schema: &Schema, inputs: &[String]) -> Result<Vec<OrderBy>, Invalid> {
    let parse = |input: &String| {
        parse_order(schema, input).map_err(|error| {
            let shown = truncate(input.clone(), 80);
            Invalid::new("order_by", format!("`{shown}` at character {}: {}", error.at + 1, error.message))
        })
    };
    limits::check_count("order_by", inputs.len(), limits::MAX_ORDERS)?;
    inputs.iter().map(parse).collect()
}

fn is_word(token: &Token, keyword: &str) -> bool {
    matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
}

struct Parser<'a> {
    schema: &'a Schema,
    tokens: Vec<Placed>,
    position: usize,
    /// How many values lists had so far.
    listed: usize,
}

impl<'a> Parser<'a> {
    fn new(schema: &'a Schema, input: &str) -> Result<Self, FilterError> {
        Ok(Self { schema, tokens: tokens(input)?, position: 0, listed: 0 })
    }

    /// The last token is `End` and is never passed.
    fn peek(&self) -> &Placed {
        &self.tokens[self.position]
    }

    fn next(&mut self) -> Placed {
        let placed = self.tokens[self.position].clone();
        if self.position + 1 < self.tokens.len() {
            self.position += 1;
        }
        placed
    }

    fn take_word(&mut self, keyword: &str) -> bool {
        let is_it = is_word(&self.peek().token, keyword);
        if is_it {
            self.next();
        }
        is_it
    }

    fn clause(&mut self) -> Result<Clause, FilterError> {
        let (subject, subject_at) = self.subject()?;
        let operator = self.next();
        let test = match operator.token {
            Token::Operator(symbol) => self.comparison(&subject, symbol, operator.at)?,
            Token::Word(ref word) => match word.to_ascii_uppercase().as_str() {
                "LIKE" => self.like(&subject, TextComparison::Like, operator.at)?,
                "ILIKE" => self.like(&subject, TextComparison::ILike, operator.at)?,
                "IN" => self.list(&subject, false, operator.at)?,
                "NOT" if self.take_word("IN") => self.list(&subject, true, operator.at)?,
                "IS" => self.null_test(&subject, subject_at)?,
                _ => return Err(unknown_operator(&operator)),
            },
            _ => return Err(unknown_operator(&operator)),
        };
        Ok(Clause { subject, test })
    }

    fn subject(&mut self) -> Result<(Subject, usize), FilterError> {
        let Placed { token, at, .. } = self.next();
        let (entity, key) = match token {
            Token::Word(word) => match word.split_once('.') {
                Some((entity, key)) => (Some(entity.to_owned()), key.to_owned()),
                None if self.peek().token == Token::Dot && self.peek().is_attached => {
                    self.next();
                    (Some(word), self.quoted_key()?)
                }
                None => (None, word),
            },
            Token::Backticked(key) => {
                if self.peek().token == Token::Dot && self.peek().is_attached {
                    self.next();
                    (Some(key), self.quoted_key()?)
                } else {
                    (None, key)
                }
            }
            other => {
                return Err(FilterError::new(
                    at,
                    format!("expected what to look at, e.g. `{}`, found {other}", self.example()),
                ));
            }
        };
        let subject = match &entity {
            Some(entity) => self.schema.subject(entity, &key),
            None => self.schema.subject("attribute", &key),
        };
        subject.map(|subject| (subject, at)).map_err(|message| FilterError::new(at, message))
    }

    fn quoted_key(&mut self) -> Result<String, FilterError> {
        let Placed { token, at, is_attached } = self.next();
        match token {
            Token::Backticked(key) | Token::DoubleQuoted(key) | Token::Text(key) | Token::Word(key)
                if is_attached =>
            {
                Ok(key)
            }
            other => Err(FilterError::new(at, format!("expected a key after the dot, found {other}"))),
        }
    }

    fn example(&self) -> &'static str {
        if self.schema.has_metrics { "metrics.loss" } else { "name" }
    }

    fn is_numeric(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Metric(_) => true,
            Subject::Attribute(name) => {
                self.schema.attribute(name).is_some_and(|(_, kind)| kind == AttributeKind::Number)
            }
            _ => false,
        }
    }

    fn comparison(&mut self, subject: &Subject, symbol: &str, at: usize) -> Result<Test, FilterError> {
        if self.is_numeric(subject) {
            let comparison = match symbol {
                "=" => Comparison::Equal,
                "!=" => Comparison::NotEqual,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                ">" => Comparison::Greater,
                _ => Comparison::GreaterOrEqual,
            };
            let Placed { token, at, .. } = self.next();
            return match token {
                Token::Number(number) => Ok(Test::Number(comparison, number)),
                Token::Text(ref text) | Token::DoubleQuoted(ref text)
                    if self.schema.has_quoted_numbers && text.parse::<i32>().is_ok() =>
                {
                    Ok(Test::Number(comparison, text.parse::<i32>().map_or(0.0, f64::from)))
                }
                other => Err(FilterError::new(
                    at,
                    format!("expected numeric value type for {}, found {other}", name_of(subject)),
                )),
            };
        }
        let comparison = match symbol {
            "=" => TextComparison::Equal,
            "!=" => TextComparison::NotEqual,
            _ => {
                return Err(FilterError::new(
                    at,
                    format!(
                        "invalid comparator `{symbol}` for {}; use `=`, `!=`, `LIKE`, `ILIKE`",
                        name_of(subject)
                    ),
                ));
            }
        };
        Ok(Test::Text(comparison, self.text(subject)?))
    }

    fn like(
        &mut self,
        subject: &Subject,
        comparison: TextComparison,
        at: usize,
    ) -> Result<Test, FilterError> {
        if self.is_numeric(subject) {
            return Err(FilterError::new(
                at,
                format!("invalid comparator `LIKE` for {}, which is a number", name_of(subject)),
            ));
        }
        let text = self.text(subject)?;
        limits::check_length("pattern", &text, limits::MAX_PATTERN_LENGTH)
            .map_err(|invalid| FilterError::new(at, invalid.message))?;
        Ok(Test::Text(comparison, text))
    }

    fn text(&mut self, subject: &Subject) -> Result<String, FilterError> {
        let Placed { token, at, .. } = self.next();
        match token {
            Token::Text(text) | Token::DoubleQuoted(text) => Ok(text),
            other => Err(FilterError::new(
                at,
                format!(
                    "expected a quoted string value for {}, e.g. 'my-value'; found {other}",
                    name_of(subject)
                ),
            )),
        }
    }

    fn list(&mut self, subject: &Subject, negated: bool, at: usize) -> Result<Test, FilterError> {
        let is_allowed = match subject {
            Subject::Attribute(name) => {
                self.schema.attribute(name).is_some_and(|(_, kind)| kind == AttributeKind::Identifier)
            }
            Subject::Dataset(_) => true,
            Subject::Param(_) | Subject::Tag(_) => self.schema.has_lists_for_keys,
            Subject::Metric(_) => false,
        };
        if !is_allowed {
            return Err(FilterError::new(
                at,
                format!("{} does not support comparison with a list", name_of(subject)),
            ));
        }
        let open = self.next();
        if open.token != Token::Open {
            return Err(FilterError::new(open.at, format!("expected `(`, found {}", open.token)));
        }
        let mut values = Vec::new();
        loop {
            let Placed { token, at, .. } = self.next();
            match token {
                Token::Text(text) | Token::DoubleQuoted(text) => {
                    self.listed += 1;
                    if self.listed > limits::MAX_LISTED_VALUES {
                        let message = format!("at most {} values can be listed", limits::MAX_LISTED_VALUES);
                        return Err(FilterError::new(at, message));
                    }
                    values.push(text);
                }
                // ('a',) is how Python writes a list of one.
                Token::Close if !values.is_empty() => break,
                other => {
                    return Err(FilterError::new(
                        at,
                        format!("expected a quoted string in the list, found {other}"),
                    ));
                }
            }
            let Placed { token, at, .. } = self.next();
            match token {
                Token::Comma => {}
                Token::Close => break,
                other => {
                    return Err(FilterError::new(at, format!("expected `,` or `)`, found {other}")));
                }
            }
        }
        Ok(Test::In { negated, values })
    }

    fn null_test(&mut self, subject: &Subject, at: usize) -> Result<Test, FilterError> {
        let negated = self.take_word("NOT");
        let null = self.peek().clone();
        if !self.take_word("NULL") {
            return Err(FilterError::new(
                null.at,
                format!("expected `NULL` or `NOT NULL` after `IS`, found {}", null.token),
            ));
        }
        let has_it = self.schema.has_null_tests && matches!(subject, Subject::Param(_) | Subject::Tag(_));
        if !has_it {
            return Err(FilterError::new(
                at,
                format!("`IS NULL` is only supported for tags and params, not for {}", name_of(subject)),
            ));
        }
        Ok(Test::IsNull { negated })
    }
}

fn unknown_operator(found: &Placed) -> FilterError {
    FilterError::new(
        found.at,
        format!(
            "expected a comparator (`=`, `!=`, `<`, `<=`, `>`, `>=`, `LIKE`, `ILIKE`, `IN`, `IS NULL`), \
             found {}",
            found.token
        ),
    )
}

fn name_of(subject: &Subject) -> String {
    match subject {
        Subject::Metric(key) => format!("metric `{key}`"),
        Subject::Param(key) => format!("param `{key}`"),
        Subject::Tag(key) => format!("tag `{key}`"),
        Subject::Attribute(name) => format!("attribute `{name}`"),
        Subject::Dataset(field) => format!("dataset `{field}`"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{EXPERIMENTS, LOGGED_MODELS, RUNS};
    use super::*;

    fn one(input: &str) -> Clause {
        let mut filter = parse(&RUNS, input).unwrap_or_else(|error| panic!("{input}: {error:?}"));
        assert_eq!(filter.clauses.len(), 1, "{input}");
        filter.clauses.remove(0)
    }

    #[test]
    fn keys_can_be_bare_backticked_or_quoted() {
        for input in ["metrics.`val loss` < 1", "metric.\"val loss\" < 1", "`metrics`.`val loss`<1.0"] {
            assert_eq!(one(input).subject, Subject::Metric("val loss".into()), "{input}");
        }
        assert_eq!(one("tags.mlflow.source.name = 'x'").subject, Subject::Tag("mlflow.source.name".into()));
        assert_eq!(one("metrics.val/loss > -1e-3").test, Test::Number(Comparison::Greater, -1e-3));
        assert_eq!(one("Created > 5").subject, Subject::Attribute("start_time"));
    }

    #[test]
    fn every_comparator_is_read() {
        let text = |comparison| Test::Text(comparison, "a".into());
        assert_eq!(one("params.p = 'a'").test, text(TextComparison::Equal));
        assert_eq!(one("params.p != \"a\"").test, text(TextComparison::NotEqual));
        assert_eq!(one("params.p like 'a'").test, text(TextComparison::Like));
        assert_eq!(one("tags.t ILIKE 'a'").test, text(TextComparison::ILike));
        assert_eq!(one("tags.t IS NULL").test, Test::IsNull { negated: false });
        assert_eq!(one("params.p is not null").test, Test::IsNull { negated: true });
        assert_eq!(
            one("attributes.run_id NOT IN ('a', \"b\")").test,
            Test::In { negated: true, values: vec!["a".into(), "b".into()] }
        );
        assert_eq!(one("run_id IN ('a',)").test, Test::In { negated: false, values: vec!["a".into()] });
    }

    #[test]
    fn clauses_are_joined_by_and() {
        let filter = parse(&RUNS, "metrics.a > 1 and params.`b` = 'it''s' AND dataset.name = 'd'");
        let filter = filter.expect("parses");
        assert_eq!(filter.clauses.len(), 3);
        assert_eq!(filter.clauses[1].test, Test::Text(TextComparison::Equal, "it's".into()));
        assert_eq!(parse(&RUNS, "  ").expect("parses"), Filter::default());
    }

    #[test]
    fn errors_point_at_the_character() {
        for (input, at, part) in [
            ("metrics.a > 'x'", 12, "numeric"),
            ("metrics.a == 1", 10, "use `=`"),
            ("params.p = 3", 11, "quoted string"),
            ("params.p = 'x", 11, "never closed"),
            ("metrics.a > 1 OR metrics.b > 1", 14, "OR"),
            ("größe > 1", 0, "no attribute"),
            ("params.größe > 'x'", 13, "invalid comparator"),
            ("start_time IS NULL", 0, "IS NULL"),
            ("status IN ('FINISHED')", 7, "list"),
            ("metrics.a >", 11, "the end"),
            ("foo.a = 'x'", 0, "invalid entity type"),
            ("dataset.size = 'x'", 0, "dataset"),
            ("run_id IN ()", 11, "quoted string"),
        ] {
            let error = parse(&RUNS, input).expect_err(input);
            assert_eq!(error.at, at, "{input}: {error}");
            assert!(error.message.contains(part), "{input}: {error}");
        }
    }

    #[test]
    fn each_list_has_its_own_subjects() {
        assert!(parse(&EXPERIMENTS, "name ILIKE '%churn%' AND tags.team = 'risk'").is_ok());
        assert!(parse(&EXPERIMENTS, "metrics.a > 1").is_err());
        assert!(parse(&LOGGED_MODELS, "params.p IN ('a') AND creation_time > 1").is_ok());
        assert!(parse(&LOGGED_MODELS, "dataset.name = 'a'").is_err());
    }

    #[test]
    fn orders_are_read_with_their_direction() {
        let order = |input| parse_order(&RUNS, input);
        assert_eq!(
            order("metrics.`a b` desc"),
            Ok(OrderBy { subject: Subject::Metric("a b".into()), ascending: false })
        );
        assert_eq!(
            order("start_time"),
            Ok(OrderBy { subject: Subject::Attribute("start_time"), ascending: true })
        );
        assert!(order("start_time DOWN").is_err());
        assert!(order("").is_err());
        assert!(order("dataset.name").is_err());
        assert!(parse_order(&EXPERIMENTS, "tags.team").is_err());
        assert!(parse_order(&EXPERIMENTS, "name DESC").is_ok());
        let refused = parse_orders(&EXPERIMENTS, &["name".into(), "../x".into()]);
        assert!(refused.is_err_and(|error| error.to_string().contains("'order_by' supplied: `../x`")));
    }

    proptest! {
        #[test]
        fn no_input_panics_and_errors_lie_within_it(input in ".{0,60}") {
            for schema in [&RUNS, &EXPERIMENTS, &LOGGED_MODELS] {
                for error in [parse(schema, &input).err(), parse_order(schema, &input).err()] {
                    prop_assert!(error.is_none_or(|error| error.at <= input.chars().count()));
                }
            }
        }

        #[test]
        fn nearly_right_input_does_not_panic(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "metrics", ".", "`", "'", "\"", "a", " ", "=", "<", "!", "IN", "(", ")", ",", "NOT",
                    "IS", "NULL", "AND", "1", "-", "e", "é", "run_id", "params.p", "LIKE",
                ]), 0..25),
        ) {
            let input = parts.concat();
            if let Err(error) = parse(&RUNS, &input) {
                prop_assert!(error.at <= input.chars().count());
            }
        }

        #[test]
        fn any_key_and_text_come_back_when_quoted(key in "[^`]{1,20}", text in ".{0,20}") {
            let input = format!("params.`{key}` = '{}'", text.replace('\'', "''"));
            let filter = parse(&RUNS, &input).expect("parses");
            prop_assert_eq!(&filter.clauses[0].subject, &Subject::Param(key));
            prop_assert_eq!(&filter.clauses[0].test, &Test::Text(TextComparison::Equal, text));
        }
    }
}
