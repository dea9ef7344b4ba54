//! Resident memory of a server with all its processes, from `/proc` (Linux).
//!
//! What counts is the proportional set size: a page that several workers share is counted once.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::Duration;

use anyhow::{Context, Result};

const SAMPLE_EVERY: Duration = Duration::from_millis(20);

/// Bytes that the process `root` and its descendants have in memory.
pub fn of_tree(root: u32) -> Result<u64> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").context("resident memory is read from /proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        if let Some(parent) = parent(&stat) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut tree = HashSet::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        if tree.insert(id) {
            open.extend(children.get(&id).into_iter().flatten());
        }
    }
    // A process that has just ended has nothing in memory.
    let rollup = |id| fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    Ok(tree.into_iter().filter_map(|id| proportional(&rollup(id))).sum())
}

/// The parent's id in a line of `/proc/ID/stat`; the name before it may hold spaces and brackets.
fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn proportional(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Samples a server's memory until it is asked for the highest.
pub struct Peak {
    done: Arc<AtomicBool>,
    sampler: JoinHandle<Result<u64>>,
}

impl Peak {
    pub fn watch(root: u32) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&done);
        let sampler = thread::spawn(move || {
            let mut highest = 0;
            while !until.load(Ordering::Relaxed) {
                highest = of_tree(root)?.max(highest);
                sleep(SAMPLE_EVERY);
            }
            Ok(highest)
        });
        Self { done, sampler }
    }

    pub fn highest(self) -> Result<u64> {
        self.done.store(true, Ordering::Relaxed);
        self.sampler.join().expect("the sampler doesn't panic")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_hide_the_parent() {
        assert_eq!(parent("42 (a) b) S 7 42 42 0"), Some(7));
        assert_eq!(parent(""), None);
    }

    #[test]
    fn the_proportional_set_size_is_in_bytes() {
        assert_eq!(proportional("Rss: 900 kB\nPss:    120 kB\nPss_Dirty: 3 kB\n"), Some(122_880));
    }
}
