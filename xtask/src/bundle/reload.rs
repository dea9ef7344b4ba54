//! During development the open page reloads by itself: the script that `cargo xtask dev` bundles asks
//! for a small file every half second, which changes when something has been rebuilt.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::project;

const FILE: &str = "rebuilt.txt";

/// Kept apart from the page's own code, so that nothing of it can reach a release.
const SCRIPT: &str = r"
let rebuilt;
setInterval(async () => {
  const answer = await fetch('/rebuilt.txt', { cache: 'no-store' }).catch(() => undefined);
  const now = answer?.ok ? await answer.text() : rebuilt;
  if (rebuilt !== undefined && now !== rebuilt) location.reload();
  rebuilt = now;
}, 500);
";

pub fn add_to(script: &Path) -> Result<()> {
    OpenOptions::new().append(true).open(script)?.write_all(SCRIPT.as_bytes())?;
    Ok(())
}

/// Makes the open page reload; `since` is when development started.
pub fn request_reload(since: Instant) -> Result<()> {
    fs::write(project::site().join(FILE), since.elapsed().as_millis().to_string())?;
    Ok(())
}
