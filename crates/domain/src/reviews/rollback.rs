//! Where a rollback goes: to what served before, and never back to what was rolled back from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Millis;

/// A version entered the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub version: i64,
    pub at: Millis,
    /// The version that this was a rollback from.
    pub rolled_back_from: Option<i64>,
}

/// The version that a rollback from `current` goes to; `None`: there is none left.
///
/// `history` is in the order of entry. Of the versions that held the target before, it is the last that is usable
/// (there, with its files as they were) and wasn't rolled back from since it was last promoted.
pub fn previous(history: &[Entry], current: i64, is_usable: impl Fn(i64) -> bool) -> Option<i64> {
    let mut rolled_back = BTreeSet::new();
    for entry in history {
        match entry.rolled_back_from {
            Some(version) => {
                rolled_back.insert(version);
            }
            None => {
                rolled_back.remove(&entry.version);
            }
        }
    }
    let entered = history.iter().rposition(|entry| entry.version == current).unwrap_or(history.len());
    let mut before = history[..entered].iter().rev().map(|entry| entry.version);
    before.find(|version| *version != current && !rolled_back.contains(version) && is_usable(*version))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each a version with the one that it was rolled back from; 0: it was promoted.
    fn history(entries: &[(i64, i64)]) -> Vec<Entry> {
        let entry = |(at, (version, from)): (i64, &(i64, i64))| {
            let rolled_back_from = Some(*from).filter(|from| *from > 0);
            Entry { version: *version, at: Millis(at), rolled_back_from }
        };
        (0..).zip(entries).map(entry).collect()
    }

    #[test]
    fn it_goes_to_what_served_before() {
        let entries = history(&[(5, 0), (6, 0), (7, 0)]);
        assert_eq!(previous(&entries, 7, |_| true), Some(6));
        assert_eq!(previous(&entries, 7, |version| version != 6), Some(5));
        assert_eq!(previous(&entries, 5, |_| true), None);
        assert_eq!(previous(&[], 5, |_| true), None);
    }

    #[test]
    fn it_does_not_bounce() {
        let mut entries = vec![(5, 0), (6, 0), (7, 0), (6, 7)];
        assert_eq!(previous(&history(&entries), 6, |_| true), Some(5));
        entries.push((5, 6));
        assert_eq!(previous(&history(&entries), 5, |_| true), None);
        entries.push((8, 0));
        assert_eq!(previous(&history(&entries), 8, |_| true), Some(5));
    }

    #[test]
    fn what_was_promoted_anew_served_again() {
        let entries = history(&[(6, 0), (7, 0), (6, 7), (7, 0), (8, 0)]);
        assert_eq!(previous(&entries, 8, |_| true), Some(7));
    }
}
