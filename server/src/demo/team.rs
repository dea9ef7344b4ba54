//! Who is in the demo's team.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use anyhow::Context as _;
use domain::Millis;
use domain::accounts::{Caller, Role, Scope, User, Via};
use futures::future::try_join_all;
use store::Db;
use store::accounts::{self, NewUser};
use web::passwords::Passwords;

/// Everybody's: a demo is to be walked through, listens on this machine only, and is gone when it stops.
pub const PASSWORD: &str = "second-signature";

pub struct Member {
    pub name: &'static str,
    pub role: Role,
    /// What they may do, and what they find when they sign in.
    does: &'static str,
}

const fn member(name: &'static str, role: Role, does: &'static str) -> Member {
    Member { name, role, does }
}

pub const TEAM: [Member; 7] = [
    member("ana", Role::DataScientist, "registers versions and asks for reviews; her model serves today"),
    member("bo", Role::DataEngineer, "signs for the data of breast-screening v3"),
    member("chidi", Role::DevEngineer, "signs for those who call a model; his digit-reader was overridden"),
    member("dara", Role::DataScientist, "asked for both promotions that are open"),
    member("emre", Role::MlEngineer, "signs for the model, waives gates; a follow-up waits for him"),
    member("faye", Role::OpsEngineer, "signs for operations: hers is all that wine-cultivar v2 lacks"),
    member("gita", Role::Admin, "people, policies, audit log, emergency overrides"),
];

/// The database in the name of each of them, as if they had signed in just now.
pub type Team = BTreeMap<&'static str, Db>;

pub async fn add(db: &Db, at: Millis) -> anyhow::Result<Team> {
    let passwords = Passwords::default();
    let hashes = TEAM.iter().map(|_| passwords.hash(PASSWORD.to_owned()));
    let hashes = try_join_all(hashes).await.map_err(|why| anyhow::anyhow!(why.message))?;
    let mut team = Team::new();
    for (member, hash) in TEAM.iter().zip(hashes) {
        let new =
            NewUser { name: member.name.to_owned(), roles: [member.role].into(), password_hash: Some(hash) };
        let id =
            accounts::add(db, new, at).await.with_context(|| format!("{} can't be added", member.name))?;
        let user = accounts::by_id(db, id).await?;
        team.insert(member.name, db.in_the_name_of(signed_in(&user)));
    }
    Ok(team)
}

fn signed_in(user: &User) -> Caller {
    Caller {
        address: Some(Ipv4Addr::LOCALHOST.into()),
        is_fresh: true,
        ..Caller::person(user, Scope::ALL.into(), Via::Session)
    }
}

/// A table of who may sign in, as what, and why one would.
pub fn logins() -> String {
    let head = format!("{:5}  {:16}  {:14}  {}\n", "name", "password", "role", "");
    let lines = TEAM.iter().map(|member| {
        format!("{:5}  {PASSWORD}  {:14}  {}\n", member.name, member.role.label(), member.does)
    });
    let lines: String = std::iter::once(head).chain(lines).collect();
    format!("\nSign in as anybody of the team:\n\n{lines}\n")
}
