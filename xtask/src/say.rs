//! What the person at the terminal reads: a line for each step, and a clock on what takes long.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Without a terminal a line is printed this often, so that a log shows that work goes on.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// One step: what is done, and why.
pub fn step(what: &str, why: &str) {
    eprintln!("• {what}: {why}");
}

/// Something worth knowing that needs no action.
pub fn note(text: &str) {
    eprintln!("  {text}");
}

/// Shows how long a step has been running.
pub struct Clock {
    what: String,
    started: Instant,
    shown: Instant,
    on_terminal: bool,
}

impl Clock {
    pub fn start(what: impl Into<String>) -> Self {
        let now = Instant::now();
        Self { what: what.into(), started: now, shown: now, on_terminal: stderr().is_terminal() }
    }

    /// To be called often: redraws the line on a terminal, adds one now and then to a log.
    pub fn tick(&mut self) {
        let seconds = self.started.elapsed().as_secs();
        if self.on_terminal {
            eprint!("\r  {} … {seconds} s", self.what);
            let _ = stderr().flush();
        } else if self.shown.elapsed() >= LOG_EVERY {
            self.shown = Instant::now();
            eprintln!("  {} … {seconds} s", self.what);
        }
    }

    pub fn stop(self) {
        if self.on_terminal {
            eprint!("\r\x1b[K");
        }
        let seconds = self.started.elapsed().as_secs();
        if seconds >= 2 {
            note(&format!("{}: {seconds} s", self.what));
        }
    }
}
