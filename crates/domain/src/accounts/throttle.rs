//! How long to wait after failed attempts to sign in.

/// Failures that cost nothing: people mistype, and an office has one address.
const FREE_FOR_ACCOUNT: i64 = 5;
const FREE_FOR_ADDRESS: i64 = 20;
/// Whoever guesses at an account can keep its owner waiting too, but not for longer at a time.
const LONGEST_FOR_ACCOUNT_MS: i64 = 30_000;
const LONGEST_FOR_ADDRESS_MS: i64 = 15 * 60_000;
/// Failures older than this no longer count.
pub const FORGOTTEN_AFTER_MS: i64 = 60 * 60_000;

/// How long after the last of so many failures the next attempt is looked at: doubles with each.
pub fn delay_ms(failures: i64, is_account: bool) -> i64 {
    let (free, longest) = if is_account {
        (FREE_FOR_ACCOUNT, LONGEST_FOR_ACCOUNT_MS)
    } else {
        (FREE_FOR_ADDRESS, LONGEST_FOR_ADDRESS_MS)
    };
    if failures < free { 0 } else { (1000_i64 << (failures - free).min(20)).min(longest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_limit() {
        let waits: Vec<_> = [0, 4, 5, 6, 9, 10, 1000].map(|failures| delay_ms(failures, true)).into();
        assert_eq!(waits, [0, 0, 1000, 2000, 16_000, 30_000, 30_000]);
        let waits: Vec<_> = [19, 20, i64::MAX].map(|failures| delay_ms(failures, false)).into();
        assert_eq!(waits, [0, 1000, 900_000]);
    }
}
