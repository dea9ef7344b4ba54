//! Logs: for people on a terminal, as JSON elsewhere. `RUST_LOG` chooses what is shown.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

pub fn start() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process, as in tests, keeps the first.
    let _ = if std::io::stderr().is_terminal() {
        logs.with_target(false).compact().try_init()
    } else {
        logs.json().flatten_event(true).try_init()
    };
}
