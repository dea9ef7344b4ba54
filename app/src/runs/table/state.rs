//! The table's state, as the address holds it.

use domain::filter::{RUNS, parse};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use super::column::Column;
use crate::url::{Query, page};

/// Rows on one page.
pub const PAGE_SIZE: usize = 100;
/// Columns that an address can choose: each costs a cell in each row, and each head's links name them all.
pub const MOST_COLUMNS: usize = 200;
const MOST_UNDONE: usize = 1_000;

/// Everything the address says about a run table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableState {
    pub selection: RowSelection,
    /// The page, from 0.
    pub page: usize,
    /// The row of the page that was the first in sight.
    pub row: usize,
    pub pins: Vec<Column>,
    /// Pixels, of the columns that were resized.
    pub widths: Vec<(Column, u32)>,
    /// Runs that a form without scripts has just deleted: the page offers to undo it.
    pub undo: Vec<String>,
}

/// The part that decides which rows and cells the server sends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowSelection {
    pub filter: String,
    /// The column and whether it descends; `None`: newest first.
    pub order: Option<(Column, bool)>,
    /// `None`: chosen by the server.
    pub columns: Option<Vec<Column>>,
    /// The param to group by.
    pub group: Option<String>,
    pub deleted: bool,
    /// Children in a row of their own instead of under their parents.
    pub flat: bool,
}

/// Plain words are a part of the runs' name; what compares something or names a kind of field is the
/// filter grammar.
pub fn as_filter(typed: &str) -> String {
    const KINDS: [&str; 6] = ["attribute", "dataset", "metric", "param", "run", "tag"];
    let names_a_field = typed.split_once('.').is_some_and(|(kind, _)| {
        KINDS.into_iter().any(|one| kind.strip_prefix(one).is_some_and(|rest| ["", "s"].contains(&rest)))
    });
    let compares = |word: &str| ["like", "ilike"].contains(&word.to_lowercase().as_str());
    let is_grammar = typed.is_empty()
        || typed.contains(['=', '<', '>', '!', '\'', '"', '`'])
        || names_a_field
        || typed.split_whitespace().any(compares)
        || parse(&RUNS, typed).is_ok();
    if is_grammar { typed.to_owned() } else { format!("run_name ILIKE '%{typed}%'") }
}

impl TableState {
    pub fn from_query(query: &ParamsMap) -> Self {
        let columns = match (query.get_str("cols"), query.get_all("col")) {
            (Some(joined), _) => Some(split(joined)),
            // A form without scripts sends one value for each checked box.
            (None, Some(ids)) => {
                Some(ids.iter().filter_map(|id| Column::parse(id)).take(MOST_COLUMNS).collect())
            }
            (None, None) => None,
        };
        let order = query.get("order").and_then(|text| {
            let (id, direction) = text.rsplit_once(':')?;
            Some((Column::parse(id)?, direction == "desc"))
        });
        Self {
            selection: RowSelection {
                filter: query.get("filter").map(|typed| as_filter(typed.trim())).unwrap_or_default(),
                order,
                columns,
                group: query.get("group").filter(|key| !key.is_empty()),
                deleted: query.get_str("view") == Some("deleted"),
                flat: query.get_str("flat") == Some("1"),
            },
            page: page(query),
            row: query
                .get_str("row")
                .and_then(|text| text.parse().ok())
                .filter(|row| *row < PAGE_SIZE)
                .unwrap_or(0),
            pins: query.get_str("pins").map(split).unwrap_or_default(),
            widths: query.get_str("widths").map(split_widths).unwrap_or_default(),
            undo: query
                .get_str("undo")
                .map(|joined| joined.split(',').take(MOST_UNDONE).map(str::to_owned).collect())
                .unwrap_or_default(),
        }
    }

    /// The first row in sight, among all.
    pub fn first_row(&self) -> usize {
        self.page * PAGE_SIZE + self.row
    }

    /// The address under the experiment's page, without the undo.
    pub fn address(&self, experiment_id: i64) -> String {
        self.after(&format!("/experiments/{experiment_id}"))
    }

    /// The same under another page that knows these fields.
    pub fn after(&self, path: &str) -> String {
        let query =
            self.fields().into_iter().fold(Query::new(), |query, (key, value)| query.with(key, &value));
        query.after(path)
    }

    /// The fields of the address, those without a value empty.
    pub fn fields(&self) -> [(&'static str, String); 10] {
        let chosen = &self.selection;
        let order = chosen.order.as_ref().map(|(column, descending)| {
            format!("{}:{}", column.id(), if *descending { "desc" } else { "asc" })
        });
        let columns = chosen.columns.as_deref().map(|columns| {
            // An empty list differs from none: it shows the names alone.
            if columns.is_empty() { Column::NAME.id() } else { join(columns) }
        });
        let widths: Vec<_> =
            self.widths.iter().map(|(column, width)| format!("{}:{width}", escape(&column.id()))).collect();
        let flag = |is_set, value: &str| if is_set { value.to_owned() } else { String::new() };
        [
            ("filter", chosen.filter.clone()),
            ("order", order.unwrap_or_default()),
            ("cols", columns.unwrap_or_default()),
            ("pins", join(&self.pins)),
            ("widths", widths.join(",")),
            ("group", chosen.group.clone().unwrap_or_default()),
            ("view", flag(chosen.deleted, "deleted")),
            ("flat", flag(chosen.flat, "1")),
            ("page", if self.page == 0 { String::new() } else { (self.page + 1).to_string() }),
            ("row", if self.row == 0 { String::new() } else { self.row.to_string() }),
        ]
    }

    /// The same with another selection of rows, from its first page.
    #[must_use]
    pub fn selecting(&self, change: impl FnOnce(&mut RowSelection)) -> Self {
        let mut next = Self { page: 0, row: 0, ..self.clone() };
        change(&mut next.selection);
        next
    }

    /// Sorted by `column`: metrics best first is unknown, so the first click descends for numbers.
    #[must_use]
    pub fn sorted_by(&self, column: &Column) -> Self {
        let descending = match &self.selection.order {
            Some((current, descending)) if current == column => !descending,
            _ => column.is_number() || *column == Column::Attribute(super::column::Attribute::Created),
        };
        self.selecting(|chosen| chosen.order = Some((column.clone(), descending)))
    }

    pub fn width(&self, column: &Column) -> u32 {
        let set = self.widths.iter().find(|(one, _)| one == column).map(|(_, width)| *width);
        set.unwrap_or_else(|| column.default_width())
    }

    pub fn set_width(&mut self, column: &Column, width: u32) {
        self.widths.retain(|(one, _)| one != column);
        self.widths.push((column.clone(), width.clamp(56, 900)));
    }

    pub fn toggle_pin(&mut self, column: &Column) {
        if self.pins.contains(column) {
            self.pins.retain(|one| one != column);
        } else {
            self.pins.push(column.clone());
        }
    }

    /// `columns` with the pinned ones first.
    pub fn arranged(&self, columns: &[Column]) -> Vec<Column> {
        let pinned = self.pins.iter().filter(|pin| columns.contains(pin));
        let others = columns.iter().filter(|column| !self.pins.contains(column));
        pinned.chain(others).filter(|column| **column != Column::NAME).cloned().collect()
    }
}

fn join(columns: &[Column]) -> String {
    columns.iter().map(|column| escape(&column.id())).collect::<Vec<_>>().join(",")
}

fn split(joined: &str) -> Vec<Column> {
    joined
        .split(',')
        .filter_map(|id| Column::parse(&unescape(id)))
        .filter(|column| *column != Column::NAME)
        .take(MOST_COLUMNS)
        .collect()
}

fn split_widths(joined: &str) -> Vec<(Column, u32)> {
    let one = |part: &str| {
        let (id, width) = part.rsplit_once(':')?;
        Some((Column::parse(&unescape(id))?, width.parse::<u32>().ok()?.clamp(56, 900)))
    };
    joined.split(',').filter_map(one).take(MOST_COLUMNS).collect()
}

fn escape(id: &str) -> String {
    id.replace('~', "~t").replace(',', "~c")
}

fn unescape(id: &str) -> String {
    id.replace("~c", ",").replace("~t", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::table::column::Attribute;

    fn reread(state: &TableState) -> TableState {
        let address = state.address(7);
        let (_, query) = address.split_once('?').unwrap_or_default();
        let mut map = ParamsMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').expect("a pair");
            map.insert(key.to_owned(), decode(value));
        }
        TableState::from_query(&map)
    }

    fn decode(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let hex: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&hex, 16).expect("hex"));
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn the_address_gives_the_whole_state_back() {
        let state = TableState {
            selection: RowSelection {
                filter: "metrics.`a,b` < 1 AND params.x = 'ü & ~c'".into(),
                order: Some((Column::Metric("val:loss".into()), true)),
                columns: Some(vec![Column::Param("a,b~c".into()), Column::Tag("t".into())]),
                group: Some("lr".into()),
                deleted: true,
                flat: true,
            },
            page: 4,
            row: 66,
            pins: vec![Column::Param("a,b~c".into())],
            widths: vec![(Column::Metric("x:y,z".into()), 200)],
            undo: Vec::new(),
        };
        assert_eq!(reread(&state), state);
        assert_eq!(reread(&TableState::default()), TableState::default());
    }

    #[test]
    fn what_compares_nothing_is_a_part_of_a_name() {
        for name in ["lr sweep", "model.v2", "resnet (final)", "100%", "not there", "in", "train.py"] {
            assert_eq!(as_filter(name), format!("run_name ILIKE '%{name}%'"));
        }
        for filter in
            ["", "metrics.loss", "params.lr IS NULL", "run.status = 'x'", "name LIKE", "`a", "loss<1"]
        {
            assert_eq!(as_filter(filter), filter);
        }
    }

    #[test]
    fn an_address_names_only_so_many_columns_and_pages() {
        let mut map = ParamsMap::new();
        map.insert("cols", "tags.a,".repeat(9_000));
        map.insert("pins", "tags.a,".repeat(9_000));
        map.insert("page", "4294967295".to_owned());
        let state = TableState::from_query(&map);
        assert_eq!(state.selection.columns.map(|columns| columns.len()), Some(MOST_COLUMNS));
        assert_eq!((state.pins.len(), state.page), (MOST_COLUMNS, 999_999));
    }

    #[test]
    fn no_columns_are_not_the_default_columns() {
        let none = TableState::default().selecting(|chosen| chosen.columns = Some(Vec::new()));
        assert_eq!(reread(&none).selection.columns, Some(Vec::new()));
    }

    #[test]
    fn sorting_again_turns_round_and_leaves_the_page() {
        let metric = Column::Metric("loss".into());
        let once = TableState { page: 3, ..TableState::default() }.sorted_by(&metric);
        assert_eq!((once.page, once.selection.order.clone()), (0, Some((metric.clone(), true))));
        assert_eq!(once.sorted_by(&metric).selection.order, Some((metric, false)));
    }

    #[test]
    fn pinned_columns_come_first() {
        let (a, b) = (Column::Attribute(Attribute::User), Column::Param("b".into()));
        let mut state = TableState::default();
        state.toggle_pin(&b);
        assert_eq!(state.arranged(&[a.clone(), b.clone()]), [b.clone(), a.clone()]);
        state.toggle_pin(&b);
        assert_eq!(state.arranged(&[a.clone(), b.clone()]), [a, b]);
    }

    #[test]
    fn a_form_without_scripts_can_choose_columns() {
        let mut map = ParamsMap::new();
        map.insert("col", "params.a".to_owned());
        map.insert("col", "status".to_owned());
        let columns = TableState::from_query(&map).selection.columns;
        assert_eq!(columns, Some(vec![Column::Param("a".into()), Column::Attribute(Attribute::Status)]));
    }
}
