//! Start and stop.

use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use artifacts::Artifacts;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use domain::Millis;
use domain::accounts::Caller;
use http::{StatusCode, Uri};
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use notify::Rules;
use release::Keys;
use store::reviews::Office;
use store::{Db, experiments, settings};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::{DefaultMakeSpan, DefaultOnFailure, DefaultOnResponse, TraceLayer};
use web::ApiError;
use web::entry::{Accounts, Entry};
use web::passwords::Passwords;
use web::session::Lifetime;

use crate::accounts::SignOn;
use crate::clock::now;
use crate::config::Config;
use crate::connections::{self, Patience};
use crate::demo::{self, Demo};
use crate::leftovers::read_leftovers;
use crate::live::Streams;
use crate::proxies::see_through;
use crate::reading::{self, Reading};
use crate::state::AppState;
use crate::webhooks::{self, Calling};
use crate::{
    accounts, charts, compare, datasets, export, files, frame, live, mail, memory, mlflow, pages,
    permissions, registry, reviews, rights, views,
};

/// An upload of which nothing came for a day is not going on.
const STALE_UPLOAD_MS: i64 = 24 * 60 * 60 * 1000;
const CHECKS: Duration = Duration::from_hours(1);
const BETWEEN_LOOKS: Duration = Duration::from_mins(1);
const BETWEEN_GIVING_BACK: Duration = Duration::from_secs(5);

pub const DATABASE: &str = "countersign.sqlite";
/// The folder of what release records are signed with.
pub const KEYS: &str = "keys";

/// How the server is to run.
#[derive(Debug)]
pub struct Options {
    pub host: IpAddr,
    pub port: u16,
    pub data: PathBuf,
    /// Nobody signs in.
    pub is_open: bool,
    pub config: Config,
    /// The team's story is played first.
    pub demo: Option<Demo>,
}

/// Serves until it is told to stop (SIGTERM or Ctrl-C), then finishes what is under way, as far as clients
/// don't stall.
pub fn run(options: Options, started: Instant) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options, started))
}

async fn serve(options: Options, started: Instant) -> anyhow::Result<()> {
    // From before the address is said: whoever read it may send a signal at once.
    let stopping = CancellationToken::new();
    tokio::spawn(stop_on_signal(stopping.clone())?);
    let Config { public_url, trusted_proxies, lifetime, oidc, webhooks: rules, mail } = options.config;
    if options.is_open && oidc.is_some() {
        tracing::warn!("with --open nobody signs in: `[oidc]` counts for nothing");
    }
    let sign_on = SignOn::new(oidc.filter(|_| !options.is_open), public_url.as_deref())?;
    let mut state = open(&options.data, sign_on, stopping.clone()).await?;
    let listener = TcpListener::bind((options.host, options.port)).await.with_context(|| {
        format!(
            "can't listen on {}:{}; choose another --port, or stop what listens there",
            options.host, options.port
        )
    })?;
    let address = listener.local_addr()?;
    let url = public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    state.office.url.clone_from(&url);
    settings::set_public_url(&state.db, url.clone()).await?;
    settings::set_sends_mail(&state.db, mail.is_some()).await?;
    state.calling = Calling::new(without_ourselves(rules, address, public_url.as_deref()));
    if options.demo.is_some() {
        demo::play(&state, now()).await.context("the demo can't be set up")?;
    }
    say(&format!(
        "Countersign {} is at {url}\nLog to it with MLFLOW_TRACKING_URI={url}{}\n",
        env!("CARGO_PKG_VERSION"),
        if options.is_open { "" } else { " and MLFLOW_TRACKING_TOKEN, a token from your account’s page" }
    ));
    if options.demo.is_some() {
        say(&demo::welcome(options.is_open));
    }
    let entry = if options.is_open { Entry::Open } else { accounts_entry(public_url, lifetime) };
    if !entry.is_open() {
        say_first_link(&state.db, &url).await?;
        tokio::spawn(forget_expired(state.db.clone(), stopping.clone()));
    }
    let instance = state.office.instance.clone();
    tracing::info!(
        data = %options.data.display(),
        milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "serving {address}"
    );

    tokio::spawn(give_memory_back(stopping.clone()));
    tokio::spawn(expire_reviews(state.db.clone(), stopping.clone()));
    tokio::spawn(follow_reviews(state.db.clone(), state.office.clone(), stopping.clone()));
    tokio::spawn(forget_stale_uploads(state.artifacts.clone(), stopping.clone()));
    tokio::spawn(forget_old_deliveries(state.db.clone(), stopping.clone()));
    let reading = tokio::spawn(reading::read_versions(state.clone()));
    let delivering = tokio::spawn(webhooks::deliver(state.clone()));
    let mailing = mail.map(|server| tokio::spawn(mail::send(state.clone(), server)));
    connections::serve(
        listener,
        router(state.clone(), entry, &instance, trusted_proxies.into()),
        stopping,
        Patience::default(),
    )
    .await;
    // It stops at once, between two pieces of a file; what it has begun to keep, it keeps.
    let _ = reading.await;
    let _ = delivering.await;
    if let Some(mailing) = mailing {
        let _ = mailing.await;
    }
    state.db.close().await;
    tracing::info!("stopped");
    if let Some(Demo(folder)) = options.demo {
        folder.close().context("the temporary folder could not be removed")?;
    }
    Ok(())
}

fn accounts_entry(public_url: Option<String>, lifetime: Lifetime) -> Entry {
    Entry::Accounts(Arc::new(Accounts { passwords: Passwords::default(), lifetime, public_url, now }))
}

/// Where nobody can let anybody in, whoever reads the terminal becomes the first admin.
async fn say_first_link(db: &Db, url: &str) -> anyhow::Result<()> {
    if store::accounts::needs_first_admin(db).await? {
        let key = store::accounts::invite(&db.in_the_name_of(Caller::server()), None, now()).await?;
        say(&format!(
            "Nobody can sign in yet. Make yourself the admin, within a day: {url}/welcome?key={key}\n"
        ));
    }
    Ok(())
}

async fn give_memory_back(stopping: CancellationToken) {
    while tokio::time::timeout(BETWEEN_GIVING_BACK, stopping.cancelled()).await.is_err() {
        memory::give_back();
    }
}

/// Ends reviews that nobody decided in time. Whoever acts on one that is due ends it, too.
async fn expire_reviews(db: Db, stopping: CancellationToken) {
    while !stopping.is_cancelled() {
        match store::reviews::expire_due(&db, now()).await {
            Ok(0) => {}
            Ok(reviews) => tracing::info!(reviews, "nobody decided in time: they have expired"),
            Err(error) => tracing::warn!(%error, "reviews that are due could not be ended"),
        }
        let _ = tokio::time::timeout(CHECKS, stopping.cancelled()).await;
    }
}

/// Sees what changed around reviews: tells those who listen, and applies what lacked nothing but time or a gate. Whoever
/// acts on one that is ready applies it, too.
async fn follow_reviews(db: Db, office: Office, stopping: CancellationToken) {
    while !stopping.is_cancelled() {
        if let Err(error) = store::reviews::notice_changes(&db, now()).await {
            tracing::warn!(%error, "nobody is told what changed around reviews");
        }

        match store::reviews::apply_ready(&db, &office, now()).await {
            Ok(0) => {}
            Ok(reviews) => tracing::info!(reviews, "nothing was missing any more: they are applied"),
            Err(error) => tracing::warn!(%error, "nobody knows which reviews lack nothing"),
        }
        let _ = tokio::time::timeout(BETWEEN_LOOKS, stopping.cancelled()).await;
    }
}

/// Removes sessions, links and counts that no longer matter: at the start, then from time to time.
async fn forget_expired(db: Db, stopping: CancellationToken) {
    while !stopping.is_cancelled() {
        if let Err(error) = store::accounts::forget_expired(&db, now()).await {
            tracing::warn!(%error, "sessions that are over could not be removed");
        }
        let _ = tokio::time::timeout(CHECKS, stopping.cancelled()).await;
    }
}

/// A webhook that calls this server could pass for a caller on this machine.
fn without_ourselves(rules: Rules, address: SocketAddr, public_url: Option<&str>) -> Rules {
    let listening = address.ip().to_string();
    let hosts = ["localhost", "127.0.0.1", "::1", "0.0.0.0", "::", &listening];
    let rules = hosts.into_iter().fold(rules, |rules, host| rules.deny_own(host, address.port()));
    let public = public_url.and_then(|url| url.parse::<Uri>().ok());
    let Some((uri, host)) = public.as_ref().and_then(|uri| Some((uri, uri.host()?))) else { return rules };
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    rules.deny_own(host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(usual))
}

/// Removes deliveries that ended long ago: at the start, then from time to time.
async fn forget_old_deliveries(db: Db, stopping: CancellationToken) {
    while !stopping.is_cancelled() {
        if let Err(error) = store::webhooks::prune(&db, now()).await {
            tracing::warn!(%error, "deliveries of long ago could not be removed");
        }
        if let Err(error) = store::mails::prune(&db, now()).await {
            tracing::warn!(%error, "mail of long ago could not be removed");
        }
        let _ = tokio::time::timeout(CHECKS, stopping.cancelled()).await;
    }
}

/// Whoever started this server may not listen, or no longer: that keeps nobody else from being served.
fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Frees what clients sent that never completed their upload: at the start, then from time to time.
async fn forget_stale_uploads(artifacts: Artifacts, stopping: CancellationToken) {
    while !stopping.is_cancelled() {
        match artifacts.forget_stale_uploads(Millis(now().0 - STALE_UPLOAD_MS)).await {
            Ok(0) => {}
            Ok(uploads) => tracing::info!(uploads, "forgot uploads of the day before"),
            Err(error) => tracing::warn!(%error, "uploads of the day before could not be removed"),
        }
        let _ = tokio::time::timeout(CHECKS, stopping.cancelled()).await;
    }
}

async fn open(data: &Path, sign_on: SignOn, stopping: CancellationToken) -> anyhow::Result<AppState> {
    create_folder(data).with_context(|| format!("can't create the folder {}", data.display()))?;
    let data = data.canonicalize().with_context(|| format!("can't read the folder {}", data.display()))?;
    let db = open_database(&data).await?;
    experiments::ensure_default(&db.in_the_name_of(Caller::server()), now()).await.with_context(|| {
        format!("can't write to the database in {}; may this user write there?", data.display())
    })?;
    let artifacts =
        Artifacts::in_folder(&data).with_context(|| format!("can't keep artifacts in {}", data.display()))?;
    let leptos = LeptosOptions::builder().output_name("countersign").site_pkg_dir("pkg").build();
    let keys = Keys::open(&data.join(KEYS))
        .with_context(|| format!("can't use the signing key in {}", data.join(KEYS).display()))?;
    let office = Office::new(keys, settings::instance(&db).await?, String::new());
    let (streams, reading) = (Streams::default(), Reading::default());
    let calling = Calling::default();
    Ok(AppState { db, office, artifacts, leptos, streams, sign_on, reading, calling, stopping })
}

/// The database in a data folder.
pub async fn open_database(data: &Path) -> anyhow::Result<Db> {
    let data = data.canonicalize().with_context(|| format!("can't read the folder {}", data.display()))?;
    keep_private(&data.join(DATABASE)).with_context(|| format!("can't write in {}", data.display()))?;
    let db = Db::open(&database_url(&data)).await;
    db.with_context(|| format!("can't open the database {}", data.join(DATABASE).display()))
}

/// Nobody else on the machine reads what a team logs.
fn create_folder(data: &Path) -> std::io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.recursive(true).create(data)
}

/// Also in a folder that others may read; the files that SQLite puts beside it are as it is.
fn keep_private(database: &Path) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    match file.write(true).create_new(true).open(database) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The path may have characters that mean something in a URL.
fn database_url(data: &Path) -> String {
    let path = data.join(DATABASE);
    let encoded: String = path
        .to_string_lossy()
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("sqlite://{encoded}?mode=rwc")
}

fn router(state: AppState, entry: Entry, instance: &str, proxies: Arc<[IpNet]>) -> Router {
    let is_secure = entry.accounts().and_then(|accounts| accounts.public_url.as_deref());
    let is_secure = is_secure.is_some_and(|url| url.starts_with("https://"));
    let sessions = web::session::layer(state.db.clone(), instance, is_secure);
    let db = state.db.clone();
    let routes = Router::new()
        .route("/health", get(health))
        .route("/version", get(|| async { env!("CARGO_PKG_VERSION") }))
        .merge(mlflow::router())
        .merge(files::router())
        .merge(export::router())
        .merge(charts::router())
        .merge(compare::router())
        .merge(views::router())
        .merge(live::router())
        .merge(accounts::router())
        .merge(reviews::router())
        .merge(permissions::router())
        .merge(datasets::router())
        .merge(registry::router())
        .merge(webhooks::router())
        .merge(pages::router(&state))
        .layer(from_fn(rights::authorize))
        .with_state(state);
    // Around the whole: `Router::layer` would make one of each for each of some three hundred routes.
    let around = ServiceBuilder::new()
        .layer(from_fn(read_leftovers))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(DefaultMakeSpan::new().level(tracing::Level::DEBUG))
                .on_response(DefaultOnResponse::new().level(tracing::Level::DEBUG))
                // What failed has been logged where it happened.
                .on_failure(DefaultOnFailure::new().level(tracing::Level::DEBUG)),
        )
        .layer(CatchPanicLayer::custom(|_| {
            let error =
                ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "the server failed");
            axum::response::IntoResponse::into_response(error)
        }))
        .layer(from_fn(move |request: Request, next: Next| see_through(proxies.clone(), request, next)))
        .layer(sessions)
        .layer(from_fn(move |request: Request, next: Next| {
            web::entry::identify(entry.clone(), db.clone(), request, next)
        }))
        .layer(from_fn(frame::for_people));
    Router::new().fallback_service(around.service(routes))
}

async fn health(axum::extract::State(db): axum::extract::State<Db>) -> Result<&'static str, ApiError> {
    db.ping().await?;
    Ok("OK")
}

/// Waits for SIGTERM or Ctrl-C; a second one stops at once.
fn stop_on_signal(stopping: CancellationToken) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        for is_first in [true, false] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if is_first {
                tracing::info!("stopping; finishing what is under way");
                stopping.cancel();
            }
        }
        std::process::exit(1);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_can_be_named_in_the_databases_address() {
        let url = database_url(Path::new("/srv/a b?c=d#ü"));
        assert_eq!(url, "sqlite:///srv/a%20b%3Fc%3Dd%23%C3%BC/countersign.sqlite?mode=rwc");
    }
}
