use proptest::prelude::*;

use super::*;
use Role::{Admin, DataEngineer, MlEngineer, OpsEngineer, Viewer};

fn person(id: i64, roles: &[Role]) -> Person {
    Person { id, roles: roles.iter().copied().collect(), is_enabled: true, may_read: true }
}

fn signed(by: i64, role: Role) -> SignOff {
    SignOff { by, role, digest: "now".into(), at: Millis(1), is_withdrawn: false }
}

fn of(role: Role, count: u32) -> Requirement {
    Requirement { roles: Roles::one(role), count }
}

fn any(count: u32) -> Requirement {
    Requirement { roles: Roles::Any, count }
}

#[test]
fn a_signature_counts_as_things_are_now() {
    let mut people = vec![person(1, &[MlEngineer])];
    let sign_off = signed(1, MlEngineer);
    let nobody = BTreeSet::new();
    let verdict_barring = |people: &[Person], sign_off: &SignOff, barred: &BTreeSet<i64>| {
        verdicts(std::slice::from_ref(sign_off), "now", people, barred)[0]
    };
    let verdict = |people: &[Person], sign_off: &SignOff| verdict_barring(people, sign_off, &nobody);
    assert_eq!(verdict(&people, &sign_off), Ok(()));
    assert_eq!(verdict(&[], &sign_off), Err(Void::Disabled));
    let withdrawn = SignOff { is_withdrawn: true, ..sign_off.clone() };
    assert_eq!(verdict(&people, &withdrawn), Err(Void::Withdrawn));
    let stale = SignOff { digest: "before".into(), ..sign_off.clone() };
    assert_eq!(verdict(&people, &stale), Err(Void::Stale));
    assert_eq!(verdict(&people, &signed(1, OpsEngineer)), Err(Void::RoleLost));
    assert_eq!(verdict_barring(&people, &sign_off, &authors(Some(1), None, None)), Err(Void::Author));
    people[0].may_read = false;
    assert_eq!(verdict(&people, &sign_off), Err(Void::Unreadable));
    people[0].is_enabled = false;
    assert_eq!(verdict(&people, &sign_off), Err(Void::Disabled));
}

#[test]
fn of_one_person_only_the_last_signature_counts() {
    let both = [person(1, &[MlEngineer, OpsEngineer])];
    let twice =
        |digest: &str| [signed(1, MlEngineer), SignOff { digest: digest.into(), ..signed(1, OpsEngineer) }];
    let verdicts = |all: &[SignOff], people: &[Person]| verdicts(all, "now", people, &BTreeSet::new());
    assert_eq!(verdicts(&twice("now"), &both), [Err(Void::Replaced), Ok(())]);

    let reason = "the one before doesn't come back with";
    let ml = [person(1, &[MlEngineer])];
    assert_eq!(verdicts(&twice("now"), &ml), [Err(Void::Replaced), Err(Void::RoleLost)], "{reason} a role");
    let stale = [Err(Void::Replaced), Err(Void::Stale)];
    assert_eq!(verdicts(&twice("before"), &both), stale, "{reason} what it signed");

    let withdrawn = twice("now").map(|one| SignOff { is_withdrawn: true, ..one });
    let and_again = [&withdrawn[..], &twice("now")[..1]].concat();
    assert_eq!(verdicts(&and_again, &both), [Err(Void::Withdrawn), Err(Void::Withdrawn), Ok(())]);
}

#[test]
fn places_for_anybody_are_filled_last() {
    let (ml, ops, admin) = (signed(1, MlEngineer), signed(2, OpsEngineer), signed(3, Admin));
    let needed = [any(1), of(MlEngineer, 1)];
    assert_eq!(missing(&needed, &[&ml]), [any(1)]);
    assert_eq!(missing(&needed, &[&ops]), [of(MlEngineer, 1)]);
    assert_eq!(missing(&needed, &[&ml, &admin]), []);
    assert_eq!(missing(&[any(1)], &[&signed(4, Viewer)]), [any(1)]);
    let either = Requirement { roles: Roles::Of(BTreeSet::from([MlEngineer, OpsEngineer])), count: 1 };
    assert_eq!(missing(&[either.clone(), of(MlEngineer, 1)], &[&ml, &ops]), []);
    assert_eq!(missing(&[either, of(OpsEngineer, 2)], &[&ml, &ops]), [of(OpsEngineer, 1)]);
}

#[test]
fn the_rarest_place_is_chosen() {
    let people = [
        person(1, &[MlEngineer, OpsEngineer]),
        person(2, &[MlEngineer]),
        person(3, &[MlEngineer]),
        person(4, &[OpsEngineer]),
    ];
    let needed = [of(MlEngineer, 1), of(OpsEngineer, 1)];
    let nobody = BTreeSet::new();
    let chosen =
        |valid: &[&SignOff], barred: &BTreeSet<i64>| choose_role(&needed, valid, &people[0], &people, barred);
    assert_eq!(chosen(&[], &nobody), Some(OpsEngineer));
    assert_eq!(chosen(&[&signed(4, OpsEngineer)], &nobody), Some(MlEngineer));
    assert_eq!(chosen(&[], &BTreeSet::from([2, 3])), Some(MlEngineer), "an author could not");
    let full = [&signed(2, MlEngineer), &signed(4, OpsEngineer)];
    assert_eq!(chosen(&full, &nobody), Some(MlEngineer));
    let ties = [person(5, &[MlEngineer, OpsEngineer])];
    assert_eq!(choose_role(&needed, &[], &ties[0], &ties, &nobody), Some(MlEngineer));
    let data = person(6, &[DataEngineer]);
    assert_eq!(choose_role(&needed, &[], &data, &people, &nobody), None);
    let both = person(7, &[Admin, DataEngineer]);
    assert_eq!(choose_role(&[any(1)], &[], &both, &people, &nobody), Some(DataEngineer));
}

#[test]
fn what_nobody_can_sign_is_said_at_once() {
    let team = [person(1, &[MlEngineer, OpsEngineer]), person(2, &[MlEngineer])];
    let needed = [of(MlEngineer, 1), of(OpsEngineer, 1)];
    assert_eq!(infeasible(&needed, &team, &BTreeSet::new()), []);
    assert_eq!(infeasible(&needed, &team, &BTreeSet::from([1])), [of(OpsEngineer, 1)]);
    assert_eq!(infeasible(&needed, &team, &BTreeSet::from([2])), [of(OpsEngineer, 1)]);
    assert_eq!(infeasible(&[any(3)], &team, &BTreeSet::new()), [any(1)]);
}

#[test]
fn a_block_holds_until_its_reason_ends() {
    let people = [person(1, &[MlEngineer])];
    let block = Block { by: 1, role: MlEngineer, at: Millis(5), is_lifted: false };
    let holds = |block: &Block, sign_offs: &[SignOff], people: &[Person]| {
        !standing_blocks(std::slice::from_ref(block), sign_offs, people).is_empty()
    };
    let signed_at = |at, is_withdrawn| SignOff { at: Millis(at), is_withdrawn, ..signed(1, MlEngineer) };
    assert!(holds(&block, &[], &people));
    assert!(holds(&block, &[signed_at(4, true), signed_at(5, true)], &people));
    assert!(!holds(&block, &[signed_at(5, false)], &people));
    assert!(!holds(&block, &[signed_at(6, true)], &people));
    assert!(!holds(&Block { is_lifted: true, ..block.clone() }, &[], &people));
    assert!(!holds(&block, &[], &[person(1, &[Viewer])]));
    assert!(!holds(&block, &[], &[Person { is_enabled: false, ..people[0].clone() }]));
    assert!(holds(&block, &[], &[Person { may_read: false, ..people[0].clone() }]));
}

/// Tries every assignment.
fn most_filled(places: &[Roles], signers: &[BTreeSet<Role>]) -> usize {
    let Some((place, rest)) = places.split_first() else { return 0 };
    let without = most_filled(rest, signers);
    let with = (0..signers.len()).filter(|at| signers[*at].iter().any(|role| place.includes(*role)));
    let with = with.map(|at| {
        let mut left = signers.to_vec();
        left.remove(at);
        1 + most_filled(rest, &left)
    });
    with.max().unwrap_or(0).max(without)
}

fn any_requirements() -> impl Strategy<Value = Vec<Requirement>> {
    let roles = proptest::sample::subsequence(&Role::ALL[..4], 0..3);
    let roles = roles
        .prop_map(|roles| if roles.is_empty() { Roles::Any } else { Roles::Of(roles.into_iter().collect()) });
    proptest::collection::vec((roles, 1_u32..3), 0..3)
        .prop_map(|all| all.into_iter().map(|(roles, count)| Requirement { roles, count }).collect())
}

proptest! {
    #[test]
    fn as_many_places_are_filled_as_can_be(
        requirements in any_requirements(),
        roles in proptest::collection::vec(proptest::sample::subsequence(&Role::ALL[..], 0..4), 0..5),
    ) {
        let signers: Vec<BTreeSet<Role>> = roles.into_iter().map(|roles| roles.into_iter().collect()).collect();
        let places: Vec<_> = requirements
            .iter()
            .flat_map(|one| std::iter::repeat_n(one.roles.clone(), one.count as usize))
            .collect();
        let left: u32 = unfilled(&requirements, &signers).iter().map(|one| one.count).sum();
        prop_assert_eq!(places.len() - left as usize, most_filled(&places, &signers));
    }

    #[test]
    fn another_place_makes_nothing_easier(
        requirements in any_requirements(),
        more in any_requirements(),
        roles in proptest::collection::vec(proptest::sample::select(&Role::ALL[..]), 0..6),
    ) {
        let signers: Vec<_> = roles.into_iter().map(|role| BTreeSet::from([role])).collect();
        let stricter = [requirements.clone(), more].concat();
        if !unfilled(&requirements, &signers).is_empty() {
            prop_assert!(!unfilled(&stricter, &signers).is_empty());
        }
    }
}
