//! Logs: for people on a terminal, as JSON elsewhere. `RUST_LOG` chooses what is shown.

use std::io::{IsTerminal as _, Write as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

pub fn start() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    // Nobody has to listen, so a failure to write is none.
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    // A second start in one process, as in tests, keeps the first.
    let _ = if std::io::stderr().is_terminal() {
        logs.with_target(false).compact().try_init()
    } else {
        std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a part of the server failed")));
        logs.json().flatten_event(true).try_init()
    };
}

/// Why the program ends: as a line on a terminal, else as a log like the others.
pub fn fatal(error: &anyhow::Error) {
    if tracing::enabled!(tracing::Level::ERROR) && !std::io::stderr().is_terminal() {
        tracing::error!("{error:#}");
    } else {
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
    }
}
