//! People: their roles, and who is calling.

pub mod throttle;

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Millis;
use crate::limits::{self, Invalid};

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
    /// Sent with the request itself.
    Password,
    /// With the token's label.
    Token(String),
    /// A link that works once.
    Link,
    /// The server's own work: what expires, what is due.
    Server,
}

impl fmt::Display for Via {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => formatter.write_str("open mode"),
            Self::CommandLine => formatter.write_str("command line"),
            Self::Session => formatter.write_str("session"),
            Self::Password => formatter.write_str("password"),
            Self::Token(label) => write!(formatter, "token {label}"),
            Self::Link => formatter.write_str("one-time link"),
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
    /// Whether they have shown just now who they are, as the most dangerous steps ask.
    pub is_fresh: bool,
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

    /// The person whom a one-time link lets in.
    pub fn by_link(user_id: i64, name: &str) -> Self {
        Self { user_id: Some(user_id), roles: BTreeSet::new(), ..Self::without_account(name, Via::Link) }
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
            is_fresh: true,
        }
    }

    /// A person who has shown who they are.
    pub fn person(user: &User, scopes: BTreeSet<Scope>, via: Via) -> Self {
        Self {
            user_id: Some(user.id),
            name: user.name.clone(),
            roles: user.roles.clone(),
            scopes,
            via,
            address: None,
            is_fresh: false,
        }
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub fn is_admin(&self) -> bool {
        self.has(Role::Admin)
    }
}

/// What a caller may not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

impl Caller {
    /// # Errors
    /// `Refused` unless they administer the workspace.
    pub fn check_admin(&self) -> Result<(), Refused> {
        if self.is_admin() && self.scopes.contains(&Scope::Write) {
            return Ok(());
        }
        Err(Refused(format!("`{}` may not do this; it takes the role admin", self.name)))
    }

    /// # Errors
    /// `Refused` unless they answer for data.
    pub fn check_data_engineer(&self) -> Result<(), Refused> {
        if (self.is_admin() || self.roles.contains(&Role::DataEngineer))
            && self.scopes.contains(&Scope::Write)
        {
            return Ok(());
        }
        Err(Refused(format!("`{}` may not do this; it takes the role data_engineer", self.name)))
    }
}

impl Caller {
    /// # Errors
    /// `Refused` unless they have any role here.
    pub fn check_known(&self) -> Result<(), Refused> {
        if self.roles.is_empty() { Err(Refused("sign in first".into())) } else { Ok(()) }
    }

    /// For what belongs to one account: its password, tokens and sessions. A token never gets at these, so that
    /// whoever finds one can't make it last or grow.
    ///
    /// # Errors
    /// `Refused` unless the person asks themselves, or an admin does.
    pub fn check_account(&self, user_id: i64) -> Result<(), Refused> {
        if let Via::Token(label) = &self.via {
            return Err(Refused(format!("the token `{label}` may not do this; sign in instead")));
        }
        if self.user_id == Some(user_id) { Ok(()) } else { self.check_admin() }
    }
}

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub roles: BTreeSet<Role>,
    pub has_password: bool,
    pub is_disabled: bool,
    pub created_at: Millis,
    pub seen_at: Option<Millis>,
}

/// An API token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: i64,
    pub label: String,
    pub scopes: BTreeSet<Scope>,
    pub created_at: Millis,
    pub expires_at: Option<Millis>,
    pub used_at: Option<Millis>,
}

const RESERVED_NAMES: [&str; 3] = ["countersign", "local", "nobody"];
const MAX_NAME_LENGTH: usize = 100;
const MIN_PASSWORD_LENGTH: usize = 12;
/// Longer ones would only cost time.
const MAX_PASSWORD_LENGTH: usize = 200;

/// A user's name: what people type, and what stands beside a signature.
///
/// # Errors
/// Names `field` and the rule.
pub fn check_user_name(field: &str, name: &str) -> Result<(), Invalid> {
    let is_allowed = |c: char| c.is_alphanumeric() || "._-@+".contains(c);
    if name.is_empty() || !name.chars().all(is_allowed) {
        let why = format!("`{name}`; a name has letters, digits, and . _ - @ +");
        return Err(Invalid::new(field, why));
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        let why =
            format!("`{name}`; a name of digits alone looks like the number of somebody else's account");
        return Err(Invalid::new(field, why));
    }
    if RESERVED_NAMES.contains(&name.to_lowercase().as_str()) {
        let why = format!("`{name}` is what the audit log calls somebody without an account; choose another");
        return Err(Invalid::new(field, why));
    }
    limits::check_length(field, name, MAX_NAME_LENGTH)
}

/// Checks where somebody gets mail; empty is nowhere. Whether anybody reads it there only a mail can tell.
///
/// # Errors
/// Names `field`.
pub fn check_email(field: &str, email: &str) -> Result<(), Invalid> {
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>()[],;:\"\\".contains(c);
    let parts = email.split_once('@').filter(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && email.chars().all(is_plain)
    });
    if email.is_empty() || parts.is_some() && email.len() <= 254 {
        return Ok(());
    }
    Err(Invalid::new(field, "this is no address for mail, write it like ana@example.org"))
}

/// # Errors
/// Names `field` and the rule.
pub fn check_label(field: &str, label: &str) -> Result<(), Invalid> {
    if label.trim().is_empty() || label.chars().any(char::is_control) {
        return Err(Invalid::new(field, "a label says what the token is for, in printable characters"));
    }
    limits::check_length(field, label, MAX_NAME_LENGTH)
}

/// Length is what makes a password hard to guess (NIST SP 800-63B, 5.1.1.2); the person's own name doesn't.
///
/// # Errors
/// Names `field` and the rule.
pub fn check_password(field: &str, password: &str, name: &str) -> Result<(), Invalid> {
    let length = password.chars().count();
    if length < MIN_PASSWORD_LENGTH {
        return Err(Invalid::new(field, format!("a password has at least {MIN_PASSWORD_LENGTH} characters")));
    }
    if length > MAX_PASSWORD_LENGTH {
        return Err(Invalid::new(field, format!("a password has at most {MAX_PASSWORD_LENGTH} characters")));
    }
    let mut characters: Vec<_> = password.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    let is_only_the_name = !name.is_empty()
        && password.to_lowercase().replace(&name.to_lowercase(), "").chars().count()
            < MIN_PASSWORD_LENGTH / 2;
    if characters.len() < 5 || is_only_the_name {
        return Err(Invalid::new(
            field,
            "this password is easily guessed; a few random words make a good one",
        ));
    }
    Ok(())
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

    #[test]
    fn nobody_may_do_nothing_and_a_link_only_what_it_is_for() {
        assert!(Caller::nobody().check_known().is_err() && Caller::nobody().check_admin().is_err());
        let invited = Caller::by_link(7, "ana");
        assert!(invited.check_admin().is_err() && invited.check_account(8).is_err());
    }

    #[test]
    fn names_labels_and_passwords_have_rules() {
        for name in ["ana", "Åsa.Öberg", "ci-bot_2", "a@b.org"] {
            assert!(check_user_name("name", name).is_ok(), "{name}");
        }
        for name in ["", "7", "a b", "a\nb", "<b>", "a,b", "a/b", "Local", "countersign", &"x".repeat(101)] {
            assert!(check_user_name("name", name).is_err(), "{name}");
        }
        assert!(check_label("label", "nightly training").is_ok());
        for label in ["", "  ", "a\u{7}", &"x".repeat(101)] {
            assert!(check_label("label", label).is_err(), "{label}");
        }
        assert!(check_password("password", "correct horse battery", "ana").is_ok());
        for password in ["short", "aaaaaaaaaaaaaaaa", "annabelle-annabelle", &"xyzäö".repeat(50)] {
            assert!(check_password("password", password, "annabelle").is_err(), "{password}");
        }
    }
}
