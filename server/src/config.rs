//! `countersign.toml`: what is set once and rarely changed. Read strictly: what is mistyped is no setting that
//! silently doesn't count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use domain::accounts::Role;
use ipnet::IpNet;
use lettre::message::Mailbox;
use notify::Rules;
use openidconnect::{ClientId, ClientSecret, IssuerUrl};
use serde::Deserialize;
use toml::Spanned;
use web::guard::is_loopback;
use web::session::Lifetime;

/// The file in the data folder that is read if it is there.
const FILE: &str = "countersign.toml";

/// What a configuration says.
#[derive(Debug, Default)]
pub struct Config {
    /// E.g. `https://ml.example.org`, without a slash at its end.
    pub public_url: Option<String>,
    /// The proxies whose word on who calls is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub lifetime: Lifetime,
    pub oidc: Option<Oidc>,
    /// Which addresses webhooks may have.
    pub webhooks: Rules,
    /// `None`: no mail is sent.
    pub mail: Option<MailServer>,
}

/// Where mail is handed in, by SMTP.
#[derive(Clone)]
pub struct MailServer {
    pub host: String,
    /// `None`: the usual one.
    pub port: Option<u16>,
    pub tls: MailTls,
    /// `None`: nobody signs in there.
    pub user: Option<String>,
    pub password: String,
    pub from: Mailbox,
}

impl fmt::Debug for MailServer {
    /// Without the password: what is printed may be logged.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MailServer").field("host", &self.host).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// From the first byte on, usually on port 465.
    #[default]
    Implicit,
    /// After `STARTTLS`, usually on port 587; never without.
    StartTls,
    /// Not at all: for a server on the same machine.
    None,
}

/// An identity provider that vouches for people, by OpenID Connect.
#[derive(Debug, Clone)]
pub struct Oidc {
    pub issuer: IssuerUrl,
    pub client_id: ClientId,
    /// Isn't printed with the rest.
    pub client_secret: ClientSecret,
    /// What the button says behind “Sign in with”.
    pub name: String,
    /// Beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that lists a person's groups; inside of others with dots, e.g. `realm_access.roles`.
    pub groups_claim: String,
    /// The roles of each group.
    pub roles: BTreeMap<String, BTreeSet<Role>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    public_url: Option<Spanned<String>>,
    #[serde(default)]
    trusted_proxies: Vec<Spanned<String>>,
    #[serde(default)]
    session: SessionSection,
    oidc: Option<Spanned<OidcSection>>,
    #[serde(default)]
    webhooks: WebhooksSection,
    mail: Option<Spanned<MailSection>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailSection {
    server: Spanned<String>,
    port: Option<u16>,
    #[serde(default)]
    tls: MailTls,
    user: Option<String>,
    password: Option<Spanned<String>>,
    password_file: Option<Spanned<PathBuf>>,
    from: Spanned<String>,
}

impl MailSection {
    /// What is wrong comes with its place in the file, if it has one.
    fn check(self, folder: &Path) -> Result<MailServer, (Option<usize>, String)> {
        let host = self.server.get_ref().trim().to_owned();
        if host.is_empty() || host.contains(['/', ':', '@', ' ']) {
            let why = format!("`server` is a host's name, e.g. smtp.example.org, not `{host}`");
            return Err((Some(self.server.span().start), why));
        }
        let from = self.from.get_ref().parse::<Mailbox>().map_err(|_| {
            let why = "`from` is an address, e.g. \"Countersign <countersign@example.org>\"";
            (Some(self.from.span().start), why.to_owned())
        })?;
        let has_password = self.password.is_some() || self.password_file.is_some();
        let password = match (&self.user, has_password) {
            (Some(_), _) => secret(self.password, self.password_file, folder, MAIL_SECRET)?,
            (None, false) => String::new(),
            (None, true) => return Err((None, "`[mail]` has a password, but no `user`".into())),
        };
        Ok(MailServer { host, port: self.port, tls: self.tls, user: self.user, password, from })
    }
}

/// How a secret's keys are called, and what is said where there isn't exactly one.
type SecretKeys = (&'static str, &'static str);

const MAIL_SECRET: SecretKeys =
    ("password_file", "`[mail]` with a `user` needs either `password` or `password_file`");
const OIDC_SECRET: SecretKeys = (
    "client_secret_file",
    "`[oidc]` needs either `client_secret` or `client_secret_file`, from where this server is registered as a \
     confidential client",
);

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WebhooksSection {
    #[serde(default)]
    allow: Vec<Spanned<String>>,
    #[serde(default)]
    deny: Vec<Spanned<String>>,
    #[serde(default)]
    allow_http: bool,
    #[serde(default)]
    dns64: bool,
}

impl WebhooksSection {
    /// What is wrong comes with its place in the file.
    fn check(self) -> Result<Rules, (usize, String)> {
        let mut rules = Rules::default().plain_http(self.allow_http).dns64(self.dns64);
        for entry in self.allow {
            let start = entry.span().start;
            rules = rules.allow(entry.get_ref()).map_err(|error| (start, format!("`allow`: {error}")))?;
        }
        for network in self.deny {
            let start = network.span().start;
            rules = rules.deny(network.get_ref()).map_err(|error| (start, format!("`deny`: {error}")))?;
        }
        Ok(rules)
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SessionSection {
    idle: Option<Spanned<String>>,
    longest: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OidcSection {
    issuer: Spanned<String>,
    client_id: Spanned<String>,
    client_secret: Option<Spanned<String>>,
    client_secret_file: Option<Spanned<PathBuf>>,
    #[serde(default = "default_name")]
    name: String,
    #[serde(default = "default_scopes")]
    scopes: Vec<String>,
    #[serde(default = "default_groups_claim")]
    groups_claim: Spanned<String>,
    #[serde(default)]
    roles: BTreeMap<String, BTreeSet<Role>>,
}

fn default_name() -> String {
    "single sign-on".into()
}

fn default_scopes() -> Vec<String> {
    vec!["profile".into(), "email".into()]
}

fn default_groups_claim() -> Spanned<String> {
    Spanned::new(0..0, "groups".into())
}

impl Config {
    /// From `file`, which has to be there; else from the data folder's own, if it has one. What the command line
    /// says of the public URL counts more than what the file says.
    ///
    /// # Errors
    /// A line that names the file, the line in it, and what to change.
    pub fn read(file: Option<&Path>, data: &Path, public_url: Option<String>) -> Result<Self, String> {
        let path = file.map_or_else(|| data.join(FILE), Path::to_owned);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            // Whether the data folder is one, is for the start to say.
            Err(error)
                if file.is_none()
                    && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                String::new()
            }
            Err(error) => return Err(format!("can't read the configuration `{}`: {error}", path.display())),
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        parse(&text, folder, public_url).map_err(|(line, why)| match line {
            Some(line) => format!("`{}`, line {line}: {why}", path.display()),
            None => format!("`{}`: {why}", path.display()),
        })
    }
}

/// Where in the file, if that can be said, and what is wrong.
type Problem = (Option<usize>, String);

fn parse(text: &str, folder: &Path, public_url: Option<String>) -> Result<Config, Problem> {
    let line = |start: usize| Some(1 + text[..start.min(text.len())].matches('\n').count());
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().and_then(|span| line(span.start));
        (at, error.message().replace('\n', "; "))
    })?;
    let at = |start: usize, why: String| (line(start), why);
    let of_file = match &file.public_url {
        Some(url) => {
            let checked = check_public_url("public_url", url.get_ref());
            Some(checked.map_err(|why| at(url.span().start, why))?)
        }
        None => None,
    };
    let public_url = public_url.or(of_file);
    let proxies = file.trusted_proxies.iter();
    let trusted_proxies = proxies
        .map(|entry| network(entry.get_ref()).map_err(|why| at(entry.span().start, why)))
        .collect::<Result<_, _>>()?;
    let lifetime = lifetime(&file.session).map_err(|(start, why)| at(start, why))?;
    let oidc = match file.oidc {
        Some(section) => {
            let start = section.span().start;
            if public_url.is_none() {
                let why = "`[oidc]` needs `public_url` too: it is where the provider sends people back to, and \
                           has to be registered there";
                return Err(at(start, why.into()));
            }
            let oidc = section.into_inner().check(folder);
            Some(oidc.map_err(|(inside, why)| at(inside.unwrap_or(start), why))?)
        }
        None => None,
    };
    let webhooks = file.webhooks.check().map_err(|(start, why)| at(start, why))?;
    let mail = match file.mail {
        Some(section) => {
            let start = section.span().start;
            let mail = section.into_inner().check(folder);
            Some(mail.map_err(|(inside, why)| at(inside.unwrap_or(start), why))?)
        }
        None => None,
    };
    Ok(Config { public_url, trusted_proxies, lifetime, oidc, webhooks, mail })
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| one()).map_err(|_| {
        format!("`trusted_proxies`: `{text}` is neither an address nor a network such as 10.0.0.0/8")
    })
}

fn lifetime(section: &SessionSection) -> Result<Lifetime, (usize, String)> {
    let read = |text: &Option<Spanned<String>>, default| match text {
        Some(text) => {
            duration(text.get_ref()).map_err(|why| (text.span().start, format!("{why}, in quotes")))
        }
        None => Ok(default),
    };
    let default = Lifetime::default();
    let whole_ms = read(&section.longest, default.whole_ms)?;
    let idle_ms = read(&section.idle, default.idle_ms.min(whole_ms))?;
    match &section.idle {
        Some(idle) if idle_ms > whole_ms => {
            Err((idle.span().start, "`idle` is at most as long as `longest`, which is 7d unless set".into()))
        }
        _ => Ok(Lifetime { idle_ms, whole_ms }),
    }
}

impl OidcSection {
    /// What is wrong comes with its place in the file, if it has one.
    fn check(self, folder: &Path) -> Result<Oidc, (Option<usize>, String)> {
        let start = self.issuer.span().start;
        let issuer = issuer(self.issuer.get_ref()).map_err(|why| (Some(start), why))?;
        if self.client_id.get_ref().is_empty() {
            let why = "`client_id` is what the provider calls this server; it can't be empty";
            return Err((Some(self.client_id.span().start), why.into()));
        }
        let client_secret = secret(self.client_secret, self.client_secret_file, folder, OIDC_SECRET)?;
        if self.groups_claim.get_ref().is_empty() {
            let why = "`groups_claim` names a claim, e.g. \"groups\"";
            return Err((Some(self.groups_claim.span().start), why.into()));
        }
        if self.roles.values().all(BTreeSet::is_empty) {
            let why = "`[oidc.roles]` gives nobody a role, so nobody could come in; give a group one: \
                       \"ml-engineers\" = [\"ml_engineer\"]";
            return Err((None, why.into()));
        }
        Ok(Oidc {
            issuer,
            client_id: ClientId::new(self.client_id.into_inner()),
            client_secret: ClientSecret::new(client_secret),
            name: self.name,
            scopes: self.scopes.into_iter().filter(|scope| scope != "openid").collect(),
            groups_claim: self.groups_claim.into_inner(),
            roles: self.roles,
        })
    }
}

/// What it answers is believed, so nobody may be able to answer in its place.
fn issuer(text: &str) -> Result<IssuerUrl, String> {
    let why = || {
        format!(
            "`issuer` is the provider's address as its own discovery document has it, e.g. \
             https://id.example.org/realms/team; http only on a loopback address; not `{text}`"
        )
    };
    // A bar would make it unclear where the issuer ends in what is kept of a person.
    let url = IssuerUrl::new(text.into()).ok().filter(|_| !text.contains(['|', '?', '#']));
    let url = url.ok_or_else(why)?;
    let is_safe = match url.url().scheme() {
        "https" => true,
        "http" => url.url().host_str().is_some_and(|host| is_loopback(host.trim_matches(['[', ']']))),
        _ => false,
    };
    if is_safe { Ok(url) } else { Err(why()) }
}

fn secret(
    text: Option<Spanned<String>>,
    file: Option<Spanned<PathBuf>>,
    folder: &Path,
    (file_key, neither): SecretKeys,
) -> Result<String, (Option<usize>, String)> {
    let (start, secret) = match (text, file) {
        (Some(text), None) => (text.span().start, text.into_inner()),
        (None, Some(file)) => {
            let start = file.span().start;
            let path = folder.join(file.into_inner());
            let secret = fs::read_to_string(&path).map_err(|error| {
                (Some(start), format!("can't read `{file_key}` `{}`: {error}", path.display()))
            })?;
            (start, secret.trim_end_matches(['\n', '\r']).to_owned())
        }
        _ => return Err((None, neither.into())),
    };
    if secret.is_empty() {
        return Err((Some(start), "the secret can't be empty".into()));
    }
    Ok(secret)
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Milliseconds from `90d`, `12h`, `30m`.
pub fn duration(text: &str) -> Result<i64, String> {
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

/// Scheme and host, without a slash at the end. `what` is where it was written.
pub fn check_public_url(what: &str, url: &str) -> Result<String, String> {
    let bare = url.trim_end_matches('/');
    let host = bare.strip_prefix("https://").or_else(|| bare.strip_prefix("http://"));
    let is_plain = |host: &str| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c))
    };
    match host {
        Some(host) if is_plain(host) => Ok(bare.to_ascii_lowercase()),
        _ => Err(format!("{what} is a scheme and a host, e.g. https://ml.example.org, not `{url}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
public_url = "https://ML.example.org/"

[session]
idle = "30m"
longest = "1d"

[oidc]
issuer = "https://id.example.org/realms/team"
client_id = "countersign"
client_secret = "hidden"
name = "Example"
scopes = ["openid", "profile", "groups"]
groups_claim = "realm_access.roles"

[oidc.roles]
"ml-engineers" = ["ml_engineer", "viewer"]
platform = ["admin"]
"#;

    fn read(text: &str) -> Result<Config, Problem> {
        parse(text, Path::new("/nowhere"), None)
    }

    fn refused(text: &str) -> Problem {
        read(text).expect_err(text)
    }

    #[test]
    fn everything_can_be_said_and_nothing_has_to_be() {
        let config = read(WHOLE).expect("is right");
        assert_eq!(config.public_url.as_deref(), Some("https://ml.example.org"));
        assert_eq!((config.lifetime.idle_ms, config.lifetime.whole_ms), (1_800_000, DAY_MS));
        let oidc = config.oidc.expect("a provider");
        assert_eq!(oidc.issuer.as_str(), "https://id.example.org/realms/team");
        assert_eq!((oidc.client_secret.secret().as_str(), oidc.name.as_str()), ("hidden", "Example"));
        assert_eq!(oidc.scopes, ["profile", "groups"]);
        assert_eq!(oidc.roles["ml-engineers"], BTreeSet::from([Role::MlEngineer, Role::Viewer]));
        assert!(!format!("{oidc:?}").contains("hidden"));

        let proxies =
            read("trusted_proxies = [\"10.0.0.1\", \"fd00::/8\"]").expect("is right").trusted_proxies;
        assert_eq!(proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.1/32", "fd00::/8"]);
        let config = read("").expect("is right");
        assert!(config.public_url.is_none() && config.oidc.is_none());
        assert_eq!((config.lifetime.idle_ms, config.lifetime.whole_ms), (DAY_MS / 2, 7 * DAY_MS));
        let short = read("[session]\nlongest = \"1h\"").expect("idle follows");
        assert_eq!((short.lifetime.idle_ms, short.lifetime.whole_ms), (3_600_000, 3_600_000));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (from, to, line, part) in [
            ("issuer = ", "isuer = ", 9, "isuer"),
            ("[session]", "[sessions]", 4, "sessions"),
            ("[session]", "trusted_proxies = [\"10.0.0.1\", \"10.0.0.0/40\"]\n[session]", 4, "10.0.0.0/40"),
            ("idle = \"30m\"", "idle = 30", 5, "integer"),
            ("idle = \"30m\"", "idle = \"half an hour\"", 5, "e.g. 90d"),
            ("idle = \"30m\"", "idle = \"2d\"", 5, "`longest`"),
            ("https://ML.example.org/", "ml.example.org", 2, "https://ml.example.org"),
            ("public_url =", "# public_url =", 8, "sends people back"),
            ("https://id.example.org", "http://id.example.org", 9, "http only on a loopback"),
            ("https://id.example.org", "ftp://127.0.0.1", 9, "http only on a loopback"),
            ("/realms/team", "/?a=b", 9, "discovery"),
            ("client_id = \"countersign\"", "client_id = \"\"", 10, "client_id"),
            ("\"hidden\"", "\"\"", 11, "secret"),
            ("client_secret = \"hidden\"", "client_secret_file = \"x\"", 11, "can't read"),
            ("name = \"Example\"", "client_secret_file = \"x\"", 8, "either"),
            ("\"viewer\"", "\"root\"", 17, "ml_engineer"),
            ("[oidc]\n", "[oidc\n", 8, ""),
        ] {
            let text = WHOLE.replace(from, to);
            assert_ne!(text, WHOLE);
            let (at, why) = refused(&text);
            assert_eq!(at, Some(line), "{to}: {why}");
            assert!(why.contains(part) && !why.contains('\n') && !why.contains("hidden"), "{to}: {why}");
        }
        let nobody = WHOLE.split("[oidc.roles]").next().expect("a text");
        assert!(refused(nobody).1.contains("nobody could come in"));
    }

    #[test]
    fn the_command_line_says_more_about_the_address_than_the_file() {
        let from = |text: &str| parse(text, Path::new("."), Some("https://other.example".into()));
        assert_eq!(from(WHOLE).expect("is right").public_url.as_deref(), Some("https://other.example"));
        let without = WHOLE.replace("public_url =", "# public_url =");
        assert!(from(&without).expect("is right").oidc.is_some());
    }

    #[test]
    fn the_file_is_looked_for_in_the_data_folder_and_has_to_be_there_if_it_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Config::read(None, folder.path(), None).is_ok_and(|config| config.oidc.is_none()));
        let no_folder = folder.path().join("file");
        fs::write(&no_folder, "").expect("is written");
        assert!(Config::read(None, &no_folder, None).is_ok());
        let named = folder.path().join("other.toml");
        assert!(Config::read(Some(&named), folder.path(), None).is_err_and(|why| why.contains("other.toml")));

        let text = WHOLE.replace("client_secret = \"hidden\"", "client_secret_file = \"secret\"");
        fs::write(folder.path().join(FILE), text).expect("is written");
        fs::write(folder.path().join("secret"), " kept apart\n").expect("is written");
        let oidc = Config::read(None, folder.path(), None).expect("is right").oidc.expect("a provider");
        assert_eq!(oidc.client_secret.secret(), " kept apart");

        fs::write(&named, "colour = 1").expect("is written");
        let why = Config::read(Some(&named), folder.path(), None).expect_err("an unknown key");
        assert!(why.contains("other.toml`, line 1: ") && why.contains("colour"), "{why}");
    }

    #[test]
    fn what_webhooks_may_call_is_named_network_by_network() {
        assert!(!read("").expect("is right").webhooks.allows_inside());
        let text = "[webhooks]\nallow = [\"10.1.0.0/16\", \"*.corp.example\"]\ndeny = [\"10.1.2.3\"]\n\
                    allow_http = true\n";
        let rules = read(text).expect("is right").webhooks;
        assert!(rules.allows_inside());
        assert!(rules.check_url("http://10.1.0.1/").is_ok() && rules.check_url("https://10.2.0.1/").is_err());
        assert!(rules.check_url("http://10.1.2.3/").is_err());
        for (from, to, line) in
            [("10.1.0.0/16", "10.1.0.0/99", 2), ("10.1.2.3", "x.example", 3), ("allow_http", "http", 4)]
        {
            let (at, why) = refused(&text.replace(from, to));
            assert_eq!(at, Some(line), "{why}");
        }
    }

    #[test]
    fn mail_needs_a_server_and_a_sender_and_keeps_its_password_to_itself() {
        let text = "[mail]\nserver = \"smtp.example.org\"\nport = 587\ntls = \"starttls\"\nuser = \"cs\"\n\
                    password = \"hidden\"\nfrom = \"Countersign <cs@example.org>\"\n";
        let mail = read(text).expect("is right").mail.expect("a server");
        assert_eq!(
            (mail.host.as_str(), mail.port, mail.tls),
            ("smtp.example.org", Some(587), MailTls::StartTls)
        );
        assert_eq!(
            (mail.password.as_str(), mail.from.email.to_string().as_str()),
            ("hidden", "cs@example.org")
        );
        assert!(!format!("{mail:?}").contains("hidden"));
        for (from, to, line, part) in [
            ("smtp.example.org", "smtp://x", 2, "server"),
            ("587", "70000", 3, "70000"),
            ("starttls", "ssl", 4, "implicit"),
            ("user = \"cs\"", "", 1, "no `user`"),
            ("password = \"hidden\"", "", 1, "password_file"),
            ("<cs@example.org>", "", 7, "from"),
        ] {
            let (at, why) = refused(&text.replace(from, to));
            assert!(at == Some(line) && why.contains(part), "{to}: {at:?} {why}");
        }
    }

    #[test]
    fn durations_have_a_unit_and_a_limit() {
        assert_eq!(duration("90d"), Ok(90 * DAY_MS));
        assert_eq!(duration("12h"), Ok(43_200_000));
        assert_eq!(duration("1m"), Ok(60_000));
        for wrong in
            ["", "d", "90", "0d", "-1d", "1y", "١d", "3651d", "9999999999999999999d", "9223372036854775807d"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_public_url_is_scheme_and_host() {
        let check = |url| check_public_url("it", url);
        assert_eq!(check("https://ML.example.org/"), Ok("https://ml.example.org".into()));
        assert_eq!(check("http://10.0.0.1:5000"), Ok("http://10.0.0.1:5000".into()));
        for wrong in
            ["", "ml.example.org", "ftp://x", "https://", "https://x/y", "https://a@b", "https://a b"]
        {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
