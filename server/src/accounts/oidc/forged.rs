//! Answers that no honest provider gives: a provider whose every word the test chooses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Millis;
use domain::accounts::Role;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, Mac as _};
use http::{HeaderMap, header};
use openidconnect::{ClientId, ClientSecret, IssuerUrl};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use tokio::net::TcpListener;

use super::person::Person;
use super::problem::Problem;
use super::provider::{Answer, Errand, PATIENCE_MS, Pending, Provider};
use crate::clock::now;
use crate::config::Oidc;

const ACCESS_TOKEN: &str = "an access token";

/// What the provider publishes and hands out next.
struct Words {
    issuer: String,
    /// The one key that it publishes.
    published: (String, SigningKey),
    metadata: Map<String, Value>,
    id_token: String,
    user_info: Value,
    discoveries: usize,
    /// How the token was asked for.
    asked: (Option<String>, String),
}

type Shared = Arc<Mutex<Words>>;

fn key(number: u8) -> (String, SigningKey) {
    (format!("key {number}"), SigningKey::from_bytes(&[number; 32]))
}

fn encoded(value: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(value)
}

fn signed(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let text = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
    let signature = key.sign(text.as_bytes());
    format!("{text}.{}", encoded(signature.to_bytes()))
}

struct Forged {
    words: Shared,
    provider: Provider,
}

impl Forged {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let words = Arc::new(Mutex::new(Words {
            issuer: issuer.clone(),
            published: key(1),
            metadata: Map::new(),
            id_token: String::new(),
            user_info: json!({ "sub": "erin" }),
            discoveries: 0,
            asked: (None, String::new()),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .with_state(words.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let oidc = Oidc {
            issuer: IssuerUrl::new(issuer).expect("a URL"),
            client_id: ClientId::new("countersign".into()),
            client_secret: ClientSecret::new("a secret".into()),
            name: "Example".into(),
            scopes: Vec::new(),
            groups_claim: "groups".into(),
            roles: BTreeMap::from([("ml".into(), BTreeSet::from([Role::MlEngineer]))]),
        };
        let provider = Provider::new(oidc, "https://ml.example/callback".into()).expect("is set up");
        Self { words, provider }
    }

    fn words(&self) -> std::sync::MutexGuard<'_, Words> {
        self.words.lock().expect("is whole")
    }

    fn claims(&self, nonce: &str) -> Value {
        let seconds = now().0 / 1000;
        json!({
            "iss": self.words().issuer, "aud": "countersign", "sub": "erin", "nonce": nonce,
            "iat": seconds, "exp": seconds + 300, "preferred_username": "erin", "groups": ["ml"],
        })
    }

    /// Somebody who set out, and the nonce that the provider was told.
    async fn begin(&self) -> (Answer, Pending, String) {
        self.begin_with(Errand::default()).await
    }

    async fn begin_with(&self, errand: Errand) -> (Answer, Pending, String) {
        let is_again = errand.again;
        let (url, pending) = self.provider.begin(errand, now()).await.expect("is reached");
        let asked: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let fresh = (asked.get("prompt").map(String::as_str), asked.get("max_age").map(String::as_str));
        assert_eq!(fresh, if is_again { (Some("login"), Some("0")) } else { (None, None) });

        assert_eq!(asked["code_challenge_method"], "S256");
        let answer = Answer { state: asked["state"].clone(), code: "a code".into(), ..Answer::default() };
        (answer, pending, asked["nonce"].clone())
    }

    /// What becomes of an id token with these claims, under this header, by this key.
    async fn finish(
        &self,
        header: Value,
        change: impl FnOnce(&mut Value),
        key: &SigningKey,
    ) -> Result<Person, Problem> {
        let (answer, pending, nonce) = self.begin().await;
        let mut claims = self.claims(&nonce);
        change(&mut claims);
        self.words().id_token = signed(&header, &claims, key);
        self.provider.finish(pending, answer, now()).await
    }

    /// The same, with all right but the claims.
    async fn finish_with(&self, change: impl FnOnce(&mut Value)) -> Result<Person, Problem> {
        let (id, key) = key(1);
        self.finish(json!({ "alg": "EdDSA", "kid": id }), change, &key).await
    }
}

async fn discovery(State(words): State<Shared>) -> Json<Value> {
    let mut words = words.lock().expect("is whole");
    words.discoveries += 1;
    let issuer = &words.issuer;
    let mut document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"), "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/keys"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
    });
    document.as_object_mut().expect("an object").extend(words.metadata.clone());
    Json(document)
}

async fn keys(State(words): State<Shared>) -> Json<Value> {
    let words = words.lock().expect("is whole");
    let (id, key) = &words.published;
    let x = encoded(key.verifying_key().as_bytes());
    Json(json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": id, "x": x }] }))
}

async fn token(State(words): State<Shared>, headers: HeaderMap, body: String) -> Json<Value> {
    let mut words = words.lock().expect("is whole");
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().expect("text").into());
    words.asked = (authorization, body);
    Json(json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": words.id_token }))
}

async fn user_info(State(words): State<Shared>) -> Json<Value> {
    Json(words.lock().expect("is whole").user_info.clone())
}

fn erin(forged: &Forged) -> Person {
    Person {
        subject: format!("{}|erin", forged.words().issuer),
        name: "erin".into(),
        roles: BTreeSet::from([Role::MlEngineer]),
    }
}

#[tokio::test]
async fn what_is_right_is_believed() {
    let forged = Forged::start().await;
    assert_eq!(forged.finish_with(|_| {}).await, Ok(erin(&forged)));
    let hash = encoded(&Sha512::digest(ACCESS_TOKEN)[..32]);
    assert_eq!(forged.finish_with(|claims| claims["at_hash"] = json!(hash)).await, Ok(erin(&forged)));
    // The oddities of some providers.
    let odd = |claims: &mut Value| {
        claims["email_verified"] = json!("true");
        claims["updated_at"] = json!("2024-05-01T10:00:00.000Z");
    };
    assert_eq!(forged.finish_with(odd).await, Ok(erin(&forged)));
    assert_eq!(forged.words().discoveries, 1, "what is known lasts");
}

#[tokio::test]
async fn claims_that_are_not_of_this_sign_in_are_refused() {
    let forged = Forged::start().await;
    for (claim, value) in [
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("aud", json!("another client")),
        ("aud", json!(["countersign", "another client"])),
        ("azp", json!("another client")),
        ("iss", json!("http://127.0.0.1:1")),
        ("exp", json!(now().0 / 1000 - 1)),
        ("exp", json!(null)),
        ("at_hash", json!(encoded(&Sha512::digest("another token")[..32]))),
        ("sub", json!("")),
        ("groups", json!({ "ml": true })),
    ] {
        let outcome = forged.finish_with(|claims| claims[claim] = value.clone()).await;
        assert_eq!(outcome, Err(Problem::NotAccepted), "{claim}: {value}");
    }
}

#[tokio::test]
async fn only_the_providers_own_signature_counts() {
    let forged = Forged::start().await;
    let (id, right) = key(1);
    let (_, wrong) = key(2);
    let eddsa = json!({ "alg": "EdDSA", "kid": id });
    assert_eq!(forged.finish(eddsa.clone(), |_| {}, &wrong).await, Err(Problem::NotAccepted));
    // The provider's document may list them: they are no signatures by its key all the same.
    for algorithm in ["none", "HS256", "RS256", "ES256"] {
        let header = json!({ "alg": algorithm, "kid": id });
        assert_eq!(forged.finish(header, |_| {}, &right).await, Err(Problem::NotAccepted), "{algorithm}");
    }
    let (answer, pending, nonce) = forged.begin().await;
    let whole = signed(&eddsa, &forged.claims(&nonce), &right);
    let (text, _) = whole.rsplit_once('.').expect("a signature");
    forged.words().id_token = format!("{text}.");
    assert_eq!(forged.provider.finish(pending, answer, now()).await, Err(Problem::NotAccepted));
    // Signed with what we share with it.
    let (answer, pending, nonce) = forged.begin().await;
    let text = format!(
        "{}.{}",
        encoded(json!({ "alg": "HS256" }).to_string()),
        encoded(forged.claims(&nonce).to_string())
    );
    let shared = Hmac::<Sha256>::new_from_slice(b"a secret").expect("a key").chain_update(&text);
    forged.words().id_token = format!("{text}.{}", encoded(shared.finalize().into_bytes()));
    assert_eq!(forged.provider.finish(pending, answer, now()).await, Err(Problem::NotAccepted));
}

#[tokio::test]
async fn who_shows_again_who_they_are_has_signed_in_there_since() {
    let forged = Forged::start().await;
    let (id, key) = key(1);
    let seconds = now().0 / 1000;
    for (auth_time, is_accepted) in [(None, false), (Some(seconds - 900), false), (Some(seconds), true)] {
        let (answer, pending, nonce) =
            forged.begin_with(Errand { next: "/reviews/1".into(), again: true }).await;
        let mut claims = forged.claims(&nonce);
        if let Some(at) = auth_time {
            claims["auth_time"] = json!(at);
        }
        forged.words().id_token = signed(&json!({ "alg": "EdDSA", "kid": id }), &claims, &key);
        let outcome = forged.provider.finish(pending, answer, now()).await;
        assert_eq!(outcome.is_ok(), is_accepted, "{auth_time:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_new_key_is_looked_up_once_a_minute_at_most() {
    let forged = Forged::start().await;
    assert!(forged.finish_with(|_| {}).await.is_ok());
    let (id, new) = key(2);
    forged.words().published = key(2);
    let header = json!({ "alg": "EdDSA", "kid": id });
    assert_eq!(forged.finish(header, |_| {}, &new).await, Ok(erin(&forged)));
    assert_eq!(forged.words().discoveries, 2);
    for _ in 0..3 {
        let (id, unknown) = key(3);
        let header = json!({ "alg": "EdDSA", "kid": id });
        assert_eq!(forged.finish(header, |_| {}, &unknown).await, Err(Problem::NotAccepted));
    }
    assert_eq!(forged.words().discoveries, 2, "made-up keys make nobody ask");
}

#[tokio::test]
async fn state_time_and_issuer_are_those_of_the_sign_in() {
    let forged = Forged::start().await;
    let (answer, pending, _) = forged.begin().await;
    let later = Millis(now().0 + PATIENCE_MS);
    assert_eq!(forged.provider.finish(pending, answer, later).await, Err(Problem::Stale));
    for state in ["", "another"] {
        let (answer, pending, _) = forged.begin().await;
        let answer = Answer { state: state.into(), ..answer };
        assert_eq!(forged.provider.finish(pending, answer, now()).await, Err(Problem::Stale));
    }
    let (answer, pending, _) = forged.begin().await;
    let answer = Answer { iss: Some("http://127.0.0.1:1".into()), ..answer };
    assert_eq!(forged.provider.finish(pending, answer, now()).await, Err(Problem::NotAccepted));

    // One who says that it names itself has to.
    let forged = Forged::start().await;
    forged.words().metadata.insert("authorization_response_iss_parameter_supported".into(), json!(true));
    assert_eq!(forged.finish_with(|_| {}).await, Err(Problem::NotAccepted));
}

#[tokio::test]
async fn what_the_id_token_lacks_userinfo_says_of_the_same_person() {
    let forged = Forged::start().await;
    let bare = |claims: &mut Value| {
        let claims = claims.as_object_mut().expect("an object");
        claims.remove("groups");
        claims.remove("preferred_username");
    };
    forged.words().user_info = json!({ "sub": "erin", "email": "erin@example.com", "groups": ["ml", "x"] });
    assert_eq!(forged.finish_with(bare).await, Ok(erin(&forged)));
    forged.words().user_info = json!({ "sub": "otto", "groups": ["ml"] });
    assert_eq!(forged.finish_with(bare).await, Err(Problem::NotAccepted));
    forged.words().user_info = json!({ "sub": "erin" });
    let without = forged.finish_with(bare).await.expect("is known, but has no role");
    assert_eq!((without.name.as_str(), without.roles), ("user", BTreeSet::new()));
    let too_many = |claims: &mut Value| {
        bare(claims);
        claims["_claim_names"] = json!({ "groups": "src1" });
    };
    assert_eq!(forged.finish_with(too_many).await, Err(Problem::TooManyGroups));
}

#[tokio::test]
async fn the_secret_goes_where_the_provider_takes_it() {
    let forged = Forged::start().await;
    assert!(forged.finish_with(|_| {}).await.is_ok());
    let (authorization, body) = forged.words().asked.clone();
    assert_eq!(authorization, Some(format!("Basic {}", STANDARD.encode("countersign:a+secret"))));
    assert!(body.contains("code_verifier=") && !body.contains("secret"), "{body}");

    let forged = Forged::start().await;
    forged
        .words()
        .metadata
        .insert("token_endpoint_auth_methods_supported".into(), json!(["client_secret_post"]));
    assert!(forged.finish_with(|_| {}).await.is_ok());
    let (authorization, body) = forged.words().asked.clone();
    assert!(authorization.is_none() && body.contains("client_secret=a+secret"), "{body}");
}

#[tokio::test]
async fn a_document_of_another_issuer_is_not_believed() {
    let forged = Forged::start().await;
    let issuer = forged.words().issuer.clone();
    for other in [format!("{issuer}/"), "http://127.0.0.1:1".into()] {
        let forged = Forged::start().await;
        forged.words().metadata.insert("issuer".into(), json!(other));
        let outcome = forged.provider.begin(Errand::default(), now()).await;
        assert!(matches!(outcome, Err(Problem::Unreachable)), "{other}");
    }
}
