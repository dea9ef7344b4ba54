//! How long to wait after failed attempts to sign in.

/// Failures that cost nothing: people mistype.
const FREE: i64 = 5;
/// An account's owner can't be kept out for longer than this by somebody who guesses.
const LONGEST_FOR_ACCOUNT_MS: i64 = 30_000;
const LONGEST_FOR_ADDRESS_MS: i64 = 15 * 60_000;
/// Failures older than this no longer count.
pub const FORGOTTEN_AFTER_MS: i64 = 60 * 60_000;

/// How long after the last of so many failures the next attempt is looked at: doubles with each.
pub fn delay_ms(failures: i64, is_account: bool) -> i64 {
    if failures < FREE {
        return 0;
    }
    let longest = if is_account { LONGEST_FOR_ACCOUNT_MS } else { LONGEST_FOR_ADDRESS_MS };
    (1000_i64 << (failures - FREE).min(20)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_limit() {
        let waits: Vec<_> = [0, 4, 5, 6, 9, 10, 1000].map(|failures| delay_ms(failures, true)).into();
        assert_eq!(waits, [0, 0, 1000, 2000, 16_000, 30_000, 30_000]);
        assert_eq!(delay_ms(i64::MAX, false), 900_000);
    }
}
