//! Whose sign-offs count. It is computed anew from the record: what the server counted is not believed.

use std::collections::BTreeSet;
use std::fmt;

use crate::predicate::{Places, SignOff};

/// The outcome of a count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// One for each sign-off, in the record's order.
    pub counted: Vec<Result<(), NotCounted>>,
    /// The places that nobody fills.
    pub missing: Vec<Places>,
}

/// Why a sign-off fills no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCounted {
    Author,
    OtherDigest,
    Again,
    NoPlace,
}

impl fmt::Display for NotCounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Author => "an author",
            Self::OtherDigest => "signed another digest",
            Self::Again => "signed before",
            Self::NoPlace => "no place for this role is free",
        })
    }
}

/// Counts the sign-offs of distinct people, none of them an author, on this digest.
///
/// A person is known by name and, where it is given, by id: either one makes an author, or the same person
/// again. Each person fills one place; as many places are filled as can be, so the order does not matter.
pub fn tally(required: &[Places], sign_offs: &[SignOff], digest: &str, authors: &BTreeSet<&str>) -> Tally {
    let mut people: BTreeSet<&str> = BTreeSet::new();
    let mut counted: Vec<_> = sign_offs
        .iter()
        .map(|sign_off| {
            let known_by = || [Some(sign_off.by.as_str()), sign_off.id.as_deref()].into_iter().flatten();
            if known_by().any(|known| authors.contains(known)) {
                return Err(NotCounted::Author);
            }
            if sign_off.digest != digest {
                return Err(NotCounted::OtherDigest);
            }
            let before = known_by().any(|known| people.contains(known));
            people.extend(known_by());
            if before { Err(NotCounted::Again) } else { Ok(()) }
        })
        .collect();
    let mut seating = Seating { required, sign_offs, seats: vec![Vec::new(); required.len()] };
    for (person, counts) in counted.iter_mut().enumerate() {
        if counts.is_ok() && !seating.seat(person, &mut vec![false; required.len()]) {
            *counts = Err(NotCounted::NoPlace);
        }
    }
    let missing = required.iter().zip(&seating.seats).filter_map(|(places, seats)| {
        // More seats than a `u32` counts are never taken: no requirement has them.
        let count = places.count - u32::try_from(seats.len()).unwrap_or(u32::MAX).min(places.count);
        (count > 0).then(|| Places { roles: places.roles.clone(), count })
    });
    Tally { missing: missing.collect(), counted }
}

/// Who sits where, by the numbers of the sign-offs.
struct Seating<'a> {
    required: &'a [Places],
    sign_offs: &'a [SignOff],
    seats: Vec<Vec<usize>>,
}

impl Seating<'_> {
    /// Finds a place, moving others to places that they fill as well. Those seated stay seated.
    fn seat(&mut self, person: usize, tried: &mut Vec<bool>) -> bool {
        for (at, places) in self.required.iter().enumerate() {
            if tried[at] || !places.admit(&self.sign_offs[person].role) {
                continue;
            }
            tried[at] = true;
            if self.seats[at].len() < places.count as usize {
                self.seats[at].push(person);
                return true;
            }
            for seat in 0..self.seats[at].len() {
                if self.seat(self.seats[at][seat], tried) {
                    self.seats[at][seat] = person;
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use domain::Millis;

    use super::*;
    use crate::Moment;

    fn places(roles: &[&str], count: u32) -> Places {
        Places { roles: roles.iter().map(ToString::to_string).collect(), count }
    }

    fn by(name: &str, role: &str) -> SignOff {
        let (by, role, digest, door) = (name.into(), role.into(), "d".into(), "page".into());
        SignOff { by, id: None, role, at: Moment(Millis(0)), words: None, digest, door }
    }

    fn count(required: &[Places], sign_offs: &[SignOff]) -> Tally {
        tally(required, sign_offs, "d", &BTreeSet::from(["dana", "u-7"]))
    }

    #[test]
    fn every_place_needs_a_person_of_its_own() {
        let required = [places(&["ml_engineer"], 1), places(&["ops_engineer"], 1)];
        let both = count(&required, &[by("erin", "ml_engineer"), by("omar", "ops_engineer")]);
        assert_eq!(both, Tally { counted: vec![Ok(()), Ok(())], missing: vec![] });
        let one_person = count(&required, &[by("erin", "ml_engineer"), by("erin", "ops_engineer")]);
        assert_eq!(one_person.counted, [Ok(()), Err(NotCounted::Again)]);
        assert_eq!(one_person.missing, [places(&["ops_engineer"], 1)]);
    }

    #[test]
    fn an_author_is_known_by_name_or_id() {
        let mut renamed = by("dana2", "ml_engineer");
        renamed.id = Some("u-7".into());
        let counted = count(&[places(&["ml_engineer"], 1)], &[by("dana", "ml_engineer"), renamed]);
        assert_eq!(counted.counted, [Err(NotCounted::Author); 2]);
        assert_eq!(counted.missing.len(), 1);
    }

    #[test]
    fn one_person_under_two_names_is_one() {
        let [mut one, mut other] = [by("erin", "ml_engineer"), by("Erin", "ml_engineer")];
        (one.id, other.id) = (Some("u-1".into()), Some("u-1".into()));
        assert_eq!(
            count(&[places(&["ml_engineer"], 2)], &[one, other]).counted,
            [Ok(()), Err(NotCounted::Again)]
        );
    }

    #[test]
    fn a_stale_or_surplus_sign_off_fills_no_place() {
        let mut stale = by("erin", "ml_engineer");
        stale.digest = "e".into();
        let sign_offs = [
            stale,
            by("omar", "viewer"),
            by("ines", "admin"),
            by("kai", "ml_engineer"),
            by("lea", "ml_engineer"),
        ];
        let counted = count(&[places(&["ml_engineer"], 1)], &sign_offs);
        let no_place = Err(NotCounted::NoPlace);
        assert_eq!(counted.counted, [Err(NotCounted::OtherDigest), no_place, no_place, Ok(()), no_place]);
        assert!(counted.missing.is_empty());
    }

    #[test]
    fn the_order_does_not_matter() {
        let either = places(&["ml_engineer", "ops_engineer"], 1);
        let required = [places(&["any"], 1), either, places(&["ml_engineer"], 1)];
        let people =
            [by("erin", "ml_engineer"), by("omar", "ops_engineer"), by("ana", "admin"), by("eve", "viewer")];
        for turn in 0..people.len() {
            let mut turned = people.clone();
            turned.rotate_left(turn);
            assert!(count(&required, &turned).missing.is_empty(), "{turn}");
        }
        assert_eq!(count(&required, &people[1..]).missing.len(), 1);
    }

    #[test]
    fn a_requirement_of_billions_costs_nothing() {
        let counted = count(&[places(&["any"], u32::MAX)], &[by("erin", "admin")]);
        assert_eq!(counted.missing, [places(&["any"], u32::MAX - 1)]);
    }
}
