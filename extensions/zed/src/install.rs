//! Downloads the pinned program into the extension's own folder, which is its current one. Nothing is run, and nothing
//! stays, that does not hash to what it must.

use std::{fmt::Write, fs, path::Path};

use sha2::{Digest, Sha256};
use zed_extension_api::{self as zed, DownloadedFileType};

use crate::release::Program;

/// Folders of programs begin with this; the rest is the release's tag.
const PREFIX: &str = "outrigger-";

/// The path of the program within the extension's folder. `downloading` is called before anything is fetched.
pub fn install(program: &Program, downloading: impl FnOnce()) -> Result<String, String> {
    let folder = format!("{PREFIX}{}", program.tag);
    let path = format!("{folder}/{}", program.file);
    if Path::new(&path).is_file() {
        return Ok(path);
    }
    downloading();
    // Under its own name only once it is whole and right, whatever ends us meanwhile.
    let partial = format!("{folder}.partial");
    remove(&partial)?;
    fs::create_dir(&partial).map_err(|error| format!("{partial}: {error}"))?;
    let fetched = fetch(program, &format!("{partial}/{}", program.file))
        .and_then(|()| remove(&folder))
        .and_then(|()| fs::rename(&partial, &folder).map_err(|error| format!("{folder}: {error}")));
    if let Err(error) = fetched {
        remove(&partial)?;
        return Err(error);
    }
    prune(&folder);
    Ok(path)
}

fn fetch(program: &Program, to: &str) -> Result<(), String> {
    zed::download_file(&program.url, to, DownloadedFileType::Gzip).map_err(|error| {
        if error.contains("not granted") || error.contains("not allowed") {
            format!(
                "Zed may not download {}: {error}. Allow it in your settings with \
                 \"granted_extension_capabilities\": [{{ \"kind\": \"download_file\", \"host\": \"github.com\", \
                 \"path\": [\"**\"] }}] beside what stands there.",
                program.url
            )
        } else {
            format!("{} cannot be downloaded: {error}.", program.url)
        }
    })?;
    let bytes = fs::read(to).map_err(|error| format!("{to}: {error}"))?;
    let mut found = String::with_capacity(64);
    for byte in Sha256::digest(&bytes) {
        // Writing to a string cannot fail.
        let _ = write!(found, "{byte:02x}");
    }
    if found != program.sha256 {
        return Err(format!(
            "{} is not what was released: its SHA-256 is {found}, and it should be {}. It was deleted.",
            program.url, program.sha256
        ));
    }
    zed::make_file_executable(to)
}

/// Programs of other releases, and what an interrupted download left. One that still runs may refuse, and goes next time.
fn prune(current: &str) {
    let Ok(entries) = fs::read_dir(".") else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name != current) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn remove(folder: &str) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{folder}: {error}"))
        }
        _ => Ok(()),
    }
}
