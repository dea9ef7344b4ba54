use super::*;
use crate::reviews::gates::{GateRule, Status};
use crate::reviews::policy::{self, Policy, StageRules};

const NOW: Millis = Millis(1_000);
const ANA: i64 = 1; // asked for the review
const BEN: i64 = 2; // ML engineer
const CAM: i64 = 3; // ops engineer
const DEE: i64 = 4; // data engineer, who signs nothing here

fn person(id: i64, roles: &[Role]) -> Person {
    Person { id, roles: roles.iter().copied().collect(), is_enabled: true, may_read: true }
}

fn people() -> Vec<Person> {
    vec![
        person(ANA, &[Role::DataScientist, Role::MlEngineer]),
        person(BEN, &[Role::MlEngineer]),
        person(CAM, &[Role::OpsEngineer]),
        person(DEE, &[Role::DataEngineer]),
    ]
}

fn actor(id: i64) -> Actor {
    let roles = people().into_iter().find(|person| person.id == id).map(|person| person.roles);
    Actor {
        id: Some(id),
        name: format!("p{id}"),
        roles: roles.unwrap_or_default(),
        scopes: Scope::ALL.into(),
        access: Access::Read,
        is_fresh: true,
    }
}

fn server() -> Actor {
    Actor { name: "countersign".into(), access: Access::Server, ..Actor::default() }
}

fn review() -> Review {
    Review {
        state: State::Open,
        kind: Kind::Promotion,
        target: Target::Stage("Production".into()),
        requester: Some(ANA),
        authors: BTreeSet::from([ANA]),
        deadline: Some(Millis(2_000)),
    }
}

fn gate(status: Status) -> GateResult {
    GateResult {
        id: "card_complete".into(),
        kind: "card_complete".into(),
        required: true,
        status,
        summary: "the model card lacks: Ethics".into(),
        evidence: serde_json::json!({}),
        evidence_sha256: "e".into(),
        waiver: None,
    }
}

fn standing() -> Standing {
    let policy = Policy::default_for_workspace();
    Standing {
        in_force: policy::in_force(None, Some(&policy), &review().target),
        digest: "now".into(),
        sign_offs: vec![],
        blocks: vec![],
        people: people(),
        gates: vec![gate(Status::Pass)],
        is_hashed: true,
        exists: true,
    }
}

fn signed(by: i64, role: Role) -> SignOff {
    SignOff { by, role, digest: "now".into(), at: Millis(1), is_withdrawn: false }
}

fn verdict(action: &Action, actor: &Actor, standing: &Standing) -> &'static str {
    kind_of(&check(action, &review(), actor, standing, NOW))
}

fn kind_of(verdict: &Result<(), Refusal>) -> &'static str {
    match verdict {
        Ok(()) => "ok",
        Err(Refusal::Forbidden(_)) => "forbidden",
        Err(Refusal::InvalidState(_)) => "state",
        Err(Refusal::Invalid(_)) => "invalid",
    }
}

fn sign() -> Action {
    Action::Sign { role: None, digest: None }
}

fn reason() -> String {
    "the night shift has no other way".into()
}

fn all_actions() -> Vec<Action> {
    vec![
        sign(),
        Action::Withdraw,
        Action::RequestChanges { words: "no card".into() },
        Action::WithdrawChanges,
        Action::DismissChanges { by: BEN, reason: reason() },
        Action::Report,
        Action::Waive { gate: "card_complete".into(), reason: reason() },
        Action::Unwaive { gate: "card_complete".into() },
        Action::Reject,
        Action::Cancel,
        Action::Expire,
        Action::Supersede { reason: reason() },
        Action::Override { reason: reason() },
        Action::Apply,
    ]
}

#[test]
fn signing_takes_a_role_that_is_asked_for_and_no_author() {
    let standing = standing();
    assert_eq!(verdict(&sign(), &actor(BEN), &standing), "ok");
    assert_eq!(verdict(&sign(), &actor(ANA), &standing), "forbidden");
    assert_eq!(verdict(&sign(), &actor(DEE), &standing), "forbidden");
    assert_eq!(verdict(&sign(), &Actor { id: None, ..actor(BEN) }, &standing), "forbidden");
    let write_only = Actor { scopes: [Scope::Read, Scope::Write].into(), ..actor(BEN) };
    assert_eq!(verdict(&sign(), &write_only, &standing), "forbidden");
    let unreadable = Actor { access: Access::None, ..actor(BEN) };
    assert_eq!(verdict(&sign(), &unreadable, &standing), "forbidden");
    let with = |role| Action::Sign { role: Some(role), digest: None };
    assert_eq!(verdict(&with(Role::OpsEngineer), &actor(BEN), &standing), "forbidden");
    assert_eq!(verdict(&with(Role::MlEngineer), &actor(BEN), &standing), "ok");
}

#[test]
fn what_is_signed_is_what_was_shown() {
    let mut standing = standing();
    let shown = |digest: &str| Action::Sign { role: None, digest: Some(digest.into()) };
    assert_eq!(verdict(&shown("now"), &actor(BEN), &standing), "ok");
    assert_eq!(verdict(&shown("before"), &actor(BEN), &standing), "state");
    standing.sign_offs = vec![signed(BEN, Role::MlEngineer)];
    assert_eq!(verdict(&sign(), &actor(BEN), &standing), "state");
    assert!(standing.sign_off_of(&review(), BEN).is_some());
    standing.digest = "later".into();
    assert_eq!(verdict(&sign(), &actor(BEN), &standing), "ok");
    assert_eq!(labels(&review(), &standing, NOW)[1], Label::Stale(vec![BEN]));
    standing.is_hashed = false;
    assert_eq!(verdict(&sign(), &actor(BEN), &standing), "state");
}

#[test]
fn nothing_is_done_to_what_has_ended_but_comments() {
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
        for action in all_actions() {
            for who in [actor(ANA), actor(BEN), Actor { access: Access::Manage, ..actor(CAM) }, server()] {
                let verdict = check(&action, &Review { state, ..review() }, &who, &standing(), NOW);
                assert!(!state.is_final() || kind_of(&verdict) == "state", "{state:?} {action:?}");
            }
        }
        let ended = Review { state, ..review() };
        assert_eq!(check(&Action::Comment, &ended, &actor(DEE), &standing(), NOW), Ok(()));
    }
}

#[test]
fn time_ends_everything_but_follow_ups() {
    let late = Millis(2_000);
    for action in all_actions() {
        let refused = check(&action, &review(), &actor(BEN), &standing(), late);
        assert!(matches!(refused, Err(Refusal::InvalidState(_) | Refusal::Forbidden(_))), "{action:?}");
    }
    assert_eq!(check(&Action::Expire, &review(), &server(), &standing(), late), Ok(()));
    assert_eq!(verdict(&Action::Expire, &server(), &standing()), "state");
    assert!(!Review { deadline: None, ..review() }.is_due(Millis(i64::MAX)));
    let followup = Review { kind: Kind::Followup, ..review() };
    assert_eq!(kind_of(&check(&Action::Expire, &followup, &server(), &standing(), late)), "state");
    assert_eq!(check(&sign(), &followup, &actor(BEN), &standing(), late), Ok(()));
    assert!(labels(&followup, &standing(), late).contains(&Label::Overdue));
}

#[test]
fn who_asked_cancels_and_others_reject() {
    let standing = standing();
    assert_eq!(verdict(&Action::Cancel, &actor(ANA), &standing), "ok");
    assert_eq!(verdict(&Action::Cancel, &actor(BEN), &standing), "forbidden");
    assert_eq!(verdict(&Action::Cancel, &Actor { access: Access::Manage, ..actor(DEE) }, &standing), "ok");
    let followup = Review { kind: Kind::Followup, ..review() };
    for by in [actor(ANA), Actor { access: Access::Manage, ..actor(DEE) }] {
        assert!(check(&Action::Cancel, &followup, &by, &standing, NOW).is_err(), "who overrode can't end it");
    }
    assert_eq!(verdict(&Action::Reject, &actor(ANA), &standing), "forbidden");
    assert_eq!(verdict(&Action::Reject, &actor(BEN), &standing), "ok");
    assert_eq!(verdict(&Action::Reject, &actor(DEE), &standing), "forbidden");
    assert_eq!(verdict(&Action::Supersede { reason: reason() }, &actor(BEN), &standing), "forbidden");
    assert_eq!(verdict(&Action::Supersede { reason: reason() }, &server(), &standing), "ok");
}

#[test]
fn a_waiver_takes_a_role_a_reason_and_a_gate_that_stops() {
    let mut standing = standing();
    let waive = |reason: &str| Action::Waive { gate: "card_complete".into(), reason: reason.into() };
    assert_eq!(verdict(&waive(&reason()), &actor(BEN), &standing), "state", "it passes");
    standing.gates = vec![gate(Status::Fail)];
    assert_eq!(verdict(&waive(&reason()), &actor(BEN), &standing), "ok");
    assert_eq!(verdict(&waive("  short   "), &actor(BEN), &standing), "invalid");
    assert_eq!(verdict(&waive(&reason()), &actor(CAM), &standing), "forbidden");
    assert_eq!(verdict(&waive(&reason()), &actor(ANA), &standing), "forbidden", "an author");
    let other = Action::Waive { gate: "data".into(), reason: reason() };
    assert_eq!(verdict(&other, &actor(BEN), &standing), "invalid");
    assert_eq!(verdict(&Action::Unwaive { gate: "card_complete".into() }, &actor(BEN), &standing), "state");
    standing.gates[0].required = false;
    assert_eq!(verdict(&waive(&reason()), &actor(BEN), &standing), "state");
}

#[test]
fn changes_are_asked_for_taken_back_and_dismissed() {
    let mut standing = standing();
    let ask = Action::RequestChanges { words: "no card".into() };
    assert_eq!(verdict(&ask, &actor(BEN), &standing), "ok");
    assert_eq!(verdict(&ask, &actor(ANA), &standing), "forbidden");
    assert_eq!(verdict(&Action::RequestChanges { words: " ".into() }, &actor(BEN), &standing), "invalid");
    assert_eq!(verdict(&Action::WithdrawChanges, &actor(BEN), &standing), "state");
    standing.blocks = vec![Block { by: BEN, role: Role::MlEngineer, at: Millis(1), is_lifted: false }];
    assert_eq!(verdict(&Action::WithdrawChanges, &actor(BEN), &standing), "ok");
    assert_eq!(verdict(&Action::WithdrawChanges, &actor(CAM), &standing), "state");
    let dismiss = Action::DismissChanges { by: BEN, reason: reason() };
    assert_eq!(verdict(&dismiss, &actor(CAM), &standing), "forbidden");
    assert_eq!(verdict(&dismiss, &Actor { access: Access::Manage, ..actor(CAM) }, &standing), "ok");
    assert_eq!(verdict(&dismiss, &Actor { access: Access::Manage, ..actor(ANA) }, &standing), "forbidden");
    assert_eq!(
        is_ready(&review(), &standing).expect_err("waits").last(),
        Some(&Missing::Changes { by: BEN })
    );
}

#[test]
fn an_override_takes_the_right_a_reason_and_a_fresh_sign_in() {
    let mut standing = standing();
    let with = |reason: &str| Action::Override { reason: reason.into() };
    let ops_author = Actor { roles: [Role::OpsEngineer].into(), ..actor(ANA) };
    assert_eq!(verdict(&with(&reason()), &actor(CAM), &standing), "ok");
    assert_eq!(verdict(&with(&reason()), &ops_author, &standing), "ok", "an outage at night");
    assert_eq!(verdict(&with("too short"), &actor(CAM), &standing), "invalid");
    assert_eq!(verdict(&with(&reason()), &actor(BEN), &standing), "forbidden");
    assert_eq!(verdict(&with(&reason()), &Actor { is_fresh: false, ..actor(CAM) }, &standing), "forbidden");
    let followup = Review { kind: Kind::Followup, ..review() };
    assert_eq!(kind_of(&check(&with(&reason()), &followup, &actor(CAM), &standing, NOW)), "state");
    standing.is_hashed = false;
    assert_eq!(verdict(&with(&reason()), &actor(CAM), &standing), "state");
    standing.in_force = None;
    assert_eq!(verdict(&with(&reason()), &actor(CAM), &standing), "state");
}

#[test]
fn it_is_ready_when_all_have_signed_and_the_gates_let_it() {
    let mut standing = standing();
    standing.gates = vec![gate(Status::Pending)];
    let missing = is_ready(&review(), &standing).expect_err("waits");
    let words: Vec<_> = missing.iter().map(ToString::to_string).collect();
    let gate_words = "the gate `card_complete`: the model card lacks: Ethics";
    assert_eq!(words, ["1 ml_engineer", "1 ops_engineer", gate_words]);
    standing.sign_offs = vec![signed(BEN, Role::MlEngineer), signed(CAM, Role::OpsEngineer)];
    assert_eq!(labels(&review(), &standing, NOW), [Label::Blocked(vec!["card_complete".into()])]);
    assert_eq!(verdict(&Action::Apply, &server(), &standing), "state");
    standing.gates = vec![gate(Status::NotApplicable)];
    assert_eq!(is_ready(&review(), &standing), Ok(()));
    assert_eq!(labels(&review(), &standing, NOW), [Label::Ready]);
    assert_eq!(verdict(&Action::Apply, &server(), &standing), "ok");
    assert_eq!(verdict(&Action::Apply, &actor(ANA), &standing), "ok");
    assert_eq!(verdict(&Action::Apply, &actor(DEE), &standing), "forbidden");
    standing.is_hashed = false;
    assert_eq!(is_ready(&review(), &standing), Err(vec![Missing::Files]));
    assert_eq!(labels(&Review { state: State::Applied, ..review() }, &standing, NOW), []);
}

#[test]
fn a_rollback_is_one_signature_even_of_who_asks() {
    let mut standing = standing();
    standing.gates = vec![gate(Status::Fail)];
    let rollback = Review { kind: Kind::Rollback, ..review() };
    assert_eq!(check(&sign(), &rollback, &actor(ANA), &standing, NOW), Ok(()));
    standing.sign_offs = vec![signed(ANA, Role::MlEngineer)];
    assert_eq!(is_ready(&rollback, &standing), Ok(()));
    assert!(is_ready(&review(), &standing).is_err());
}

#[test]
fn without_a_policy_somebody_else_looks() {
    let of_nobody = Review { requester: None, authors: BTreeSet::new(), ..review() };
    let mut standing = Standing { in_force: None, ..standing() };
    assert!(standing.requirements(&of_nobody).is_empty(), "nobody has an account to sign with");
    assert_eq!(is_ready(&review(), &standing).map_err(|missing| missing.len()), Err(1));
    assert_eq!(verdict(&sign(), &actor(ANA), &standing), "forbidden");
    standing.sign_offs = vec![signed(CAM, Role::OpsEngineer)];
    assert_eq!(is_ready(&review(), &standing), Ok(()));
}

#[test]
fn checks_report_with_the_right_to_edit() {
    let standing = standing();
    let editor = Actor { access: Access::Edit, ..actor(DEE) };
    assert_eq!(verdict(&Action::Report, &editor, &standing), "ok");
    let review_only = Actor { scopes: [Scope::Read, Scope::Review].into(), ..editor };
    assert_eq!(verdict(&Action::Report, &review_only, &standing), "forbidden");
    assert_eq!(verdict(&Action::Report, &actor(DEE), &standing), "forbidden");
}

#[test]
fn comments_belong_to_their_authors() {
    let standing = standing();
    let manager = Actor { access: Access::Manage, ..actor(BEN) };
    assert_eq!(verdict(&Action::EditComment { by: ANA }, &actor(ANA), &standing), "ok");
    assert_eq!(verdict(&Action::EditComment { by: ANA }, &manager, &standing), "forbidden");
    assert_eq!(verdict(&Action::DeleteComment { by: ANA }, &manager, &standing), "ok");
    assert_eq!(verdict(&Action::DeleteComment { by: ANA }, &actor(BEN), &standing), "forbidden");
}

#[test]
fn a_review_is_opened_once_for_a_version_that_is_ready() {
    let can = Opening { is_ready: true, target_exists: true, is_there: false, open_review: None };
    let verdict = |opening: &Opening, actor: &Actor| kind_of(&check_open(opening, actor));
    assert_eq!(verdict(&can, &actor(DEE)), "ok");
    let looks_on = Actor { roles: [Role::Viewer].into(), ..actor(DEE) };
    assert_eq!(verdict(&can, &looks_on), "forbidden");
    assert_eq!(verdict(&can, &Actor { roles: [Role::Viewer, Role::DataEngineer].into(), ..looks_on }), "ok");
    assert_eq!(verdict(&can, &Actor { access: Access::None, ..actor(DEE) }), "forbidden");
    assert_eq!(verdict(&can, &Actor { scopes: [Scope::Read].into(), ..actor(DEE) }), "forbidden");
    assert_eq!(verdict(&Opening { is_ready: false, ..can.clone() }, &actor(DEE)), "state");
    assert_eq!(verdict(&Opening { is_there: true, ..can.clone() }, &actor(DEE)), "state");
    assert_eq!(verdict(&Opening { open_review: Some(3), ..can.clone() }, &actor(DEE)), "state");
    assert_eq!(verdict(&Opening { target_exists: false, ..can }, &actor(DEE)), "invalid");
}

#[test]
fn a_stricter_policy_makes_nothing_ready() {
    let mut standing = standing();
    standing.sign_offs = vec![signed(BEN, Role::MlEngineer)];
    let rules =
        |sign_off: &[Requirement]| StageRules { sign_off: sign_off.to_vec(), ..StageRules::default() };
    let ml = Requirement { roles: Roles::one(Role::MlEngineer), count: 1 };
    let any = Requirement { roles: Roles::Any, count: 1 };
    let ready = |sign_off: &[Requirement], standing: &mut Standing| {
        standing.in_force.as_mut().expect("has one").rules = rules(sign_off);
        is_ready(&review(), standing).is_ok()
    };
    assert!(ready(std::slice::from_ref(&ml), &mut standing));
    assert!(!ready(&[ml, any], &mut standing));
    assert!(ready(&[], &mut standing));
    let advisory = GateRule::new(crate::reviews::gates::GateKind::Monitor, false);
    assert!(!advisory.required);
}
