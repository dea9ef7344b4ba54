//! Random people do random things to the reviews of a model, on each database, and some at the same instant.

use std::collections::{BTreeSet, HashMap};

use domain::Millis;
use domain::accounts::Role;
use domain::reviews::gates::CheckState;
use domain::reviews::policy::{Requirement, Roles};
use domain::reviews::state::State;
use domain::reviews::{Kind, Target};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use store::reviews::{self, Act, Ask, Details, Office, Outcome, Report, ReviewQuery};
use store::{Db, accounts, audit, registry};

use crate::reviews::{later, model, office, person, sign, version};
use crate::{NOW, on_each, on_each_of_two_servers};

const STORMS: u64 = 12;
const STEPS: i64 = 60;
const REASON: &str = "a reason that is long enough to be one";

struct Storm {
    db: Db,
    office: Office,
    random: StdRng,
    /// With the role that each has at first.
    team: Vec<(Db, Role)>,
    model: String,
    now: Millis,
}

impl Storm {
    async fn new(db: &Db, office: &Office, seed: u64) -> Self {
        let mut team = Vec::new();
        for role in [
            Role::DataScientist,
            Role::MlEngineer,
            Role::MlEngineer,
            Role::OpsEngineer,
            Role::OpsEngineer,
            Role::Admin,
        ] {
            team.push((person(db, role).await, role));
        }
        let model = model(&team[0].0).await;
        let (db, office, random) = (db.clone(), office.clone(), StdRng::seed_from_u64(seed));
        Self { db, office, random, team, model, now: later(0) }
    }

    fn anybody(&mut self) -> Db {
        self.team.choose(&mut self.random).expect("a team").0.clone()
    }

    async fn reviews(&self, state: Option<State>) -> Vec<reviews::ReviewRow> {
        let query =
            ReviewQuery { state, model: self.model.clone(), max_results: 1000, ..ReviewQuery::default() };
        reviews::search(&self.db, &query).await.expect("are read")
    }

    fn act(&mut self) -> Act {
        let (words, reason) = (REASON.to_owned(), REASON.to_owned());
        let gate = "check:load".to_owned();
        match self.random.random_range(0..100) {
            0..60 => sign(),
            60..66 => Act::Withdraw,
            66..70 => Act::RequestChanges { words },
            70..74 => Act::WithdrawChanges,
            74..80 => Act::Report(Report {
                name: "load".into(),
                state: *CheckState::ALL.choose(&mut self.random).expect("one"),
                summary: "ran".into(),
                link: None,
                files_sha256: None,
            }),
            80..84 => Act::Waive { gate, reason },
            84..86 => Act::Unwaive { gate },
            86..89 => Act::Reject { words },
            89..92 => Act::Cancel { words },
            92..95 => Act::Override { reason },
            _ => Act::Apply,
        }
    }

    /// One step. What the rules refuse is refused, and nothing else may go wrong.
    async fn step(&mut self) {
        let by = self.anybody();
        let open = self.reviews(Some(State::Open)).await;
        let versions = self.versions().await;
        let outcome = match self.random.random_range(0..100) {
            _ if versions == 0 => {
                version(&self.team[0].0, &self.model).await;
                Ok(())
            }
            0..6 => {
                version(&by, &self.model).await;
                Ok(())
            }
            6..18 => {
                let number = self.random.random_range(1..=versions);
                let stage = if self.random.random_bool(0.8) { "Production" } else { "Staging" };
                let ask = Ask {
                    name: self.model.clone(),
                    version: number,
                    target: Target::Stage(stage.into()),
                    comment: String::new(),
                    archive_existing: false,
                };
                reviews::ask(&by, ask, self.now).await.map(|_| ())
            }
            18..22 => {
                let of = (self.model.clone(), "Production".to_owned(), None);
                reviews::roll_back(&by, &self.office, of, REASON.into(), self.now).await.map(|_| ())
            }
            22..28 => {
                let (one, role) = self.team.choose(&mut self.random).expect("a team").clone();
                let id = one.by().user_id.expect("has one");
                let role = if self.random.random_bool(0.6) { role } else { Role::Viewer };
                accounts::set_roles(&self.db, id, BTreeSet::from([role]), self.now).await
            }
            28..32 => {
                let number = self.random.random_range(1..=versions);
                let card = format!("## Intended use\n{}", self.now.0);
                registry::cards::set_card(&self.db, self.model.clone(), number, card, self.now).await
            }
            32..34 => {
                self.now = Millis(self.now.0 + 8 * 24 * 60 * 60 * 1000);
                reviews::expire_due(&self.db, self.now).await.map(|_| ())
            }
            _ => match open.choose(&mut self.random) {
                Some(review) => {
                    let act = self.act();
                    reviews::act(&by, &self.office, review.id, act, self.now).await.map(|_| ())
                }
                None => Ok(()),
            },
        };
        if let Err(why) = outcome {
            assert!(!matches!(why, store::Error::Database), "{why}");
        }
    }

    async fn check(&self) {
        let open = self.reviews(Some(State::Open)).await;
        let targets: BTreeSet<_> = open.iter().map(|row| (row.version, row.target.clone())).collect();
        assert_eq!(targets.len(), open.len(), "two open reviews of one version for one target");
        assert!(self.serving().await <= 1, "more than one version serves");
    }

    async fn versions(&self) -> i64 {
        let model = registry::model(&self.db, &self.model).await.expect("is there");
        model.latest_versions.iter().map(|version| version.version).max().unwrap_or(0)
    }

    async fn serving(&self) -> usize {
        let mut serving = 0;
        for number in 1..=self.versions().await {
            let version = registry::version(&self.db, &self.model, number).await.expect("is there");
            serving += usize::from(version.stage == "Production");
        }
        serving
    }

    /// Whatever was applied had enough signatures, by people who count, each once.
    async fn check_ended(&self, reached: &mut HashMap<State, usize>) {
        for row in self.reviews(None).await {
            let details = reviews::details(&self.db, row.id, self.now).await.expect("is read");
            *reached.entry(details.review.state).or_default() += 1;
            if details.review.state == State::Applied && !details.is_override {
                check_signatures(&details);
            }
        }
    }
}

fn check_signatures(details: &Details) {
    let valid = details.standing.valid(&details.review);
    let signers: BTreeSet<_> = valid.iter().map(|one| one.by).collect();
    assert_eq!(signers.len(), valid.len(), "one person counts twice in review {}", details.id);
    if details.review.kind == Kind::Promotion {
        assert!(signers.is_disjoint(&details.review.authors), "an author counts in review {}", details.id);
    }
    let count = |wanted: &Requirement| match &wanted.roles {
        Roles::Any => valid.len(),
        Roles::Of(roles) => valid.iter().filter(|one| roles.contains(&one.role)).count(),
    };
    for wanted in &details.requirements {
        assert!(count(wanted) >= wanted.count as usize, "review {} lacks {wanted:?}", details.id);
    }
}

#[tokio::test]
async fn nothing_is_applied_without_its_signatures_whatever_people_do() {
    on_each(async |db| {
        let (_keys, office) = office();
        let mut reached = HashMap::new();
        for seed in 0..STORMS {
            let mut storm = Storm::new(&db, &office, seed).await;
            for step in 0..STEPS {
                storm.now = Millis(storm.now.0.max(NOW.0 + step) + 1);
                storm.step().await;
                storm.check().await;
            }
            storm.check_ended(&mut reached).await;
        }
        audit::verify(&db).await.expect("the log is whole");
        for state in [State::Open, State::Applied, State::Rejected, State::Cancelled, State::Expired] {
            assert!(reached.contains_key(&state), "{state:?} was never reached: {reached:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn two_servers_apply_a_review_once() {
    on_each_of_two_servers(async |one, other| {
        let (_keys, office) = office();
        let dana = person(&one, Role::DataScientist).await;
        let erin = person(&one, Role::MlEngineer).await;
        let otto = person(&one, Role::OpsEngineer).await;
        let (otto, dana_there) =
            (other.in_the_name_of(otto.by().clone()), other.in_the_name_of(dana.by().clone()));
        let name = model(&dana).await;
        for round in 0..20 {
            let number = version(&dana, &name).await;
            let ask = || Ask {
                name: name.clone(),
                version: number,
                target: Target::Stage("Production".into()),
                comment: String::new(),
                archive_existing: true,
            };
            let (first, second) = tokio::join!(
                reviews::ask(&dana, ask(), later(round)),
                reviews::ask(&dana_there, ask(), later(round))
            );
            let id = match (first, second) {
                (Ok(id), Err(store::Error::AlreadyExists { .. }))
                | (Err(store::Error::AlreadyExists { .. }), Ok(id)) => id,
                both => panic!("{both:?}"),
            };
            let (first, second) = tokio::join!(
                reviews::act(&erin, &office, id, sign(), later(round)),
                reviews::act(&otto, &office, id, sign(), later(round))
            );
            let outcomes = [first, second].map(|outcome| outcome.expect("signs"));
            let applied = outcomes.iter().filter(|outcome| **outcome == Outcome::Applied).count();
            assert_eq!(applied, 1, "{outcomes:?}");
            let details = reviews::details(&dana, id, later(round)).await.expect("is read");
            assert_eq!(details.timeline.iter().filter(|one| one.kind == "applied").count(), 1);
        }
        audit::verify(&one).await.expect("the log is whole");
    })
    .await;
}
