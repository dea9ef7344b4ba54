//! People: signing in, one's own account, everybody's.

mod account;
mod sign_in;
mod tokens;
mod users;

pub use account::AccountPage;
pub use sign_in::{Elsewhere, SignInPage, WelcomePage};
pub use tokens::{NewSecret, ShownOnce, TokensPage};
pub use users::UsersPage;

use std::collections::BTreeSet;

use domain::accounts::Role;

/// Roles as a page lists them.
fn roles_text(roles: &BTreeSet<Role>) -> String {
    let labels: Vec<_> = roles.iter().map(|role| role.label()).collect();
    labels.join(", ")
}
