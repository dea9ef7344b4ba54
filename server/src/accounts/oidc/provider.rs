//! Leading people to the provider, and deciding whether to believe what they bring back.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use domain::Millis;
use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreGenderClaim, CoreJwsSigningAlgorithm};
use openidconnect::url::Url;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, CsrfToken, IdTokenClaims, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse as _, UserInfoClaims, UserInfoError,
};
use serde::{Deserialize, Serialize};

use super::connection::{Connection, Extra, Known, Tokens, described};
use super::person::{self, Person};
use super::problem::Problem;
use crate::config::Oidc;

/// How long somebody may take to sign in at the provider.
pub const PATIENCE_MS: i64 = 10 * 60 * 1000;
const CLOCKS_DIFFER_MS: i64 = 60 * 1000;

/// Signatures by keys that the provider alone has. With the secret that it shares with us (HS256), whoever reads
/// our configuration could be anybody.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a browser's session remembers while its person is at the provider.
#[derive(Serialize, Deserialize)]
pub struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    began_at: Millis,
    /// Where they go afterwards.
    pub errand: Errand,
}

/// What somebody signs in for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Errand {
    /// A path on this server.
    pub next: String,
    /// To show once more who one is: that one was signed in at the provider already doesn't do.
    pub again: bool,
}

/// With what the provider sends somebody back.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Answer {
    pub state: String,
    pub code: String,
    pub iss: Option<String>,
    pub error: String,
    pub error_description: String,
}

pub struct Provider {
    oidc: Oidc,
    connection: Connection,
}

type Claims = IdTokenClaims<Extra, CoreGenderClaim>;

impl Provider {
    /// # Errors
    /// If the system's certificates can't be read.
    pub fn new(oidc: Oidc, redirect: String) -> anyhow::Result<Self> {
        Ok(Self { connection: Connection::new(oidc.clone(), redirect)?, oidc })
    }

    pub fn name(&self) -> &str {
        &self.oidc.name
    }

    /// Where to send somebody, and what to remember of it.
    ///
    /// # Errors
    /// `Unreachable`.
    pub async fn begin(&self, errand: Errand, now: Millis) -> Result<(Url, Pending), Problem> {
        let known = self.connection.known().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = known
            .client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.oidc.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        if errand.again {
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        let (url, state, nonce) = request.url();
        let pending = Pending {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            began_at: now,
            errand,
        };
        Ok((url, pending))
    }

    /// Who it is that comes back.
    ///
    /// # Errors
    /// Why they are not believed.
    pub async fn finish(&self, pending: Pending, answer: Answer, now: Millis) -> Result<Person, Problem> {
        // The state is used up by now: whoever measures how long this takes learns nothing that still counts.
        if pending.state != answer.state || now.0 - pending.began_at.0 >= PATIENCE_MS {
            return Err(Problem::Stale);
        }
        let mut known = self.connection.known().await?;
        self.check_issuer(&answer, known.names_itself)?;
        if !answer.error.is_empty() {
            return Err(Problem::refused(&answer.error, &answer.error_description));
        }
        let tokens = self.exchange(&known, answer.code, pending.verifier).await?;
        let nonce = Nonce::new(pending.nonce);
        let claims = match verified(&known, &tokens, &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                // The provider may have changed its keys since it was asked.
                if let Some(newer) = self.connection.newer(&known).await {
                    known = newer;
                }
                verified(&known, &tokens, &nonce)
            }
            outcome => outcome,
        };
        let claims = claims.map_err(|error| Problem::not_accepted(&described(error, "the id token")))?;
        if pending.errand.again {
            check_is_fresh(claims, pending.began_at)?;
        }
        self.person(&known, &tokens, claims).await
    }

    /// RFC 9207: an answer that another provider gave is not this one's.
    fn check_issuer(&self, answer: &Answer, names_itself: bool) -> Result<(), Problem> {
        match &answer.iss {
            Some(iss) if iss == self.oidc.issuer.as_str() => Ok(()),
            None if !names_itself => Ok(()),
            _ => Err(Problem::not_accepted(&anyhow!("`iss` of the answer is not the configured issuer"))),
        }
    }

    async fn exchange(&self, known: &Known, code: String, verifier: String) -> Result<Tokens, Problem> {
        let request = known.client.exchange_code(AuthorizationCode::new(code));
        let request = request.map_err(|error| Problem::not_accepted(&error.into()))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier));
        request.request_async(&self.connection.http).await.map_err(|error| match error {
            RequestTokenError::Request(error) => {
                Problem::unreachable(&described(error, "the token endpoint"))
            }
            error => Problem::not_accepted(&described(error, "the token endpoint")),
        })
    }

    async fn person(&self, known: &Known, tokens: &Tokens, claims: &Claims) -> Result<Person, Problem> {
        let said = &claims.additional_claims().all;
        let mut preferred = claims.preferred_username().map(|name| name.as_str().to_owned());
        let mut email = claims.email().map(|email| email.as_str().to_owned());
        let claim = &self.oidc.groups_claim;
        let mut groups = person::groups(said, claim)?;
        // Many providers keep most claims out of the id token.
        if (groups.is_none() || preferred.is_none()) && known.client.user_info_url().is_some() {
            let more = self.user_info(known, tokens, claims).await?;
            if groups.is_none() {
                groups = person::groups(&more.additional_claims().all, claim)?;
            }
            preferred = preferred.or_else(|| more.preferred_username().map(|name| name.as_str().to_owned()));
            email = email.or_else(|| more.email().map(|email| email.as_str().to_owned()));
        }
        if groups.is_none() {
            tracing::info!(claim, "the identity provider says nothing of groups");
        }
        Ok(Person {
            subject: person::subject(claims.issuer(), claims.subject().as_str())?,
            name: person::name(preferred.as_deref(), email.as_deref()),
            roles: person::roles(&groups.unwrap_or_default(), &self.oidc.roles),
        })
    }

    /// Of the same person as the id token.
    async fn user_info(
        &self,
        known: &Known,
        tokens: &Tokens,
        claims: &Claims,
    ) -> Result<UserInfoClaims<Extra, CoreGenderClaim>, Problem> {
        let subject = Some(claims.subject().clone());
        let request = known.client.user_info(tokens.access_token().clone(), subject);
        let request = request.map_err(|error| Problem::not_accepted(&error.into()))?;
        request.request_async(&self.connection.http).await.map_err(|error| match error {
            UserInfoError::Request(error) => Problem::unreachable(&described(error, "the userinfo endpoint")),
            error => Problem::not_accepted(&described(error, "the userinfo endpoint")),
        })
    }
}

/// OpenID Connect Core, 3.1.2.1: whoever asks with `max_age` is told when the person signed in.
fn check_is_fresh(claims: &Claims, began_at: Millis) -> Result<(), Problem> {
    let signed_in = claims.auth_time().map(|at| at.timestamp_millis());
    if signed_in.is_some_and(|at| at >= began_at.0 - CLOCKS_DIFFER_MS) {
        return Ok(());
    }
    Err(Problem::not_accepted(&anyhow!("`auth_time` doesn't say that the person has just signed in there")))
}

/// What the id token says, if the provider has signed it, for us, for this sign-in and not too long ago, and if it
/// belongs to the access token.
fn verified<'t>(
    known: &Arc<Known>,
    tokens: &'t Tokens,
    nonce: &Nonce,
) -> Result<&'t Claims, ClaimsVerificationError> {
    let wrong = |why: String| ClaimsVerificationError::Other(why);
    let id_token = tokens.id_token().ok_or_else(|| wrong("there is none".into()))?;
    let verifier = known.client.id_token_verifier().set_allowed_algs(ALGORITHMS);
    let claims = id_token.claims(&verifier, nonce)?;
    // The crate leaves this one to its users.
    if claims.authorized_party().is_some_and(|party| party != known.client.client_id()) {
        return Err(ClaimsVerificationError::InvalidAudience("`azp` is another client".into()));
    }
    if let Some(expected) = claims.access_token_hash() {
        let key = id_token.signing_key(&verifier).map_err(ClaimsVerificationError::SignatureVerification)?;
        let algorithm = id_token.signing_alg().map_err(ClaimsVerificationError::SignatureVerification)?;
        let hash = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if hash.map_err(|error| wrong(error.to_string()))? != *expected {
            return Err(wrong("`at_hash` is of another access token".into()));
        }
    }
    Ok(claims)
}
