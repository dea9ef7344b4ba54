//! The demo workspace: real runs, recorded by `server/demo/make_demo.py`, in a temporary folder, and a team of seven
//! whose story is played through the operations that everybody else uses. So its signatures, release records and
//! audit log are as genuine as any, and its open reviews are of this week whenever it is started.

mod play;
mod story;
mod team;

use std::net::Ipv4Addr;

use anyhow::Context as _;
use domain::Millis;
use domain::accounts::Caller;
use store::recording;
use tempfile::TempDir;

use crate::config::Config;
use crate::serve::Options;
use crate::state::AppState;

static WORKSPACE: &[u8] = include_bytes!("../../demo/workspace.tar.zst");

/// Where the recording is unpacked; deleted when the server stops.
#[derive(Debug)]
pub struct Demo(pub TempDir);

pub fn unpack(port: u16, is_open: bool) -> anyhow::Result<Options> {
    let folder = tempfile::Builder::new()
        .prefix("countersign-demo-")
        .tempdir()
        .context("can't create a temporary folder")?;
    let archive = zstd::Decoder::new(WORKSPACE)?;
    tar::Archive::new(archive)
        .unpack(folder.path())
        .with_context(|| format!("can't unpack the demo into {}", folder.path().display()))?;
    Ok(Options {
        host: Ipv4Addr::LOCALHOST.into(),
        port,
        is_open,
        config: Config::default(),
        data: folder.path().to_owned(),
        demo: Some(Demo(folder)),
    })
}

/// Plays the team's story up to `now`.
pub async fn play(state: &AppState, now: Millis) -> anyhow::Result<()> {
    let command_line = state.db.in_the_name_of(Caller::command_line());
    recording::lead_up_to(&command_line, now).await?;
    let team = team::add(&command_line, play::ago(now, story::BEGINS)).await?;
    play::play(state, &team, now).await
}

/// What whoever started it is told.
pub fn welcome(is_open: bool) -> String {
    if is_open {
        "With --open nobody signs in: you are the local admin.\n".to_owned()
    } else {
        team::logins()
    }
}
