//! Who somebody is here, by what the provider says of them.

use std::collections::{BTreeMap, BTreeSet};

use domain::accounts::Role;
use openidconnect::IssuerUrl;
use serde_json::{Map, Value};

use super::problem::Problem;

/// Leaves room for a number behind it.
const LONGEST_NAME: usize = 80;
/// As OpenID Connect Core 1.0 limits it, section 2.
const LONGEST_SUBJECT: usize = 255;

#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    pub subject: String,
    /// Has only characters that a user's name may have.
    pub name: String,
    pub roles: BTreeSet<Role>,
}

/// By what a person is known, whatever else about them changes. A provider gives its `sub` to one person only and
/// never again, but other providers may give the same one: only both together are somebody. An e-mail address is
/// nobody: it changes hands. An issuer has no bar, so the first one ends it.
pub fn subject(issuer: &IssuerUrl, sub: &str) -> Result<String, Problem> {
    if sub.is_empty() || sub.len() > LONGEST_SUBJECT {
        return Err(Problem::not_accepted(&anyhow::anyhow!(
            "`sub` has no length from 1 to {LONGEST_SUBJECT}"
        )));
    }
    Ok(format!("{}|{sub}", issuer.as_str()))
}

/// The groups that `claims` list; `None` if they say nothing of groups.
///
/// # Errors
/// `TooManyGroups` if they only say where to ask for them, `NotAccepted` if it is no list.
pub fn groups(claims: &Map<String, Value>, claim: &str) -> Result<Option<BTreeSet<String>>, Problem> {
    match find(claims, claim) {
        Some(Value::String(group)) => Ok(Some(BTreeSet::from([group.clone()]))),
        Some(Value::Array(groups)) => {
            Ok(Some(groups.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()))
        }
        Some(Value::Null) => Ok(None),
        Some(_) => Err(Problem::not_accepted(&anyhow::anyhow!("the claim `{claim}` is no list of groups"))),
        None if is_elsewhere(claims, claim) => {
            tracing::warn!(claim, "the identity provider lists no groups of somebody who is in too many");
            Err(Problem::TooManyGroups)
        }
        None => Ok(None),
    }
}

/// A claim by its name, in which dots are no more than dots, or by the way through others.
fn find<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    claims.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        find(claims.get(first)?.as_object()?, rest)
    })
}

/// Whether a claim is left out for its size, with a pointer in its place (OpenID Connect Core 1.0, section 5.6.2).
fn is_elsewhere(claims: &Map<String, Value>, path: &str) -> bool {
    let names = claims.get("_claim_names").and_then(Value::as_object);
    let first = path.split('.').next().unwrap_or(path);
    names.is_some_and(|names| names.contains_key(path) || names.contains_key(first))
}

pub fn roles(groups: &BTreeSet<String>, mapping: &BTreeMap<String, BTreeSet<Role>>) -> BTreeSet<Role> {
    groups.iter().filter_map(|group| mapping.get(group)).flatten().copied().collect()
}

/// A name that may stand beside a signature, of what the provider calls the person. It needn't be free.
pub fn name(preferred: Option<&str>, email: Option<&str>) -> String {
    let before_at = email.and_then(|email| email.split('@').next());
    let names = [preferred, before_at].into_iter().flatten().map(fit);
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "user".into())
}

fn fit(name: &str) -> String {
    let joined = name.split_whitespace().collect::<Vec<_>>().join(".");
    let allowed = joined.chars().filter(|c| c.is_alphanumeric() || "._-@+".contains(*c));
    let fits: String = allowed.take(LONGEST_NAME).collect();
    // Of signs alone nobody could tell who it is.
    if fits.chars().any(char::is_alphanumeric) { fits } else { String::new() }
}

/// The same name for another person: the first has it as it is.
pub fn numbered(name: &str, number: usize) -> String {
    if number == 1 { name.to_owned() } else { format!("{name}-{number}") }
}

#[cfg(test)]
mod tests {
    use domain::accounts::check_user_name;
    use serde_json::json;

    use super::*;

    fn listed(claims: &Value, claim: &str) -> Result<Option<Vec<String>>, Problem> {
        let found = groups(claims.as_object().expect("claims"), claim)?;
        Ok(found.map(|groups| groups.into_iter().collect()))
    }

    #[test]
    fn groups_are_found_where_the_configuration_says() {
        let some = |groups: &[&str]| Ok(Some(groups.iter().map(ToString::to_string).collect::<Vec<_>>()));
        assert_eq!(listed(&json!({ "groups": ["b", "a"] }), "groups"), some(&["a", "b"]));
        assert_eq!(listed(&json!({ "groups": "a" }), "groups"), some(&["a"]));
        assert_eq!(listed(&json!({ "groups": [] }), "groups"), some(&[]));
        assert_eq!(listed(&json!({ "groups": ["a", 1, null] }), "groups"), some(&["a"]));
        let nested = json!({ "realm_access": { "roles": ["a"] } });
        assert_eq!(listed(&nested, "realm_access.roles"), some(&["a"]));
        assert_eq!(listed(&nested, "realm_access.groups"), Ok(None));
        assert_eq!(listed(&nested, "realm_access"), Err(Problem::NotAccepted));
        let with_dots = json!({ "https://example.org/groups": ["a"] });
        assert_eq!(listed(&with_dots, "https://example.org/groups"), some(&["a"]));
        for nothing in [json!({}), json!({ "groups": null }), json!({ "groups.x": ["a"] })] {
            assert_eq!(listed(&nothing, "groups"), Ok(None), "{nothing}");
        }
        assert_eq!(listed(&json!({ "groups": { "a": true } }), "groups"), Err(Problem::NotAccepted));
    }

    #[test]
    fn who_is_in_too_many_groups_has_unknown_ones() {
        let pointer = json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": {} } });
        assert_eq!(listed(&pointer, "groups"), Err(Problem::TooManyGroups));
        assert_eq!(listed(&pointer, "roles"), Ok(None));
    }

    #[test]
    fn only_groups_that_are_mapped_give_roles() {
        let mapping = BTreeMap::from([
            ("ml".to_owned(), BTreeSet::from([Role::MlEngineer, Role::Viewer])),
            ("platform".to_owned(), BTreeSet::from([Role::OpsEngineer, Role::Viewer])),
            ("nobody".to_owned(), BTreeSet::new()),
        ]);
        let of = |groups: &[&str]| roles(&groups.iter().map(ToString::to_string).collect(), &mapping);
        assert_eq!(of(&["ml"]), BTreeSet::from([Role::MlEngineer, Role::Viewer]));
        assert_eq!(
            of(&["ml", "platform", "x"]),
            BTreeSet::from([Role::MlEngineer, Role::OpsEngineer, Role::Viewer])
        );
        // A group is one with exactly that name, and a role's own name is no group.
        assert_eq!(of(&["ML", "ml ", "admin", "nobody", ""]), BTreeSet::new());
    }

    #[test]
    fn a_name_is_made_fit() {
        for (preferred, email, expected) in [
            (Some("erin"), None, "erin"),
            (Some("Erin O'Hara"), None, "Erin.OHara"),
            (Some("erin@example.com"), None, "erin@example.com"),
            (Some("CORP\\erin"), None, "CORPerin"),
            (Some("<b>"), None, "b"),
            (Some("Zoë"), None, "Zoë"),
            (Some("\u{202e}nire"), None, "nire"),
            (Some(" "), Some("ana@example.com"), "ana"),
            (Some("..."), Some("@"), "user"),
            (None, Some("ana+ml@example.com"), "ana+ml"),
            (None, None, "user"),
        ] {
            let made = name(preferred, email);
            assert_eq!(made, expected, "{preferred:?} {email:?}");
            check_user_name("name", &made).expect("may be used");
        }
        let long = name(Some(&"ü".repeat(500)), None);
        check_user_name("name", &numbered(&long, 1000)).expect("may be used");
    }

    #[test]
    fn namesakes_are_numbered() {
        assert_eq!([1, 2, 10].map(|number| numbered("ana", number)), ["ana", "ana-2", "ana-10"]);
        assert!(check_user_name("name", &numbered("local", 1)).is_err(), "is left out");
        assert!(check_user_name("name", &numbered("local", 2)).is_ok());
    }

    #[test]
    fn the_same_sub_of_another_issuer_is_somebody_else() {
        let of = |issuer: &str, sub: &str| subject(&IssuerUrl::new(issuer.into()).expect("a URL"), sub);
        assert_eq!(of("https://id.example.org", "1"), Ok("https://id.example.org|1".into()));
        assert_ne!(of("https://id.example.org", "1"), of("https://id.example.org/", "1"));
        assert_eq!(of("https://id.example.org", ""), Err(Problem::NotAccepted));
        assert_eq!(of("https://id.example.org", &"1".repeat(256)), Err(Problem::NotAccepted));
    }
}
