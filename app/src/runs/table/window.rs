//! Which lines of a long table are in sight. All lines are equally high; opened children stand as
//! further lines under their parent.

use std::ops::Range;

/// Pixels, as the stylesheet has it (`--row`).
pub const ROW_HEIGHT: f64 = 32.0;

/// The rows to render, and the empty space that stands for the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub rows: Range<usize>,
    /// Lines above and below.
    pub lines_before: usize,
    pub lines_after: usize,
}

/// Which of `total` rows are in sight between two pixels.
///
/// `opened` has the row and its number of further lines, sorted by row; `margin` is how many lines
/// are rendered beyond both edges.
pub fn window(total: usize, opened: &[(usize, usize)], top: f64, height: f64, margin: usize) -> Window {
    let first = row_at(opened, line_at(top).saturating_sub(margin)).min(total);
    let end = (row_at(opened, line_at(top + height) + margin) + 1).clamp(first, total);
    let all = line_of(opened, total);
    Window { rows: first..end, lines_before: line_of(opened, first), lines_after: all - line_of(opened, end) }
}

/// The row at a pixel.
pub fn row_in_sight(opened: &[(usize, usize)], top: f64) -> usize {
    row_at(opened, line_at(top))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; not negative")]
fn line_at(pixels: f64) -> usize {
    (pixels / ROW_HEIGHT).max(0.0) as usize
}

/// How many lines stand above a row.
pub fn line_of(opened: &[(usize, usize)], row: usize) -> usize {
    row + opened.iter().take_while(|(parent, _)| *parent < row).map(|(_, lines)| lines).sum::<usize>()
}

/// The row that a line belongs to.
fn row_at(opened: &[(usize, usize)], line: usize) -> usize {
    let mut before = 0;
    for &(row, lines) in opened {
        if line <= row + before {
            break;
        }
        if line <= row + before + lines {
            return row;
        }
        before += lines;
    }
    line - before
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_is_in_sight_is_rendered() {
        let seen = window(100_000, &[], 32_000.0, 640.0, 10);
        assert_eq!(seen, Window { rows: 990..1_031, lines_before: 990, lines_after: 98_969 });
    }

    #[test]
    fn a_short_table_is_rendered_whole() {
        assert_eq!(window(7, &[], 0.0, 640.0, 10), Window { rows: 0..7, lines_before: 0, lines_after: 0 });
        assert_eq!(window(0, &[], 500.0, 640.0, 10).rows, 0..0);
    }

    #[test]
    fn opened_children_push_the_rows_below_them_down() {
        let opened = [(2, 30)];
        assert_eq!(window(100, &opened, 0.0, 32.0, 0).rows, 0..2);
        assert_eq!(window(100, &opened, 10.0 * ROW_HEIGHT, ROW_HEIGHT, 0).rows, 2..3);
        assert_eq!(window(100, &opened, 40.0 * ROW_HEIGHT, ROW_HEIGHT, 0).rows.start, 10);
    }

    proptest! {
        #[test]
        fn rows_and_empty_space_always_add_up(
            total in 0_usize..5_000, top in 0.0_f64..200_000.0, height in 0.0_f64..3_000.0,
            opened in prop::collection::btree_map(0_usize..5_000, 1_usize..60, 0..8),
        ) {
            let opened: Vec<_> = opened.into_iter().filter(|(row, _)| *row < total).collect();
            let seen = window(total, &opened, top, height, 5);
            prop_assert!(seen.rows.end <= total);
            let rendered = line_of(&opened, seen.rows.end) - line_of(&opened, seen.rows.start);
            prop_assert_eq!(seen.lines_before + rendered + seen.lines_after, line_of(&opened, total));
        }
    }
}
