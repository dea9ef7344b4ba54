//! A review in memory, as operations treat it, with a second and slower reading of the rules that looks on.

use super::*;
use crate::metrics::MetricValue;
use crate::reviews::document::{self, Contents, PolicyPart, tests as documents};
use crate::reviews::gates::{self, Facts, GateKind, GateRule, Measured, VersionFacts, Waiver};
use crate::reviews::policy::{self, StageRules};
use crate::reviews::sign_off;

/// Who take part are 0 to 5: 0 asked for the review, 1 made the version.
pub(super) const PEOPLE: i64 = 6;
const BOUND: f64 = 0.8;

#[derive(Debug, Clone)]
pub(super) enum Step {
    Does(i64, Action),
    Waits(i64),
    Grants(i64, Role),
    Revokes(i64, Role),
    Enables(i64, bool),
    /// Lets somebody read the model, or no longer.
    Shows(i64, bool),
    Measures(u8),
    SetsPolicy(usize),
}

/// What happened, as an audit log would have it.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Signed(i64, Role, String),
    Withdrew(i64),
    AskedForChanges(i64, Role),
    Lifted(i64),
    Waived { auc: f64, bound: f64 },
    Unwaived,
}

pub(super) struct World {
    pub(super) review: Review,
    people: Vec<Person>,
    pub(super) sign_offs: Vec<SignOff>,
    blocks: Vec<Block>,
    waivers: Vec<Waiver>,
    auc: f64,
    policy: usize,
    pub(super) now: Millis,
    pub(super) log: Vec<Entry>,
}

fn of(roles: Roles, count: u32) -> Requirement {
    Requirement { roles, count }
}

/// Some policies, from free to strict.
fn rules(policy: usize) -> StageRules {
    let (ml, ops) = (Roles::one(Role::MlEngineer), Roles::one(Role::OpsEngineer));
    let either = Roles::Of(BTreeSet::from([Role::MlEngineer, Role::OpsEngineer]));
    let sign_off = match policy {
        0 => vec![of(Roles::Any, 2)],
        1 => vec![of(ml, 1), of(ops, 1)],
        2 => vec![of(either, 1), of(ml, 1)],
        _ => vec![of(Roles::Any, 1), of(ops, 1)],
    };
    let kind = GateKind::Metric { metric: "auc".into(), min: Some(BOUND), max: None, dataset: None };
    StageRules { sign_off, gates: vec![GateRule::new(kind, policy != 0)], ..StageRules::default() }
}

impl World {
    pub(super) fn new(people: Vec<Person>) -> Self {
        let review = Review {
            state: State::Open,
            kind: Kind::Promotion,
            target: Target::Stage("Production".into()),
            requester: Some(0),
            authors: sign_off::authors(Some(0), Some(1), None),
            deadline: Some(Millis(400)),
        };
        let (sign_offs, blocks, waivers, log) = (vec![], vec![], vec![], vec![]);
        Self { review, people, sign_offs, blocks, waivers, auc: 0.9, policy: 1, now: Millis(0), log }
    }

    pub(super) fn standing(&self) -> Standing {
        let roles = BTreeSet::from([Role::MlEngineer, Role::Admin]);
        let in_force = InForce {
            scope: policy::Scope::Workspace,
            target: self.review.target.clone(),
            rules: rules(self.policy),
            override_roles: roles.clone(),
            waive_roles: roles,
        };
        let auc = Measured {
            key: "auc".into(),
            value: MetricValue(self.auc),
            step: 1,
            timestamp: Millis(0),
            dataset: None,
        };
        let facts = Facts {
            target: self.review.target.clone(),
            candidate: VersionFacts { version: 7, run_metrics: vec![auc.clone()], ..VersionFacts::default() },
            champion: None,
            departed: None,
            primary_metric: None,
            card: None,
            owner_is_enabled: false,
            checks: vec![],
            monitor: None,
        };
        let gates = gates::evaluate_all(&in_force.rules.gates, &facts, &self.waivers, self.now);
        let contents = Contents {
            metrics: vec![auc],
            policy: Some(PolicyPart::from(&in_force)),
            gates: gates.clone(),
            ..documents::contents()
        };
        Standing {
            digest: document::digest(&document::document(&contents)),
            in_force: Some(in_force),
            sign_offs: self.sign_offs.clone(),
            blocks: self.blocks.clone(),
            people: self.people.clone(),
            gates,
            is_hashed: true,
            exists: true,
        }
    }

    fn actor(&self, id: i64) -> Actor {
        let person = self.people.iter().find(|person| person.id == id);
        let person = person.filter(|person| person.is_enabled && person.may_read);
        let roles = person.map(|person| person.roles.clone()).unwrap_or_default();
        Actor {
            id: Some(id),
            name: format!("p{id}"),
            access: match (person, roles.contains(&Role::Admin)) {
                (None, _) => Access::None,
                (_, true) => Access::Manage,
                _ => Access::Read,
            },
            roles,
            scopes: Scope::ALL.into(),
            is_fresh: true,
        }
    }

    pub(super) fn take(&mut self, step: &Step) {
        match step {
            Step::Waits(length) => self.now.0 += length,
            Step::Grants(id, role) => {
                self.person(*id).roles.insert(*role);
            }
            Step::Revokes(id, role) => {
                self.person(*id).roles.remove(role);
            }
            Step::Enables(id, is_enabled) => self.person(*id).is_enabled = *is_enabled,
            Step::Shows(id, may_read) => self.person(*id).may_read = *may_read,
            Step::Measures(percent) => self.auc = f64::from(*percent) / 100.0,
            Step::SetsPolicy(policy) => self.policy = *policy,
            Step::Does(id, action) => {
                let is_of_server = matches!(action, Action::Expire | Action::Supersede { .. });
                let actor = if is_of_server { server() } else { self.actor(*id) };
                self.act(&actor, action);
            }
        }
    }

    fn person(&mut self, id: i64) -> &mut Person {
        self.people.iter_mut().find(|person| person.id == id).expect("is one of them")
    }

    /// As an operation does it: what is due ends first, then the action, then what it may complete.
    fn act(&mut self, actor: &Actor, action: &Action) {
        if check(&Action::Expire, &self.review, &server(), &self.standing(), self.now).is_ok() {
            self.review.state = State::Expired;
        }
        let before = self.review.clone();
        if check(action, &self.review, actor, &self.standing(), self.now).is_err() {
            return;
        }
        assert!(!before.state.is_final() || *action == Action::Comment, "{action:?} on what has ended");
        self.perform(actor.id.unwrap_or(-1), action);
        if *action == Action::Apply {
            self.look_on();
        }
        if check(&Action::Apply, &self.review, &server(), &self.standing(), self.now).is_ok() {
            self.review.state = State::Applied;
            self.look_on();
        }
    }

    fn perform(&mut self, by: i64, action: &Action) {
        let standing = self.standing();
        // Two things at one moment are told apart by the order in which they were kept.
        self.now.0 += 1;
        let at = self.now;
        match action {
            Action::Sign { role, .. } => {
                let role = role.or_else(|| standing.role_for(&self.review, by)).expect("was checked");
                let digest = standing.digest;
                self.log.push(Entry::Signed(by, role, digest.clone()));
                self.sign_offs.push(SignOff { by, role, digest, at, is_withdrawn: false });
            }
            Action::Withdraw | Action::RequestChanges { .. } => {
                self.sign_offs.iter_mut().filter(|one| one.by == by).for_each(|one| one.is_withdrawn = true);
                self.log.push(Entry::Withdrew(by));
                if matches!(action, Action::RequestChanges { .. }) {
                    let role = standing.role_for(&self.review, by).expect("was checked");
                    self.log.push(Entry::AskedForChanges(by, role));
                    self.blocks.push(Block { by, role, at, is_lifted: false });
                }
            }
            Action::WithdrawChanges => self.lift(by),
            Action::DismissChanges { by, .. } => self.lift(*by),
            Action::Waive { gate, reason } => {
                let result = standing.gates.into_iter().find(|one| one.id == *gate).expect("was checked");
                let (gate, reason, evidence_sha256) = (gate.clone(), reason.clone(), result.evidence_sha256);
                self.waivers.push(Waiver { gate, by, reason, evidence_sha256, at });
                self.log.push(Entry::Waived { auc: self.auc, bound: BOUND });
            }
            Action::Unwaive { .. } => {
                self.waivers.clear();
                self.log.push(Entry::Unwaived);
            }
            _ => {}
        }
        if let Some(state) = action.leads_to() {
            self.review.state = state;
        }
    }

    fn lift(&mut self, by: i64) {
        self.blocks.iter_mut().filter(|block| block.by == by).for_each(|block| block.is_lifted = true);
        self.log.push(Entry::Lifted(by));
    }

    /// Reads the log alone, and asks whether the review was right to be applied.
    fn look_on(&self) {
        let digest = self.standing().digest;
        let holds = |id: i64, role: Role| {
            self.people.iter().any(|one| one.id == id && one.is_enabled && one.roles.contains(&role))
        };
        let mut signers = Vec::new();
        for id in 0..PEOPLE {
            let (mut signature, mut block) = (None, None);
            for entry in &self.log {
                match entry {
                    Entry::Signed(by, role, signed) if *by == id => {
                        (signature, block) = (Some((*role, signed)), None);
                    }
                    Entry::Withdrew(by) if *by == id => signature = None,
                    Entry::AskedForChanges(by, role) if *by == id => block = Some(*role),
                    Entry::Lifted(by) if *by == id => block = None,
                    _ => {}
                }
            }
            assert!(!block.is_some_and(|role| holds(id, role)), "p{id} asks for changes");
            let may_read = self.people.iter().any(|one| one.id == id && one.may_read);
            let counts = |(role, signed): &(Role, &String)| {
                **signed == digest && holds(id, *role) && may_read && id > 1
            };
            signers.extend(signature.filter(counts).map(|(role, _)| role));
        }
        let places: Vec<Roles> = rules(self.policy)
            .sign_off
            .iter()
            .flat_map(|one| std::iter::repeat_n(one.roles.clone(), one.count as usize))
            .collect();
        assert!(covers(&places, &signers), "{signers:?} signed, needed were {places:?}");
        let is_waived = self.log.iter().fold(false, |is_waived, entry| match entry {
            Entry::Waived { auc, bound } => is_waived || (*auc - self.auc).abs() < 1e-9 && *bound >= BOUND,
            Entry::Unwaived => false,
            _ => is_waived,
        });
        assert!(self.policy == 0 || self.auc >= BOUND || is_waived, "auc is {}", self.auc);
    }
}

/// Whether each place gets a signer of its own.
fn covers(places: &[Roles], signers: &[Role]) -> bool {
    let Some((place, rest)) = places.split_first() else { return true };
    (0..signers.len()).any(|at| {
        let mut left = signers.to_vec();
        let fits = place.includes(left.remove(at));
        fits && covers(rest, &left)
    })
}

fn server() -> Actor {
    Actor { name: "countersign".into(), access: Access::Server, ..Actor::default() }
}
