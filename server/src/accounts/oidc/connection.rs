//! What is known of the provider, by its discovery document and its keys.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreSubjectIdentifierType,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AsyncHttpClient, AuthType, Client, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields,
    ProviderMetadata, RedirectUrl, StandardErrorResponse, StandardTokenResponse,
};
use reqwest::redirect;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::problem::Problem;
use crate::config::Oidc;

/// How long what is known of the provider is used without asking anew.
const LASTS: Duration = Duration::from_hours(1);
/// How long an unknown key is no reason to ask again: whoever makes up keys can't make us ask all the time.
const RENEWED_EVERY: Duration = Duration::from_mins(1);
/// After a failure everybody is answered at once for as long: they would wait in a row for a provider that is down.
const TRIED_EVERY: Duration = Duration::from_secs(2);
/// The same while there is something older to go on with.
const REFRESHED_EVERY: Duration = Duration::from_mins(1);

/// What the provider says of a person beyond the claims that every provider has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Extra {
    #[serde(flatten)]
    pub all: Map<String, Value>,
}

impl AdditionalClaims for Extra {}

/// RFC 9207: whether the provider names itself when it sends people back.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct NamesItself {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for NamesItself {}

type Metadata = ProviderMetadata<
    NamesItself,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

pub type Tokens = StandardTokenResponse<
    IdTokenFields<
        Extra,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Oauth<Authorization, Token, UserInfo> = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    Authorization,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    Token,
    UserInfo,
>;

/// What the provider was like when it was last asked.
pub struct Known {
    pub client: Oauth<EndpointSet, EndpointMaybeSet, EndpointMaybeSet>,
    /// It names itself when it sends people back, and so has to.
    pub names_itself: bool,
    at: Instant,
}

/// Asks the provider what it is like, when that is needed.
pub struct Connection {
    pub http: Http,
    oidc: Oidc,
    redirect: RedirectUrl,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: Option<Arc<Known>>,
    failed_at: Option<Instant>,
    renewed_at: Option<Instant>,
}

fn is_within(at: Option<Instant>, duration: Duration) -> bool {
    at.is_some_and(|at| at.elapsed() < duration)
}

impl Connection {
    /// # Errors
    /// If the system's certificates can't be read.
    pub fn new(oidc: Oidc, redirect: String) -> anyhow::Result<Self> {
        Ok(Self { http: Http::new()?, oidc, redirect: RedirectUrl::new(redirect)?, state: Mutex::default() })
    }

    /// # Errors
    /// `Unreachable`, if the provider has never answered.
    pub async fn known(&self) -> Result<Arc<Known>, Problem> {
        let mut state = self.state.lock().await;
        let is_fresh = state.known.as_ref().is_some_and(|known| known.at.elapsed() < LASTS);
        let patience = if state.known.is_some() { REFRESHED_EVERY } else { TRIED_EVERY };
        if !is_fresh && !is_within(state.failed_at, patience) {
            // What was known goes on being used while the provider doesn't answer.
            self.ask(&mut state).await;
        }
        state.known.clone().ok_or(Problem::Unreachable)
    }

    /// What is known of the provider since `old`, which lacked a key; `None` if that is no more.
    pub async fn newer(&self, old: &Arc<Known>) -> Option<Arc<Known>> {
        let mut state = self.state.lock().await;
        let is_old = |state: &State| state.known.as_ref().is_some_and(|known| Arc::ptr_eq(known, old));
        if is_old(&state) && !is_within(state.renewed_at, RENEWED_EVERY) {
            state.renewed_at = Some(Instant::now());
            self.ask(&mut state).await;
        }
        if is_old(&state) { None } else { state.known.clone() }
    }

    async fn ask(&self, state: &mut State) {
        match self.discover().await {
            Ok(known) => {
                state.known = Some(Arc::new(known));
                state.failed_at = None;
            }
            Err(error) => {
                Problem::unreachable(&error.context(format!("discovery of {}", self.oidc.issuer.as_str())));
                state.failed_at = Some(Instant::now());
            }
        }
    }

    /// Fails if the document is another issuer's, too; a slash at the end counts.
    async fn discover(&self) -> anyhow::Result<Known> {
        let metadata = Metadata::discover_async(self.oidc.issuer.clone(), &self.http).await?;
        let names_itself = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        let takes = metadata.token_endpoint_auth_methods_supported().cloned();
        let takes = takes.unwrap_or_else(|| vec![CoreClientAuthMethod::ClientSecretBasic]);
        let in_body = !takes.contains(&CoreClientAuthMethod::ClientSecretBasic)
            && takes.contains(&CoreClientAuthMethod::ClientSecretPost);
        let id = self.oidc.client_id.clone();
        let client = Client::from_provider_metadata(metadata, id, Some(self.oidc.client_secret.clone()))
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(if in_body { AuthType::RequestBody } else { AuthType::BasicAuth });
        Ok(Known { client, names_itself, at: Instant::now() })
    }
}

/// Calls the provider. Redirects are off: they would lead a request with the client's secret elsewhere, or inside.
pub struct Http(reqwest::Client);

/// Whatever a provider has to say is shorter.
const MOST_READ: usize = 1024 * 1024;

impl Http {
    fn new() -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .use_rustls_tls()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self(client))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, CallFailed> {
        let mut response = self.0.execute(request.try_into()?).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_READ {
                return Err(CallFailed::TooLong);
            }
        }
        let mut answer = HttpResponse::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        Ok(answer)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CallFailed {
    #[error("no answer")]
    NoAnswer(#[from] reqwest::Error),
    #[error("the answer is longer than {MOST_READ} bytes")]
    TooLong,
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = CallFailed;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CallFailed>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// An error with its causes, without what was answered: that may hold tokens.
pub fn described(error: impl StdError + Send + Sync + 'static, what: &'static str) -> anyhow::Error {
    anyhow::Error::new(error).context(what)
}
