//! Who may do what with an experiment or a registered model.
//!
//! Without any grant it is everyone's: who has a role reads it, every role but viewer edits it. Once it has
//! grants, only they count. Admins and whoever created it always manage it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::accounts::{Caller, Role};
use crate::limits::{self, Invalid};

/// How much somebody may do. What is more allows what is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// To look at it and all that belongs to it.
    Read,
    /// To add to it and to change what is in it.
    Edit,
    /// To rename or delete a model or a version, to delete or restore an experiment, and to decide who may do what.
    Manage,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Read, Self::Edit, Self::Manage];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Edit => "edit",
            Self::Manage => "manage",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// Greater for what is more.
    pub fn code(self) -> i64 {
        match self {
            Self::Read => 1,
            Self::Edit => 2,
            Self::Manage => 3,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.code() == code)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// To whom something is granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    /// By name.
    User(String),
    Role(Role),
    /// Whoever has any role here.
    Everyone,
}

impl fmt::Display for Grantee {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(formatter, "the user `{name}`"),
            Self::Role(role) => write!(formatter, "the role `{role}`"),
            Self::Everyone => formatter.write_str("everyone"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    pub to: Grantee,
    pub level: Level,
}

/// What an experiment or a model says of who may do what with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// The experiment's or the model's.
    pub number: i64,
    pub name: String,
    /// Whoever made it, if they had an account; they always manage it.
    pub creator: Option<String>,
    /// None: it is everyone's, as far as their roles go.
    pub grants: Vec<Grant>,
    /// What whoever asks may do.
    pub level: Level,
}

impl Permissions {
    /// Who may do what takes `wanted`, in words, e.g. `dana, every ML engineer or an admin`.
    pub fn who_may(&self, wanted: Level) -> String {
        if self.grants.is_empty() && wanted <= Level::Edit {
            return if wanted == Level::Read { "everybody" } else { "everybody but viewers" }.to_owned();
        }
        let granted = self.grants.iter().filter(|grant| grant.level >= wanted).map(|grant| match &grant.to {
            Grantee::User(name) => name.clone(),
            Grantee::Role(role) => format!("every {}", role.label()),
            Grantee::Everyone => "everybody".to_owned(),
        });
        let mut who: Vec<_> = self.creator.iter().cloned().chain(granted).collect();
        who.sort();
        who.dedup();
        if who.is_empty() { "an admin".to_owned() } else { format!("{} or an admin", who.join(", ")) }
    }
}

/// The grants that an object has, as one caller meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// It has none.
    Unrestricted,
    /// The highest of those that reach the caller.
    Restricted(Option<Level>),
}

/// What `by` may do with an object that the account `created_by` made; `None`: for them it doesn't exist.
pub fn level(by: &Caller, created_by: Option<i64>, granted: Granted) -> Option<Level> {
    if by.is_admin() {
        return Some(Level::Manage);
    }
    if by.roles.is_empty() {
        return None;
    }
    let is_creator = created_by.is_some() && created_by == by.user_id;
    let level = match granted {
        _ if is_creator => Some(Level::Manage),
        Granted::Unrestricted => Some(Level::Edit),
        Granted::Restricted(level) => level,
    };
    // Who only looks changes nothing, whatever they are granted.
    let only_looks = by.roles == BTreeSet::from([Role::Viewer]);
    level.map(|level| if only_looks { Level::Read } else { level })
}

/// At most so many grants on one thing: what is for more people is for a role.
const MAX_GRANTS: usize = 500;

/// # Errors
/// `Invalid` for too many grants, or two to the same.
pub fn check_grants(field: &str, grants: &[Grant]) -> Result<(), Invalid> {
    limits::check_count(field, grants.len(), MAX_GRANTS)?;
    let mut seen = BTreeSet::new();
    match grants.iter().find(|grant| !seen.insert(&grant.to)) {
        Some(Grant { to, .. }) => Err(Invalid::new(field, format!("{to} is there twice; grant one level"))),
        None => Ok(()),
    }
}

/// Whether a change of grants by `by` leaves somebody who manages, if there was somebody. Without grants it is
/// the workspace's again, which only an admin gives it back to.
pub fn leaves_a_manager(by: &Caller, has_creator: bool, before: &[Grant], after: &[Grant]) -> bool {
    let manages = |grants: &[Grant]| has_creator || grants.iter().any(|grant| grant.level == Level::Manage);
    manages(after) || !manages(before) || after.is_empty() && by.is_admin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Scope, Via};

    fn caller(roles: &[Role]) -> Caller {
        Caller {
            user_id: Some(7),
            name: "ana".into(),
            roles: roles.iter().copied().collect(),
            scopes: Scope::ALL.into(),
            via: Via::Session,
            address: None,
            is_fresh: false,
        }
    }

    #[test]
    fn who_may_is_said_in_words() {
        let to = |to: Grantee, level| Grant { to, level };
        let mut permissions = Permissions {
            number: 1,
            name: "churn".into(),
            creator: Some("dana".into()),
            grants: Vec::new(),
            level: Level::Read,
        };
        assert_eq!(permissions.who_may(Level::Read), "everybody");
        assert_eq!(permissions.who_may(Level::Edit), "everybody but viewers");
        assert_eq!(permissions.who_may(Level::Manage), "dana or an admin");
        permissions.grants = vec![
            to(Grantee::Role(Role::MlEngineer), Level::Edit),
            to(Grantee::Everyone, Level::Read),
            to(Grantee::User("dana".into()), Level::Manage),
        ];
        assert_eq!(permissions.who_may(Level::Edit), "dana, every ML engineer or an admin");
        permissions.creator = None;
        permissions.grants.clear();
        assert_eq!(permissions.who_may(Level::Manage), "an admin");
    }

    #[test]
    fn levels_are_ordered_and_read_as_they_are_written() {
        assert!(Level::Read < Level::Edit && Level::Edit < Level::Manage);
        for level in Level::ALL {
            assert_eq!(Level::parse(level.as_str()), Some(level));
            assert_eq!(Level::from_code(level.code()), Some(level));
        }
        assert_eq!((Level::parse("CAN_READ"), Level::from_code(0)), (None, None));
    }

    #[test]
    fn grants_count_once_there_are_any() {
        use Granted::{Restricted, Unrestricted};
        let engineer = caller(&[Role::MlEngineer]);
        let viewer = caller(&[Role::Viewer]);
        let admin = caller(&[Role::Admin]);
        for (by, created_by, granted, expected) in [
            (&engineer, None, Unrestricted, Some(Level::Edit)),
            (&engineer, Some(7), Unrestricted, Some(Level::Manage)),
            (&engineer, Some(8), Unrestricted, Some(Level::Edit)),
            (&engineer, None, Restricted(None), None),
            (&engineer, Some(7), Restricted(None), Some(Level::Manage)),
            (&engineer, None, Restricted(Some(Level::Read)), Some(Level::Read)),
            (&engineer, None, Restricted(Some(Level::Manage)), Some(Level::Manage)),
            (&viewer, None, Unrestricted, Some(Level::Read)),
            (&viewer, Some(7), Unrestricted, Some(Level::Read)),
            (&viewer, None, Restricted(Some(Level::Manage)), Some(Level::Read)),
            (&viewer, None, Restricted(None), None),
            (&admin, None, Restricted(None), Some(Level::Manage)),
            (&Caller::nobody(), None, Unrestricted, None),
            (&Caller::nobody(), None, Restricted(Some(Level::Manage)), None),
            (&Caller::local_admin(), None, Restricted(None), Some(Level::Manage)),
        ] {
            assert_eq!(level(by, created_by, granted), expected, "{by:?} {created_by:?} {granted:?}");
        }
    }

    #[test]
    fn the_last_manager_stays() {
        let ana = caller(&[Role::MlEngineer]);
        let admin = caller(&[Role::Admin]);
        let grant = |level| vec![Grant { to: Grantee::User("ana".into()), level }];
        let (manage, edit) = (grant(Level::Manage), grant(Level::Edit));
        for by in [&ana, &admin] {
            assert!(!leaves_a_manager(by, false, &manage, &edit));
            assert!(leaves_a_manager(by, true, &manage, &edit), "whoever created it manages it");
            assert!(leaves_a_manager(by, false, &[], &edit), "nobody loses what nobody had");
        }
        assert!(!leaves_a_manager(&ana, false, &manage, &[]));
        assert!(leaves_a_manager(&admin, false, &manage, &[]));
        let twice = [manage, edit].concat();
        assert!(check_grants("grants", &twice).is_err() && check_grants("grants", &twice[..1]).is_ok());
    }
}
