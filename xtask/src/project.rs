//! Where things are.

use std::path::{Path, PathBuf};

/// The checkout's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the checkout")
}

/// What the set-up fetches; nothing else on the machine is touched. Git ignores it.
pub fn tools() -> PathBuf {
    root().join(".tools")
}

/// The served files: the server embeds this folder in release and reads it in debug.
pub fn site() -> PathBuf {
    root().join("target/site")
}

/// The workspace that `serve` and `dev` keep.
pub fn data() -> PathBuf {
    root().join("countersign-data")
}

/// The browser half has a target folder of its own: it may have another compiler, and sharing one
/// folder would rebuild everything at each switch.
pub fn browser_target() -> PathBuf {
    root().join("target/browser")
}

/// The server's binary, as cargo leaves it.
pub fn server_binary(profile: Profile) -> PathBuf {
    let folder = match profile {
        Profile::Debug => "debug",
        Profile::Release => "release",
    };
    root().join("target").join(folder).join(format!("countersign{}", std::env::consts::EXE_SUFFIX))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Debug,
    Release,
}
