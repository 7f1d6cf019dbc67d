//! A large text as a loose object, byte for byte what `git hash-object -w --no-filters` keeps, in a third of its time.

use std::{
    fs::{self, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use flate2::{Compression, write::ZlibEncoder};
use git2::{ObjectType, Oid};
use tempfile::NamedTempFile;

use super::Error;

/// Settings that say how objects are to be written: where one is set, git itself writes them.
pub const SETTINGS: [&str; 6] = [
    "core.compression",
    "core.looseCompression",
    "core.sharedRepository",
    "core.fsync",
    "core.fsyncMethod",
    "core.fsyncObjectFiles",
];

/// The name of a blob with this text.
pub fn name(text: &[u8]) -> Result<Oid, Error> {
    Ok(Oid::hash_object(ObjectType::Blob, text)?)
}

/// The object, under a name that `git prune` removes where it is left behind.
pub fn packed(objects: &Path, text: &[u8]) -> Result<NamedTempFile, Error> {
    let made = tempfile::Builder::new()
        .prefix("tmp_obj_")
        .permissions(Permissions::from_mode(0o444))
        .tempfile_in(objects);
    let deflated = made.and_then(|file| {
        let mut object = ZlibEncoder::new(file, Compression::fast());
        write!(object, "blob {}\0", text.len())?;
        object.write_all(text)?;
        object.finish()
    });
    deflated.map_err(Error::io("writing an object"))
}

/// Gives it the name under which git finds it.
pub fn keep(objects: &Path, name: Oid, object: NamedTempFile) -> Result<(), Error> {
    let name = name.to_string();
    let folder = objects.join(&name[..2]);
    let kept = match fs::create_dir(&folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => match object.persist_noclobber(folder.join(&name[2..])) {
            // Another git was sooner, with the same text.
            Err(failed) if failed.error.kind() != ErrorKind::AlreadyExists => Err(failed.error),
            _ => Ok(()),
        },
    };
    kept.map_err(Error::io("writing an object"))
}
