//! A data set as its run describes it.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFacts {
    pub name: String,
    pub digest: String,
    /// What it was used for.
    pub context: Option<String>,
    /// Its size, its source, and its schema if that isn't a list of columns.
    pub facts: Vec<Fact>,
    /// Name and type of each column.
    pub columns: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub href: Option<String>,
}

#[cfg(feature = "ssr")]
mod description {
    use domain::datasets::DatasetInput;
    use serde_json::{Map, Value};

    use super::{DatasetFacts, Fact};
    use crate::artifacts::pretty;
    use crate::format::{count, shortened};

    /// What is longer can be read by the API.
    const LONGEST_FACT: usize = 2_000;
    const MOST_COLUMNS: usize = 500;

    impl DatasetFacts {
        pub fn of(input: DatasetInput) -> Self {
            let context = input.context().map(str::to_owned);
            let dataset = input.dataset;
            let schema = dataset.schema.unwrap_or_default();
            let columns = columns(&schema);
            let mut facts = facts("Profile", &dataset.profile.unwrap_or_default());
            facts.extend(self::facts("Source", &dataset.source));
            if columns.is_empty() && !schema.is_empty() {
                facts.push(fact("Schema", shortened(&pretty(&schema), LONGEST_FACT)));
            }
            Self { name: dataset.name, digest: dataset.digest, context, facts, columns }
        }
    }

    /// One fact for each field of a JSON object; any other text is one fact.
    fn facts(label: &str, text: &str) -> Vec<Fact> {
        match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(fields) => fields.iter().filter(|(_, value)| !value.is_null()).map(field).collect(),
            Err(_) if text.is_empty() => Vec::new(),
            Err(_) => vec![fact(label, shortened(text, LONGEST_FACT))],
        }
    }

    fn field((key, value): (&String, &Value)) -> Fact {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.as_i64().map_or_else(|| number.to_string(), count),
            other => other.to_string(),
        };
        let label = key.strip_prefix("num_").unwrap_or(key).replace('_', " ");
        fact(&label, shortened(&value, LONGEST_FACT))
    }

    fn fact(label: &str, value: String) -> Fact {
        let mut letters = label.chars();
        let label = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        let is_web = value.starts_with("https://") || value.starts_with("http://");
        Fact { label, href: is_web.then(|| value.clone()), value }
    }

    /// The columns of a schema by `mlflow.types.Schema`.
    fn columns(schema: &str) -> Vec<(String, String)> {
        let schema: Value = serde_json::from_str(schema).unwrap_or_default();
        let columns = schema["mlflow_colspec"].as_array().map(Vec::as_slice).unwrap_or_default();
        let named = columns.iter().take(MOST_COLUMNS).filter_map(|column| {
            let optional = if column["required"] == false { ", optional" } else { "" };
            Some((column["name"].as_str()?.to_owned(), format!("{}{optional}", column["type"].as_str()?)))
        });
        named.collect()
    }

    #[cfg(test)]
    mod tests {
        use domain::datasets::Dataset;

        use super::*;

        fn described(schema: &str, profile: &str, source: &str) -> (Vec<String>, Vec<(String, String)>) {
            let dataset = Dataset {
                name: "wine".into(),
                digest: "1a2b".into(),
                source_type: "http".into(),
                source: source.into(),
                schema: Some(schema.into()),
                profile: Some(profile.into()),
            };
            let facts = DatasetFacts::of(DatasetInput { dataset, tags: Vec::new() });
            let lines = facts.facts.iter().map(|fact| format!("{}: {}", fact.label, fact.value));
            (lines.collect(), facts.columns)
        }

        #[test]
        fn a_table_has_its_size_its_source_and_its_columns() {
            let schema = r#"{"mlflow_colspec": [{"type": "double", "name": "alcohol", "required": true},
                {"type": "long", "name": "target", "required": false}]}"#;
            let profile = r#"{"num_rows": 13980, "num_elements": 69900}"#;
            let (facts, columns) = described(schema, profile, r#"{"url": "https://example.org/wine.csv"}"#);
            let thin = '\u{202f}';
            let shown = [
                format!("Elements: 69{thin}900"),
                format!("Rows: 13{thin}980"),
                "Url: https://example.org/wine.csv".into(),
            ];
            assert_eq!(facts, shown);
            let typed = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
            assert_eq!(columns, [typed("alcohol", "double"), typed("target", "long, optional")]);
        }

        #[test]
        fn what_is_described_otherwise_is_shown_as_it_is() {
            let (facts, columns) = described(r#"{"mlflow_tensorspec":{}}"#, "ten rows", "s3://bucket/wine");
            let shown = [
                "Profile: ten rows",
                "Source: s3://bucket/wine",
                "Schema: {\n  \"mlflow_tensorspec\": {}\n}",
            ];
            assert_eq!(facts, shown);
            assert!(columns.is_empty());
        }
    }
}
