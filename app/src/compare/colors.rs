//! Which colour a run has.

/// A colour for each run, from 0: the one that its uuid asks for, or the next that is free. So a run
/// keeps its colour when others join or leave, as far as there are colours.
pub fn assign(uuids: &[String], colors: usize) -> Vec<usize> {
    let mut taken = vec![0_usize; colors];
    uuids
        .iter()
        .map(|uuid| {
            let wanted = hash(uuid) % colors;
            let least = taken.iter().min().copied().unwrap_or_default();
            let color = (0..colors).map(|step| (wanted + step) % colors).find(|color| taken[*color] == least);
            let color = color.unwrap_or(wanted);
            taken[color] += 1;
            color
        })
        .collect()
}

/// FNV-1a.
fn hash(text: &str) -> usize {
    let hash =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn uuids(count: usize) -> Vec<String> {
        (0..count).map(|index| format!("{index:032x}")).collect()
    }

    #[test]
    fn as_many_runs_as_there_are_colours_all_differ() {
        let colors: BTreeSet<_> = assign(&uuids(10), 10).into_iter().collect();
        assert_eq!(colors.len(), 10);
    }

    #[test]
    fn more_runs_share_colours_evenly() {
        let colors = assign(&uuids(25), 10);
        for color in 0..10 {
            assert!((2..=3).contains(&colors.iter().filter(|one| **one == color).count()));
        }
    }

    #[test]
    fn a_run_alone_keeps_the_colour_it_has_in_front_of_others() {
        let all = uuids(6);
        assert_eq!(assign(&all[..1], 10)[0], assign(&all, 10)[0]);
    }
}
