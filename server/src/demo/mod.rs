//! The demo workspace: real runs, recorded by `server/demo/make_demo.py`, in a temporary folder.

use std::net::Ipv4Addr;

use anyhow::Context as _;

use crate::config::Config;
use crate::serve::Options;

static WORKSPACE: &[u8] = include_bytes!("../demo/workspace.tar.zst");

pub fn unpack(port: u16) -> anyhow::Result<Options> {
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
        is_open: true,
        config: Config::default(),
        data: folder.path().to_owned(),
        temporary: Some(folder),
    })
}
