//! The browser half is embedded: a new one is a reason to build again.

fn main() {
    println!("cargo::rerun-if-changed=../target/site");
    println!("cargo::rerun-if-changed=demo/workspace.tar.zst");
}
