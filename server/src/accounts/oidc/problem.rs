//! Why signing in elsewhere didn't work: in words for the person, while the log has what an admin needs.

use http::StatusCode;

const LONGEST_SHOWN: usize = 300;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("the identity provider can't be reached now; try again in a moment")]
    Unreachable,
    #[error(
        "this sign-in was begun in another browser, took longer than ten minutes, or was used already; begin anew"
    )]
    Stale,
    /// What the provider said.
    #[error("the identity provider didn't let you in: {0}")]
    Refused(String),
    #[error(
        "what the identity provider answered was not accepted; begin anew, and if that doesn't help, ask an admin: \
         the server's log says why"
    )]
    NotAccepted,
    #[error(
        "you are in more groups than the identity provider lists, so your roles here are unknown; ask an admin to \
         have it send fewer"
    )]
    TooManyGroups,
    /// It was clear who they are.
    #[error("{0}")]
    NotLetIn(String),
    #[error("the server couldn't sign you in; try again in a moment")]
    Failed,
}

impl Problem {
    pub fn unreachable(error: &anyhow::Error) -> Self {
        tracing::warn!(error = format!("{error:#}"), "the identity provider can't be reached");
        Self::Unreachable
    }

    pub fn not_accepted(error: &anyhow::Error) -> Self {
        tracing::warn!(error = format!("{error:#}"), "the identity provider's answer was not accepted");
        Self::NotAccepted
    }

    pub fn failed(error: &anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "somebody couldn't be signed in");
        Self::Failed
    }

    /// With the provider's own words, of which the page makes text.
    pub fn refused(error: &str, description: &str) -> Self {
        tracing::info!(error, description, "the identity provider turned somebody away");
        let words = if description.trim().is_empty() { error } else { description };
        // Between backticks stands code.
        let shown = words.chars().filter(|c| !c.is_control() && *c != '`').take(LONGEST_SHOWN);
        Self::Refused(shown.collect())
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Stale | Self::NotAccepted => StatusCode::BAD_REQUEST,
            Self::Refused(_) | Self::TooManyGroups | Self::NotLetIn(_) => StatusCode::FORBIDDEN,
            Self::Unreachable | Self::Failed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_providers_words_are_shown_shortened_and_without_marks() {
        assert_eq!(Problem::refused("access_denied", " "), Problem::Refused("access_denied".into()));
        let refused = Problem::refused("access_denied", "wrong `pass\nword`");
        assert_eq!(refused.to_string(), "the identity provider didn't let you in: wrong password");
        let Problem::Refused(shown) = Problem::refused("x", &"ü".repeat(5000)) else { panic!("refused") };
        assert_eq!(shown.chars().count(), LONGEST_SHOWN);
    }
}
