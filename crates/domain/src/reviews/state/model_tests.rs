//! Random people do random things to a review, and the model of it looks on.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::model::{PEOPLE, Step, World};
use super::*;
use crate::reviews::document::{self, Contents, tests as documents};

fn any_role() -> impl Strategy<Value = Role> {
    proptest::sample::select(&Role::ALL[..])
}

fn any_action() -> impl Strategy<Value = Action> {
    let reason = || String::from("a reason that is long enough for all");
    let gate = || String::from("metric:auc");
    prop_oneof![
        14 => proptest::option::weighted(0.2, any_role()).prop_map(|role| Action::Sign { role, digest: None }),
        2 => Just(Action::Withdraw),
        1 => Just(Action::RequestChanges { words: reason() }),
        1 => Just(Action::WithdrawChanges),
        1 => (0..PEOPLE).prop_map(move |by| Action::DismissChanges { by, reason: reason() }),
        2 => Just(Action::Waive { gate: gate(), reason: reason() }),
        1 => Just(Action::Unwaive { gate: gate() }),
        1 => Just(Action::Reject),
        2 => Just(Action::Cancel),
        1 => Just(Action::Expire),
        1 => Just(Action::Apply),
        1 => prop::bool::weighted(0.3).prop_map(move |is_overtaken| {
            if is_overtaken {
                Action::Supersede { reason: reason() }
            } else {
                Action::Override { reason: "too short".into() }
            }
        }),
        1 => Just(Action::Comment),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let who = || 0..PEOPLE;
    prop_oneof![
        12 => (who(), any_action()).prop_map(|(who, action)| Step::Does(who, action)),
        2 => (1_i64..200).prop_map(Step::Waits),
        1 => (who(), any_role()).prop_map(|(who, role)| Step::Grants(who, role)),
        1 => (who(), any_role()).prop_map(|(who, role)| Step::Revokes(who, role)),
        1 => (who(), any::<bool>()).prop_map(|(who, is_enabled)| Step::Enables(who, is_enabled)),
        1 => (who(), any::<bool>()).prop_map(|(who, may_read)| Step::Shows(who, may_read)),
        1 => (75_u8..85).prop_map(Step::Measures),
        1 => (0_usize..4).prop_map(Step::SetsPolicy),
    ]
}

fn any_people() -> impl Strategy<Value = Vec<Person>> {
    let roles = proptest::sample::subsequence(&Role::ALL[..], 0..4);
    proptest::collection::vec(roles, 6).prop_map(|all| {
        let person = |(id, roles): (i64, Vec<Role>)| Person {
            id,
            roles: roles.into_iter().collect(),
            is_enabled: true,
            may_read: true,
        };
        (0..).zip(all).map(person).collect()
    })
}

fn any_run() -> impl Strategy<Value = (Vec<Person>, Vec<Step>)> {
    (any_people(), proptest::collection::vec(any_step(), 1..60))
}

proptest! {
    #[test]
    fn nothing_is_applied_without_enough_and_what_has_ended_stays((people, steps) in any_run()) {
        let mut world = World::new(people);
        for step in steps {
            let (before, signed, log) = (world.review.clone(), world.sign_offs.clone(), world.log.len());
            world.take(&step);
            if before.state.is_final() {
                prop_assert_eq!(&before, &world.review);
                prop_assert_eq!((signed, log), (world.sign_offs.clone(), world.log.len()));
            }
            let standing = world.standing();
            prop_assert!(standing.valid(&world.review).iter().all(|one| one.by > 1), "an author counts");
            let is_ready = is_ready(&world.review, &standing).is_ok();
            prop_assert_eq!(
                !world.review.state.is_final() && is_ready,
                labels(&world.review, &standing, world.now).contains(&Label::Ready)
            );
        }
    }

    #[test]
    fn a_signature_counts_again_when_the_role_is_back(people in any_people(), who in 2..PEOPLE) {
        let mut world = World::new(people);
        let ops = Step::Grants(who, Role::OpsEngineer);
        world.take(&ops);
        let sign = Action::Sign { role: Some(Role::OpsEngineer), digest: None };
        world.take(&Step::Does(who, sign));
        let counts = |world: &World| world.standing().sign_off_of(&world.review, who).is_some();
        prop_assert!(counts(&world));
        world.take(&Step::Revokes(who, Role::OpsEngineer));
        prop_assert!(!counts(&world));
        world.take(&ops);
        prop_assert!(counts(&world));
        world.take(&Step::Enables(who, false));
        prop_assert!(!counts(&world));
        world.take(&Step::Enables(who, true));
        world.take(&Step::Measures(91));
        prop_assert!(!counts(&world));
        world.take(&Step::Measures(90));
        prop_assert!(counts(&world));
    }
}

#[test]
fn every_end_is_reached() {
    let mut runner = TestRunner::deterministic();
    let runs = 1_000;
    let mut reached = std::collections::HashMap::new();
    for _ in 0..runs {
        let (people, steps) = any_run().new_tree(&mut runner).expect("can be generated").current();
        let mut world = World::new(people);
        for step in steps {
            world.take(&step);
        }
        *reached.entry(world.review.state).or_insert(0) += 1;
    }
    for state in State::ALL {
        let share = reached.get(&state).copied().unwrap_or(0);
        assert!(share >= runs / 50, "{state:?}: {share} of {runs}; {reached:?}");
    }
}

#[test]
fn each_member_of_the_document_makes_every_signature_stale() {
    let people: Vec<_> =
        (2..4).map(|id| Person { id, roles: Role::ALL.into(), is_enabled: true, may_read: true }).collect();
    let world = World::new(people);
    let digest = |contents: &Contents| document::digest(&document::document(contents));
    let mut standing = world.standing();
    standing.digest = digest(&documents::contents());
    let sign_off = |(by, role)| {
        let digest = standing.digest.clone();
        SignOff { by, role, digest, at: Millis(1), is_withdrawn: false }
    };
    standing.sign_offs = [(2, Role::MlEngineer), (3, Role::OpsEngineer)].map(sign_off).into();
    assert_eq!(standing.missing(&world.review), []);
    for (path, change) in documents::changes() {
        let mut contents = documents::contents();
        change(&mut contents);
        standing.digest = digest(&contents);
        assert_eq!(standing.valid(&world.review).len(), 0, "{path}");
        assert!(labels(&world.review, &standing, world.now).contains(&Label::Stale(vec![2, 3])), "{path}");
    }
}
