//! People, and what lets them in.

mod links;
mod sessions;
mod throttle;
mod tokens;
mod users;

pub use links::{Invited, choose_password, first_admin, invite, link, needs_first_admin};
pub use sessions::{Session, Sessions, end_sessions, forget_expired};
pub use throttle::{attempt, succeeded, wait_of};
pub use tokens::{NewToken, TOKEN_PREFIX, Token, create_token, revoke_token, tokens, with_token};
pub use users::{
    Credentials, NewUser, User, add, by_id, by_name, credentials, email, enable, list, seen, set_email,
    set_password, set_roles, sign_in_elsewhere,
};

use rand::Rng as _;
use sha2::{Digest as _, Sha256};

/// Something to let somebody in: 256 random bits behind a prefix that says what it is.
fn new_secret(prefix: &str) -> String {
    let mut bytes = [0; 32];
    rand::rng().fill(&mut bytes);
    format!("{prefix}{}", hex::encode(bytes))
}

/// What is kept of it. It has too many bits to be guessed, so a plain hash will do.
fn key_of(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}
