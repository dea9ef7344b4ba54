//! `user` and `token`: whoever holds the data folder lets people in.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::Millis;
use domain::accounts::{Caller, Role, Scope, check_password};
use store::Db;
use store::accounts::{self, NewToken, NewUser};
use web::passwords::Passwords;

use crate::clock::now;
use crate::config::duration;
use crate::serve::open_database;

#[derive(Args)]
pub struct Data {
    /// The folder that holds everything
    #[arg(long, env = "COUNTERSIGN_DATA", default_value = "countersign-data", value_name = "DIR")]
    data: PathBuf,
}

impl Data {
    /// # Errors
    /// If it isn't there.
    pub fn folder(&self) -> anyhow::Result<&Path> {
        if !self.data.is_dir() {
            bail!(
                "there is no folder {}; name the server's with --data, or start it once to make one",
                self.data.display()
            );
        }
        Ok(&self.data)
    }
}

#[derive(Subcommand)]
pub enum User {
    /// Adds somebody; without --password-stdin it prints a link by which they choose a password
    Add {
        /// What they type to sign in, and what stands beside their signature
        name: String,
        /// What they answer for: one role or more
        #[arg(long = "role", required = true, num_args = 1.., value_delimiter = ',', value_name = "ROLE", value_parser = role)]
        roles: Vec<Role>,
        /// Read their password from standard input, a line
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        data: Data,
    },
    /// Lists everybody
    List {
        #[command(flatten)]
        data: Data,
    },
    /// Keeps somebody out: their sessions end, their tokens stop working
    Disable {
        name: String,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Subcommand)]
pub enum Token {
    /// Creates an API token and prints it, once
    Create {
        /// Whose token it is
        #[arg(long, value_name = "NAME")]
        user: String,
        /// What it is for; without it, "command line" and a number
        #[arg(long = "name", value_name = "LABEL")]
        label: Option<String>,
        /// For how long it works, e.g. 90d, 12h; without it, until it is revoked
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        expires: Option<i64>,
        /// What it may be used for: read, write; can be given more than once
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
        scopes: Vec<Scope>,
        #[command(flatten)]
        data: Data,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let roles: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("the roles are {}", roles.join(", "))
    })
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).filter(|scope| *scope != Scope::Review).ok_or_else(|| {
        "the scopes here are read and write; one to review with people make for themselves, on the page of their account".into()
    })
}

impl User {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add { name, roles, password_stdin, data } => {
                let password = if password_stdin { Some(read_password(&name)?) } else { None };
                let db = open(&data).await?;
                add(&db, name, roles.into_iter().collect(), password).await?;
                db.close().await;
            }
            Self::List { data } => {
                let db = open(&data).await?;
                print(&list(&db).await?)?;
                db.close().await;
            }
            Self::Disable { name, data } => {
                let db = open(&data).await?;
                let user = accounts::by_name(&db, &name).await?;
                accounts::enable(&db, user.id, false, now()).await?;
                print(&format!("{} is disabled: sessions have ended, tokens no longer work\n", user.name))?;
                db.close().await;
            }
        }
        Ok(())
    }
}

impl Token {
    pub async fn run(self) -> anyhow::Result<()> {
        let Self::Create { user, label, expires, scopes, data } = self;
        let db = open(&data).await?;
        let user = accounts::by_name(&db, &user).await?;
        let scopes: BTreeSet<_> =
            if scopes.is_empty() { [Scope::Read, Scope::Write].into() } else { scopes.into_iter().collect() };
        let expires_at = expires.map(|ms| Millis(now().0 + ms));
        let label = match label {
            Some(label) => label,
            None => free_label(&accounts::tokens(&db, user.id).await?),
        };
        let token = NewToken { user_id: user.id, label, scopes, expires_at };
        let secret = accounts::create_token(&db, token, now()).await?;
        print(&format!("{secret}\n"))?;
        db.close().await;
        Ok(())
    }
}

/// A label that none of the tokens has.
fn free_label(tokens: &[accounts::Token]) -> String {
    const LABEL: &str = "command line";
    let is_free = |label: &String| tokens.iter().all(|token| token.label != *label);
    let numbered = (2..).map(|number| format!("{LABEL} {number}"));
    std::iter::once(LABEL.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

async fn open(data: &Data) -> anyhow::Result<Db> {
    Ok(open_database(data.folder()?).await?.in_the_name_of(Caller::command_line()))
}

/// One line, without its end.
fn read_password(name: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        let _ = write!(std::io::stderr(), "Password for {name}: ");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("the password could not be read")?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    check_password("password", password, name)?;
    Ok(password.to_owned())
}

async fn add(db: &Db, name: String, roles: BTreeSet<Role>, password: Option<String>) -> anyhow::Result<()> {
    let password_hash = match password {
        Some(password) => {
            Some(Passwords::default().hash(password).await.map_err(|why| anyhow::anyhow!(why.message))?)
        }
        None => None,
    };
    let has_password = password_hash.is_some();
    let id = accounts::add(db, NewUser { name: name.clone(), roles, password_hash }, now()).await?;
    let said = if has_password {
        format!("{name} can sign in now\n")
    } else {
        let key = accounts::invite(db, Some(id), now()).await?;
        format!(
            "{name} is added. Within a week they choose a password at this address of your server, once:\n/welcome?key={key}\n"
        )
    };
    print(&said)
}

async fn list(db: &Db) -> anyhow::Result<String> {
    let users = accounts::list(db, "").await?;
    let widest = users.iter().map(|user| user.name.chars().count()).max().unwrap_or(0);
    let lines = users.iter().map(|user| {
        let roles: Vec<_> = user.roles.iter().map(|role| role.as_str()).collect();
        let state = if user.is_disabled { "disabled" } else { "" };
        format!("{:widest$}  {}  {state}", user.name, roles.join(",")).trim_end().to_owned() + "\n"
    });
    Ok(lines.collect())
}

pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("nothing could be printed")
}
