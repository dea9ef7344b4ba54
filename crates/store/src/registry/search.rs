//! Search over registered models and over versions.

use domain::Page;
use domain::filter::{
    self, Clause, Filter, MODEL_VERSION_ORDERS, MODEL_VERSIONS, OrderBy, REGISTERED_MODEL_ORDERS,
    REGISTERED_MODELS, Schema, Subject, Test, TextComparison,
};
use domain::limits::Invalid;
use domain::registry::{ModelVersion, PROMPT_TAG, RegisteredModel};

use super::load::{self, ModelRow, SELECT_MODEL, SELECT_VERSION, VersionRow};
use crate::Db;
use crate::error::Result;
use crate::permissions::{Kind, push_readable};
use crate::search::keyset::{self, SortKey, Value};
use crate::search::text::push_test;
use crate::sql::Sql;

/// Which models or versions, in which order.
#[derive(Debug, Clone, Default)]
pub struct RegistryQuery {
    /// E.g. `name LIKE 'churn%' AND tags.team = 'risk'`; empty: all but prompts.
    pub filter: String,
    pub order_by: Vec<String>,
    pub max_results: usize,
    pub page_token: Option<String>,
}

/// A field to sort by, its column, and what a row has there.
struct Field<T> {
    name: &'static str,
    column: &'static str,
    value: fn(&T) -> Value,
}

const MODEL_FIELDS: [Field<RegisteredModel>; 2] = [
    Field { name: "name", column: "m.name", value: |model| Value::Text(model.name.clone()) },
    Field { name: "timestamp", column: "m.updated_at_ms", value: |model| Value::Int(model.updated_at.0) },
];

const VERSION_FIELDS: [Field<ModelVersion>; 4] = [
    Field { name: "name", column: "m.name", value: |version| Value::Text(version.name.clone()) },
    Field { name: "version_number", column: "v.version", value: |version| Value::Int(version.version) },
    Field {
        name: "creation_timestamp",
        column: "v.created_at_ms",
        value: |one| Value::Int(one.created_at.0),
    },
    Field {
        name: "last_updated_timestamp",
        column: "v.updated_at_ms",
        value: |one| Value::Int(one.updated_at.0),
    },
];

/// The fields in force, and which of them ascend.
struct Order<T: 'static>(Vec<(&'static Field<T>, bool)>);

impl<T> Order<T> {
    /// What was asked for, then `rest` as far as it wasn't; `default` if nothing was.
    fn new(
        schema: &Schema,
        fields: &'static [Field<T>],
        asked: &[String],
        default: &[(&str, bool)],
        rest: &[(&str, bool)],
    ) -> Result<Self> {
        let asked = filter::parse_orders(schema, asked)?;
        let field = |name: &str| fields.iter().find(|field| field.name == name);
        let mut order: Vec<(&'static Field<T>, bool)> = Vec::new();
        for OrderBy { subject, ascending } in asked {
            let Subject::Attribute(name) = subject else {
                return Err(Invalid::new("order_by", "only attributes can be sorted by here").into());
            };
            if order.iter().any(|(known, _)| known.name == name) {
                return Err(Invalid::new("order_by", format!("`{name}` is there twice")).into());
            }
            order.extend(field(name).map(|field| (field, ascending)));
        }
        let more = if order.is_empty() { default } else { rest };
        for (name, ascending) in more {
            if !order.iter().any(|(known, _)| known.name == *name) {
                order.extend(field(name).map(|field| (field, *ascending)));
            }
        }
        Ok(Self(order))
    }

    fn keys(&self) -> Vec<SortKey> {
        self.0.iter().map(|(field, ascending)| SortKey::new(field.column, *ascending)).collect()
    }

    fn position(&self, row: &T) -> Vec<Value> {
        self.0.iter().map(|(field, _)| (field.value)(row)).collect()
    }
}

/// # Errors
/// `Filter` or `Invalid` if filter, order or token can't be read.
pub async fn search_models(db: &Db, query: &RegistryQuery) -> Result<Page<RegisteredModel>> {
    let filter = filter::parse(&REGISTERED_MODELS, &query.filter)?;
    let order = Order::new(
        &REGISTERED_MODEL_ORDERS,
        &MODEL_FIELDS,
        &query.order_by,
        &[("name", true)],
        &[("name", true)],
    )?;
    let mut sql = Sql::new(db.engine(), SELECT_MODEL);
    sql.push(" WHERE 1 = 1");
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    let prompts = wants_prompts(&filter);
    for clause in clauses(&filter, prompts) {
        sql.push(" AND ");
        push_clause(&mut sql, clause, "registered_model_tags t WHERE t.model_id = m.id");
    }
    if !prompts {
        sql.push(
            " AND NOT EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.model_id = m.id AND p.key = ",
        );
        sql.bind(PROMPT_TAG).push(" AND p.value = 'true')");
    }
    let paging = Paging::new(query, &order, &mut sql, &RegisteredModel::default())?;
    let mut connection = db.reader().await?;
    let rows: Vec<ModelRow> = sql.fetch(&mut connection).await?;
    let (rows, has_more) = paging.cut(rows);
    let items = load::models(db.engine(), &mut connection, rows).await?;
    Ok(paging.page(items, has_more, &order))
}

/// # Errors
/// `Filter` or `Invalid` if filter, order or token can't be read.
pub async fn search_versions(db: &Db, query: &RegistryQuery) -> Result<Page<ModelVersion>> {
    let filter = filter::parse(&MODEL_VERSIONS, &query.filter)?;
    let order = Order::new(
        &MODEL_VERSION_ORDERS,
        &VERSION_FIELDS,
        &query.order_by,
        &[("last_updated_timestamp", false), ("name", true), ("version_number", false)],
        &[("name", true), ("version_number", false)],
    )?;
    let mut sql = Sql::new(db.engine(), SELECT_VERSION);
    sql.push(" WHERE 1 = 1");
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    let prompts = wants_prompts(&filter);
    for clause in clauses(&filter, prompts) {
        sql.push(" AND ");
        push_clause(&mut sql, clause, "model_version_tags t WHERE t.version_id = v.id");
    }
    if !prompts {
        // One version that is a prompt makes one of its whole name.
        sql.push(
            " AND v.model_id NOT IN (SELECT w.model_id FROM model_version_tags p
                 JOIN model_versions w ON w.id = p.version_id WHERE p.key = ",
        );
        sql.bind(PROMPT_TAG).push(" AND p.value = 'true')");
    }
    let paging = Paging::new(query, &order, &mut sql, &ModelVersion::default())?;
    let mut connection = db.reader().await?;
    let rows: Vec<VersionRow> = sql.fetch(&mut connection).await?;
    let (rows, has_more) = paging.cut(rows);
    let items = load::versions(db.engine(), &mut connection, rows, false).await?;
    Ok(paging.page(items, has_more, &order))
}

fn names_prompts(clause: &Clause) -> bool {
    matches!(&clause.subject, Subject::Tag(key) if key == PROMPT_TAG)
}

/// The first clause about it decides, as in the reference.
fn wants_prompts(filter: &Filter) -> bool {
    let first = filter.clauses.iter().find(|clause| names_prompts(clause));
    first.is_some_and(|clause| match &clause.test {
        Test::Text(TextComparison::Equal, value) => value.eq_ignore_ascii_case("true"),
        Test::Text(TextComparison::NotEqual, value) => value.eq_ignore_ascii_case("false"),
        _ => false,
    })
}

/// Those that select something: where prompts are left out anyway, what is said about them means nothing.
fn clauses(filter: &Filter, prompts: bool) -> impl Iterator<Item = &Clause> {
    filter.clauses.iter().filter(move |clause| prompts || !names_prompts(clause))
}

fn push_clause<'q>(sql: &mut Sql<'q>, clause: &'q Clause, tags: &str) {
    match &clause.subject {
        Subject::Tag(key) => {
            sql.push("EXISTS (SELECT 1 FROM ").push(tags).push(" AND t.key = ").bind(&**key).push(" AND ");
            push_test(sql, "t.value", &clause.test);
            sql.push(")");
        }
        Subject::Attribute("run_id") => push_test(sql, "v.run_uuid", &clause.test),
        Subject::Attribute("source_path") => push_test(sql, "v.source", &clause.test),
        Subject::Attribute("version_number") => push_test(sql, "v.version", &clause.test),
        _ => push_test(sql, "m.name", &clause.test),
    }
}

/// A page of a search, by position.
struct Paging {
    max_results: usize,
    /// What a token belongs to.
    of: Vec<String>,
}

impl Paging {
    /// Ends the statement: after the token's position, in order, one more than a page.
    fn new<T>(query: &RegistryQuery, order: &Order<T>, sql: &mut Sql<'_>, any: &T) -> Result<Self> {
        let mut of = query.order_by.clone();
        of.push(query.filter.clone());
        let keys = order.keys();
        if let Some(token) = query.page_token.as_deref().filter(|token| !token.is_empty()) {
            let after = keyset::decode(token, &of, &order.position(any))?;
            sql.push(" AND ");
            keyset::push_after(sql, &keys, &after);
        }
        keyset::push_order(sql, &keys);
        sql.push(" LIMIT ").bind(i64::try_from(query.max_results.saturating_add(1)).unwrap_or(i64::MAX));
        Ok(Self { max_results: query.max_results, of })
    }

    fn cut<R>(&self, mut rows: Vec<R>) -> (Vec<R>, bool) {
        let has_more = rows.len() > self.max_results;
        rows.truncate(self.max_results);
        (rows, has_more)
    }

    fn page<T>(&self, items: Vec<T>, has_more: bool, order: &Order<T>) -> Page<T> {
        let last = items.last().filter(|_| has_more);
        let next_page_token = last.map(|last| keyset::encode(&self.of, order.position(last)));
        Page { items, next_page_token }
    }
}
