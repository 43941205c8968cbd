//! What is released.

/// An operating system and architecture, as Go and krew name them.
#[derive(Clone, Copy)]
pub struct Platform {
    pub os: &'static str,
    pub arch: &'static str,
    /// Rust's name.
    pub triple: &'static str,
}

pub const PLATFORMS: &[Platform] = &[
    Platform { os: "linux", arch: "amd64", triple: "x86_64-unknown-linux-musl" },
    Platform { os: "linux", arch: "arm64", triple: "aarch64-unknown-linux-musl" },
    Platform { os: "darwin", arch: "amd64", triple: "x86_64-apple-darwin" },
    Platform { os: "darwin", arch: "arm64", triple: "aarch64-apple-darwin" },
];

/// The release's name.
pub const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));

impl Platform {
    /// The archive's name.
    pub fn archive(&self) -> String {
        format!("kubectl-bgp_{TAG}_{}_{}.tar.gz", self.os, self.arch)
    }

    /// Apple's frameworks are on a Mac only; zig links for Linux.
    pub fn builds_here(&self) -> bool {
        self.os == own_os()
    }

    /// This machine runs it.
    pub fn is_own(&self) -> bool {
        self.builds_here() && self.architecture() == std::env::consts::ARCH
    }

    /// Rust's name of the architecture, and QEMU's.
    pub fn architecture(&self) -> &'static str {
        self.triple.split_once('-').map_or(self.triple, |(architecture, _)| architecture)
    }
}

fn own_os() -> &'static str {
    if std::env::consts::OS == "macos" { "darwin" } else { std::env::consts::OS }
}

pub fn parse(word: &str) -> Result<Platform, String> {
    let found = PLATFORMS.iter().find(|platform| format!("{}_{}", platform.os, platform.arch) == word);
    found.copied().ok_or_else(|| {
        let names: Vec<String> =
            PLATFORMS.iter().map(|platform| format!("{}_{}", platform.os, platform.arch)).collect();
        format!("it is one of {}", names.join(", "))
    })
}
