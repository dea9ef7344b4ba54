//! The command line.

mod key;
mod people;
mod verify;

use std::io::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::FalseyValueParser;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::{Config, check_public_url};
use crate::{demo, logging, memory, serve};

#[derive(Parser)]
#[command(
    name = "countersign",
    version,
    about = "Tracks experiments, reviews promotions, watches what shipped"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts the server
    Serve(Serve),
    /// Starts a throw-away server with real experiments, and a team of seven to sign in as
    Demo(Demo),
    /// Adds, lists and disables people
    #[command(subcommand)]
    User(people::User),
    /// Creates API tokens
    #[command(subcommand)]
    Token(people::Token),
    /// Rotates and lists what release records are signed with
    #[command(subcommand)]
    Key(key::Key),
    Verify(verify::Verify),
}

#[derive(Args)]
struct Serve {
    /// The address to listen on
    #[arg(long, env = "COUNTERSIGN_HOST", default_value = "127.0.0.1")]
    host: String,
    /// The port to listen on; 0: any that is free
    #[arg(long, env = "COUNTERSIGN_PORT", default_value_t = 5000)]
    port: u16,
    /// The folder that holds everything; made if it isn't there
    #[arg(long, env = "COUNTERSIGN_DATA", default_value = "countersign-data", value_name = "DIR")]
    data: PathBuf,
    /// No login: every request is the local admin. Only on a loopback address
    #[arg(long, env = "COUNTERSIGN_OPEN", value_parser = FalseyValueParser::new())]
    open: bool,
    /// How people reach the server: scheme and host. With https, cookies are sent over TLS only
    #[arg(long, env = "COUNTERSIGN_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// The configuration, instead of the data folder's countersign.toml: sessions, single sign-on
    #[arg(long, env = "COUNTERSIGN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Args)]
struct Demo {
    /// The port to listen on; 0: any that is free
    #[arg(long, env = "COUNTERSIGN_PORT", default_value_t = 5000)]
    port: u16,
    /// No login: every request is the local admin
    #[arg(long, env = "COUNTERSIGN_OPEN", value_parser = FalseyValueParser::new())]
    open: bool,
}

/// Exit status 0; 1 if something went wrong, and 2 for a wrong call, each with a line that says what to do.
pub fn run() -> ExitCode {
    let started = std::time::Instant::now();
    memory::keep_small();
    let cli = Cli::from_arg_matches(&described().get_matches()).unwrap_or_else(|error| error.exit());
    logging::start();
    let options = match cli.command {
        Command::Serve(serve) => match serve.check() {
            Ok(options) => options,
            Err(usage) => {
                let _ = writeln!(std::io::stderr(), "error: {usage}");
                return ExitCode::from(2);
            }
        },
        Command::Demo(demo) => match demo::unpack(demo.port, demo.open) {
            Ok(options) => options,
            Err(error) => return failed(&error),
        },
        Command::User(user) => return finished(wait_for(user.run())),
        Command::Token(token) => return finished(wait_for(token.run())),
        Command::Key(key) => return finished(wait_for(key.run())),
        Command::Verify(verify) => return finished(wait_for(verify.run())),
    };
    finished(serve::run(options, started))
}

fn wait_for(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

fn finished(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    logging::fatal(error);
    ExitCode::FAILURE
}

/// An environment variable without a text, as a template leaves it, is as good as none.
fn described() -> clap::Command {
    Cli::command().mut_subcommands(|command| {
        command.mut_args(|arg| {
            let is_empty = arg.get_env().and_then(std::env::var_os).is_some_and(|text| text.is_empty());
            if is_empty { arg.env(None) } else { arg }
        })
    })
}

impl Serve {
    fn check(self) -> Result<serve::Options, String> {
        let host = if self.open { loopback(&self.host)? } else { address(&self.host)? };
        let public_url = self.public_url.map(|url| check_public_url("--public-url", &url)).transpose()?;
        let config = Config::read(self.config.as_deref(), &self.data, public_url)?;
        Ok(serve::Options { host, port: self.port, data: self.data, is_open: self.open, config, demo: None })
    }
}

fn address(host: &str) -> Result<IpAddr, String> {
    let address = if host.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { host };
    let address = address.trim_matches(['[', ']']).parse();
    address
        .map_err(|_| format!("--host is an address of this machine, e.g. 127.0.0.1 or 0.0.0.0, not `{host}`"))
}

/// The address, if it is one that only this machine reaches.
fn loopback(host: &str) -> Result<IpAddr, String> {
    match address(host) {
        Ok(address) if address.is_loopback() => Ok(address),
        _ => Err(format!(
            "--open lets everyone in who can reach the server, so --host has to be a loopback address \
             (127.0.0.1, ::1 or localhost), not `{host}`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Result<serve::Options, String> {
        let cli = Cli::try_parse_from(arguments.iter().copied()).map_err(|error| error.to_string())?;
        match cli.command {
            Command::Serve(serve) => serve.check(),
            _ => Err("not serve".into()),
        }
    }

    #[test]
    fn the_open_mode_is_asked_for_and_stays_on_this_machine() {
        assert!(
            options(&["countersign", "serve", "--host", "0.0.0.0"]).is_ok_and(|options| !options.is_open)
        );
        assert!(options(&["countersign", "serve", "--host", "example.org"]).is_err());
        for host in ["127.0.0.1", "localhost", "::1", "[::1]", "127.3.2.1"] {
            assert!(options(&["countersign", "serve", "--open", "--host", host]).is_ok(), "{host}");
        }
        for host in ["0.0.0.0", "::", "10.1.2.3", "example.org"] {
            let refused = options(&["countersign", "serve", "--open", "--host", host]);
            assert!(refused.is_err_and(|why| why.contains("loopback")), "{host}");
        }
        assert!(options(&["countersign", "serve", "--open", "--port", "70000"]).is_err());
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
