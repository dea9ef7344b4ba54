//! `user` and `token`: whoever holds the data folder lets people in.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::Millis;
use domain::accounts::{Caller, Role, Scope, check_password};
use store::Db;
use store::accounts::{self, NewToken, NewUser};
use web::passwords::Passwords;

use crate::clock::now;
use crate::serve::open_database;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Args)]
pub struct Data {
    /// The folder that holds everything
    #[arg(long, env = "COUNTERSIGN_DATA", default_value = "countersign-data", value_name = "DIR")]
    data: PathBuf,
}

#[derive(Subcommand)]
pub enum User {
    /// Adds somebody; without --password-stdin it prints a link by which they choose a password
    Add {
        /// What they type to sign in, and what stands beside their signature
        name: String,
        /// What they answer for; can be given more than once
        #[arg(long = "role", required = true, value_name = "ROLE", value_parser = role)]
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
        /// What it is for
        #[arg(long = "name", value_name = "LABEL", default_value = "command line")]
        label: String,
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
    Scope::parse(text).ok_or_else(|| "the scopes are read, write, review".into())
}

/// Milliseconds from `90d`, `12h`, `30m`.
fn duration(text: &str) -> Result<i64, String> {
    let wrong = || "a duration is a number with d, h or m, e.g. 90d".to_owned();
    let unit_ms = match text.chars().last() {
        Some('d') => DAY_MS,
        Some('h') => 3_600_000,
        Some('m') => 60_000,
        _ => return Err(wrong()),
    };
    let number: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number
        .checked_mul(unit_ms)
        .filter(|ms| (1..=3650 * DAY_MS).contains(ms))
        .ok_or_else(|| "a duration is longer than nothing and at most ten years, 3650d".to_owned())
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
        let token = NewToken { user_id: user.id, label, scopes, expires_at };
        let secret = accounts::create_token(&db, token, now()).await?;
        print(&format!("{secret}\n"))?;
        db.close().await;
        Ok(())
    }
}

async fn open(data: &Data) -> anyhow::Result<Db> {
    if !data.data.is_dir() {
        bail!(
            "there is no folder {}; name the server's with --data, or start it once to make one",
            data.data.display()
        );
    }
    Ok(open_database(&data.data).await?.in_the_name_of(Caller::command_line()))
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

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("nothing could be printed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_a_limit() {
        assert_eq!(duration("90d"), Ok(90 * DAY_MS));
        assert_eq!(duration("12h"), Ok(43_200_000));
        assert_eq!(duration("1m"), Ok(60_000));
        for wrong in
            ["", "d", "90", "0d", "-1d", "1y", "3651d", "9999999999999999999d", "9223372036854775807d"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
