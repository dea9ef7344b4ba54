//! The part of a run table that the browser holds: some blocks of rows out of many.

use std::collections::BTreeMap;
use std::ops::Range;

use super::column::Column;
use super::rows::{RunRow, RunRows};
use super::state::PAGE_SIZE;

/// Blocks farther than this from what is in sight are forgotten.
const KEPT_AROUND: usize = 5;

/// Rows by number, as far as they are here.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks {
    pub columns: Vec<Column>,
    pub total: usize,
    pub now: domain::Millis,
    loaded: BTreeMap<usize, Vec<RunRow>>,
}

impl Blocks {
    /// Holds one block.
    pub fn new(number: usize, rows: RunRows) -> Self {
        let mut blocks = Self { columns: Vec::new(), total: 0, now: rows.now, loaded: BTreeMap::new() };
        blocks.put(number, rows);
        blocks
    }

    /// Adds or replaces a block. If its columns are others, the old blocks are of no use any more.
    pub fn put(&mut self, number: usize, rows: RunRows) {
        if rows.columns != self.columns {
            self.loaded.clear();
            self.columns = rows.columns;
        }
        self.total = usize::try_from(rows.total).unwrap_or_default();
        self.now = rows.now;
        self.loaded.insert(number, rows.rows);
        let count = self.total.div_ceil(PAGE_SIZE);
        self.loaded.retain(|number, _| *number < count);
    }

    pub fn row(&self, index: usize) -> Option<&RunRow> {
        self.loaded.get(&(index / PAGE_SIZE))?.get(index % PAGE_SIZE)
    }

    /// All rows that are here, with their numbers.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &RunRow)> {
        self.loaded.iter().flat_map(|(number, rows)| (number * PAGE_SIZE..).zip(rows))
    }

    /// The blocks that a part of the table needs and that aren't here.
    pub fn missing(&self, rows: &Range<usize>) -> Vec<usize> {
        blocks_of(rows).filter(|number| !self.loaded.contains_key(number)).collect()
    }

    /// Forgets what is far away from `rows`.
    pub fn keep_near(&mut self, rows: &Range<usize>) {
        let near = blocks_of(rows);
        let kept = near.start.saturating_sub(KEPT_AROUND)..near.end + KEPT_AROUND;
        self.loaded.retain(|number, _| kept.contains(number));
    }
}

/// The numbers of the blocks that hold these rows.
pub fn blocks_of(rows: &Range<usize>) -> Range<usize> {
    if rows.is_empty() {
        return 0..0;
    }
    rows.start / PAGE_SIZE..rows.end.div_ceil(PAGE_SIZE)
}

#[cfg(test)]
mod tests {
    use domain::{Millis, RunStatus};

    use super::*;

    fn rows(from: usize, count: usize, total: i64) -> RunRows {
        let row = |index| RunRow {
            uuid: format!("run{index}"),
            name: String::new(),
            status: RunStatus::Finished,
            children: 0,
            cells: Vec::new(),
        };
        RunRows { columns: Vec::new(), rows: (from..from + count).map(row).collect(), total, now: Millis(0) }
    }

    #[test]
    fn rows_are_found_by_number_wherever_their_block_is() {
        let mut blocks = Blocks::new(0, rows(0, 100, 100_000));
        blocks.put(700, rows(70_000, 100, 100_000));
        assert_eq!(blocks.row(70_042).map(|row| row.uuid.as_str()), Some("run70042"));
        assert_eq!(blocks.row(500), None);
        assert_eq!(blocks.missing(&(69_990..70_130)), [699, 701]);
    }

    #[test]
    fn far_blocks_are_forgotten() {
        let mut blocks = Blocks::new(0, rows(0, 100, 100_000));
        blocks.put(700, rows(70_000, 100, 100_000));
        blocks.keep_near(&(70_000..70_040));
        assert_eq!(blocks.row(0), None);
        assert!(blocks.row(70_000).is_some());
    }

    #[test]
    fn other_columns_make_old_blocks_useless() {
        let mut blocks = Blocks::new(0, rows(0, 100, 150));
        let mut other = rows(100, 50, 150);
        other.columns = vec![Column::Param("lr".into())];
        blocks.put(1, other);
        assert_eq!(blocks.row(0), None);
        assert_eq!(blocks.rows().next().map(|(index, _)| index), Some(100));
    }

    #[test]
    fn a_table_that_shrank_loses_its_end() {
        let mut blocks = Blocks::new(1, rows(100, 100, 200));
        blocks.put(0, rows(0, 80, 80));
        assert_eq!(blocks.row(100), None);
    }
}
