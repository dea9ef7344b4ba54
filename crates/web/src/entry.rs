//! Who comes in: every request is looked at here first, and gets its [`Caller`], if it has one.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Millis;
use domain::accounts::{Caller, Scope, Via};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use store::{Db, accounts};
use tower_sessions::Session;

use crate::passwords::Passwords;
use crate::session::{self, Lifetime};
use crate::{ApiError, guard};

/// For so long after signing in nobody is asked again who they are.
const FRESH_MS: i64 = 15 * 60_000;

/// How people come in.
#[derive(Debug, Clone)]
pub enum Entry {
    /// Nobody signs in: whoever reaches the server is the local admin.
    Open,
    Accounts(Arc<Accounts>),
}

/// What signing in needs.
#[derive(Debug)]
pub struct Accounts {
    pub passwords: Passwords,
    pub lifetime: Lifetime,
    /// E.g. `https://ml.example.org`, without a slash at its end; `None`: as whoever calls names the server.
    pub public_url: Option<String>,
    /// Reads the clock.
    pub now: fn() -> Millis,
}

impl Entry {
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    pub fn accounts(&self) -> Option<&Arc<Accounts>> {
        match self {
            Self::Open => None,
            Self::Accounts(accounts) => Some(accounts),
        }
    }
}

/// Finds out who calls. A wrong password or token is refused here; whether nobody may call, or this caller,
/// is decided where it is known what is called.
pub async fn identify(entry: Entry, db: Db, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let found = match &entry {
        Entry::Open => guard::loopback_only(&parts).map(|()| Some(Caller::local_admin())),
        Entry::Accounts(accounts) => accounts.caller(&db, &parts).await,
    };
    match found {
        Ok(caller) => {
            if let Some(caller) = caller {
                let address = address(&parts);
                parts.extensions.insert(Arc::new(Caller { address, ..caller }));
            }
            parts.extensions.insert(entry);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Where a request comes from.
pub fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip())
}

/// What a request shows to say whose it is.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Token(String),
    Password(String, String),
}

fn shown(headers: &HeaderMap) -> Result<Option<Shown>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let unreadable = || {
        let why = "the header `Authorization` can't be read: it is `Bearer TOKEN`, or `Basic` with name and password";
        unauthenticated(why)
    };
    let (scheme, rest) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unreadable)?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Some(Shown::Token(rest.to_owned())));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unreadable());
    }
    let decoded = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(unreadable)?;
    let (name, password) = decoded.split_once(':').ok_or_else(unreadable)?;
    Ok(Some(Shown::Password(name.to_owned(), password.to_owned())))
}

/// For whoever has shown nothing, or something wrong.
pub fn unauthenticated(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
}

impl Accounts {
    async fn caller(&self, db: &Db, request: &Parts) -> Result<Option<Caller>, ApiError> {
        let now = (self.now)();
        match shown(&request.headers)? {
            Some(Shown::Token(token)) => self.by_token(db, &token, None, now).await.map(Some),
            Some(Shown::Password(name, token)) if token.starts_with(accounts::TOKEN_PREFIX) => {
                self.by_token(db, &token, Some(&name), now).await.map(Some)
            }
            Some(Shown::Password(name, password)) => {
                self.by_password(db, name, password, address(request), now).await.map(Some)
            }
            None => {
                let has_cookie = request.headers.contains_key(header::COOKIE);
                if has_cookie || !is_called_by_programs(request.uri.path()) {
                    guard::check_origin(request, self.public_url.as_deref())?;
                }
                let Some(session) = request.extensions.get::<Session>().filter(|_| has_cookie) else {
                    return Ok(None);
                };
                let Some(signed_in) = session::signed_in(session, self.lifetime, now).await? else {
                    return Ok(None);
                };
                let is_fresh = now.0 - signed_in.at.0 < FRESH_MS;
                let person = self.person(db, signed_in.user_id, Scope::ALL.into(), Via::Session).await?;
                Ok(person.map(|person| Caller { is_fresh, ..person }))
            }
        }
    }

    /// Roles and rights are those that the person has now.
    async fn person(
        &self,
        db: &Db,
        user_id: i64,
        scopes: std::collections::BTreeSet<Scope>,
        via: Via,
    ) -> Result<Option<Caller>, ApiError> {
        let user = match accounts::by_id(&db.in_the_name_of(Caller::server()), user_id).await {
            Err(store::Error::NotFound { .. }) => return Ok(None),
            user => user?,
        };
        Ok(Some(Caller::person(&user, scopes, via)).filter(|_| !user.is_disabled))
    }

    async fn by_token(
        &self,
        db: &Db,
        token: &str,
        name: Option<&str>,
        now: Millis,
    ) -> Result<Caller, ApiError> {
        let refused = || unauthenticated("this API token is unknown, was revoked, or has expired");
        let (user_id, scopes, owner) = accounts::with_token(db, token, now).await?.ok_or_else(refused)?;
        let is_theirs = |name: &str| {
            name.is_empty() || name == "token" || name.to_lowercase() == owner.key.to_lowercase()
        };
        if !name.is_none_or(is_theirs) {
            return Err(refused());
        }
        self.person(db, user_id, scopes, Via::Token(owner.value)).await?.ok_or_else(refused)
    }

    async fn by_password(
        &self,
        db: &Db,
        name: String,
        password: String,
        from: Option<IpAddr>,
        now: Millis,
    ) -> Result<Caller, ApiError> {
        let user_id = self.check_password(db, &name, password, from, now).await?.map_err(|refusal| {
            unauthenticated(match refusal {
                WrongPassword::Wrong => "the user name or the password is wrong".to_owned(),
                WrongPassword::TooMany { seconds } => {
                    format!("too many wrong passwords; wait {seconds} s and try again")
                }
            })
        })?;
        let person = self.person(db, user_id, Scope::ALL.into(), Via::Password).await?;
        let person = person.map(|person| Caller { is_fresh: true, ..person });
        person.ok_or_else(|| unauthenticated("the user name or the password is wrong"))
    }

    /// Whose password it is. Guessing gets slow: see [`accounts::attempt`].
    ///
    /// # Errors
    /// If the database fails.
    pub async fn check_password(
        &self,
        db: &Db,
        name: &str,
        password: String,
        from: Option<IpAddr>,
        now: Millis,
    ) -> Result<Result<i64, WrongPassword>, ApiError> {
        let credentials = accounts::credentials(db, name).await?;
        if let Some(user_id) = self.remembered(db, credentials.as_ref(), &password, from, now).await? {
            return Ok(Ok(user_id));
        }
        // Of calls that come at once with the same password, one is compared; the others find it remembered. So a guess
        // counts once, and a right password that many workers send isn't taken for many guesses.
        let _turn = self.passwords.turn(name).await;
        if let Some(user_id) = self.remembered(db, credentials.as_ref(), &password, from, now).await? {
            return Ok(Ok(user_id));
        }
        let wait_ms = accounts::attempt(db, name, from, now).await?;
        if wait_ms > 0 {
            return Ok(Err(WrongPassword::TooMany { seconds: (wait_ms + 999) / 1000 }));
        }
        let hash = credentials.as_ref().map(|known| known.password_hash.clone());
        let is_right = self.passwords.verify(password.clone(), hash).await?;
        let Some(known) = credentials.filter(|_| is_right) else {
            return Ok(Err(WrongPassword::Wrong));
        };
        accounts::succeeded(db, name, from).await?;
        self.passwords.remember((&password, from), &known.password_hash, now);
        Ok(Ok(known.user_id))
    }

    /// Whose password was right from the same address a moment ago: it isn't compared again, and waits for no guesses
    /// from elsewhere.
    async fn remembered(
        &self,
        db: &Db,
        credentials: Option<&accounts::Credentials>,
        password: &str,
        from: Option<IpAddr>,
        now: Millis,
    ) -> Result<Option<i64>, ApiError> {
        let Some(known) = credentials else { return Ok(None) };
        let is_known = self.passwords.remembers((password, from), &known.password_hash, now)
            && accounts::wait_of(db, from, now).await? == 0;
        Ok(is_known.then_some(known.user_id))
    }
}

/// Why a password lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongPassword {
    /// Or the name is: which of the two is nobody's business.
    Wrong,
    TooMany {
        seconds: i64,
    },
}

/// Whether an address is for programs: they get errors they can read, never a page to sign in.
pub fn is_called_by_programs(path: &str) -> bool {
    ["/api/", "/ajax-api/", "/get-artifact", "/model-versions/", "/.well-known/"]
        .iter()
        .any(|start| path.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<Shown>, ApiError> {
        let mut headers = HeaderMap::new();
        headers
            .insert(header::AUTHORIZATION, http::HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        shown(&headers)
    }

    #[test]
    fn tokens_and_passwords_are_read_from_their_header() {
        assert_eq!(shown(&HeaderMap::new()), Ok(None));
        assert_eq!(read("Bearer cs_1"), Ok(Some(Shown::Token("cs_1".into()))));
        assert_eq!(read("bearer  cs_1 "), Ok(Some(Shown::Token("cs_1".into()))));
        let basic = format!("Basic {}", STANDARD.encode("ana:a:ü "));
        assert_eq!(read(&basic), Ok(Some(Shown::Password("ana".into(), "a:ü ".into()))));
        for wrong in ["", "Bearer", "Digest x", "Basic !", "Basic YW5h", "Basic /w==", "Bearer\u{e9} x"] {
            let error = read(wrong).expect_err(wrong);
            assert_eq!((error.status, error.code), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
        }
    }
}
