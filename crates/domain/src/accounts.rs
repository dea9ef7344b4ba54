//! People: their roles, and who is calling.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// What a person answers for. One can have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    DataEngineer,
    DataScientist,
    MlEngineer,
    DevEngineer,
    OpsEngineer,
    Viewer,
}

impl Role {
    pub const ALL: [Self; 7] = [
        Self::Admin,
        Self::DataEngineer,
        Self::DataScientist,
        Self::MlEngineer,
        Self::DevEngineer,
        Self::OpsEngineer,
        Self::Viewer,
    ];

    /// As it is written on the command line, in files and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::DataEngineer => "data_engineer",
            Self::DataScientist => "data_scientist",
            Self::MlEngineer => "ml_engineer",
            Self::DevEngineer => "dev_engineer",
            Self::OpsEngineer => "ops_engineer",
            Self::Viewer => "viewer",
        }
    }

    /// As it is written on a page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::DataEngineer => "Data engineer",
            Self::DataScientist => "Data scientist",
            Self::MlEngineer => "ML engineer",
            Self::DevEngineer => "Dev engineer",
            Self::OpsEngineer => "Ops engineer",
            Self::Viewer => "Viewer",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    /// Everything that changes something, but reviews.
    Write,
    /// To file, sign and decide reviews.
    Review,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Review];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Review => "review",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// By what a caller is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// Nobody signs in: whoever reaches the server is the local admin.
    Open,
    CommandLine,
    Session,
    /// With the token's label.
    Token(String),
    /// The server's own work: what expires, what is due.
    Server,
}

impl fmt::Display for Via {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => formatter.write_str("open mode"),
            Self::CommandLine => formatter.write_str("command line"),
            Self::Session => formatter.write_str("session"),
            Self::Token(label) => write!(formatter, "token {label}"),
            Self::Server => formatter.write_str("server"),
        }
    }
}

/// Who asks for something: what they may do is decided by it, and it is what the audit log names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `None`: nobody who has an account.
    pub user_id: Option<i64>,
    pub name: String,
    pub roles: BTreeSet<Role>,
    pub scopes: BTreeSet<Scope>,
    pub via: Via,
    pub address: Option<IpAddr>,
}

impl Caller {
    /// Whoever reaches a server in the open mode.
    pub fn local_admin() -> Self {
        Self::without_account("local", Via::Open)
    }

    /// Whoever holds the data folder.
    pub fn command_line() -> Self {
        Self::without_account("command line", Via::CommandLine)
    }

    /// The server, on its own behalf.
    pub fn server() -> Self {
        Self::without_account("countersign", Via::Server)
    }

    /// Who has not signed in, and may do nothing.
    pub fn nobody() -> Self {
        Self {
            roles: BTreeSet::new(),
            scopes: BTreeSet::new(),
            ..Self::without_account("nobody", Via::Server)
        }
    }

    fn without_account(name: &str, via: Via) -> Self {
        Self {
            user_id: None,
            name: name.to_owned(),
            roles: BTreeSet::from([Role::Admin]),
            scopes: Scope::ALL.into(),
            via,
            address: None,
        }
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub fn is_admin(&self) -> bool {
        self.has(Role::Admin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_scopes_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).expect("is text"), role.as_str());
        }
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
