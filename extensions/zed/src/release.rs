//! The release that this extension was built for: where it is, and what its programs hash to.

use zed_extension_api::{Architecture, Os};

/// An address, then a line for each platform as `sha256sum` prints it.
const PINNED: &str = include_str!(concat!(env!("OUT_DIR"), "/release.txt"));

/// The pinned release's part for one platform.
pub struct Program {
    /// Of the program alone, packed with gzip.
    pub url: String,
    /// The release's tag.
    pub tag: &'static str,
    /// Of the unpacked program, in lower-case hex.
    pub sha256: &'static str,
    /// The name of the program's file.
    pub file: &'static str,
}

/// The program for a platform; else why there is none.
pub fn program(os: Os, architecture: Architecture) -> Result<Program, String> {
    let mut lines = PINNED.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let address = lines.next().ok_or("This build of the extension has no release to download.")?;
    let tag = address.rsplit('/').next().unwrap_or(address);
    let name = name(os, architecture);
    let sha256 = lines
        .filter_map(|line| line.split_once("  "))
        .find_map(|(sha256, of)| (of == name).then_some(sha256))
        .ok_or_else(|| format!("Outrigger {tag} has no {name}."))?;
    let file = if matches!(os, Os::Windows) { "outrigger.exe" } else { "outrigger" };
    Ok(Program { url: format!("{address}/{name}.gz"), tag, sha256, file })
}

fn name(os: Os, architecture: Architecture) -> String {
    let architecture = match architecture {
        Architecture::Aarch64 => "aarch64",
        Architecture::X86 => "i686",
        Architecture::X8664 => "x86_64",
    };
    let system = match os {
        Os::Mac => "apple-darwin",
        Os::Linux => "unknown-linux-musl",
        Os::Windows => "pc-windows-msvc",
    };
    format!("outrigger-{architecture}-{system}")
}
