//! Files that hold one key or secret: 32 bytes as base64url on one line.
//!
//! A file appears whole or not at all, also when two processes create it at once: then both use the first one's.

use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rand::CryptoRng;

use crate::error::KeyFileError;

/// How long every key and secret is.
pub(crate) const KEY_BYTES: usize = 32;

const PRIVATE_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;
const OPEN_TO_OTHERS: u32 = 0o077;

/// More than any valid file holds, and little enough to read whatever a path leads to.
const READ_LIMIT_BYTES: u64 = 1024;

/// People make such files with `basenc --base64url`, which pads; we write without padding and read both.
const LENIENT_BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads a secret from a file that only its owner may open.
pub(crate) fn load_private(path: &Path) -> Result<[u8; KEY_BYTES], KeyFileError> {
    let unreadable = |source| KeyFileError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    // Asked of the open file, not of the path, which may lead elsewhere a moment later.
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & OPEN_TO_OTHERS != 0 {
        return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
    }
    read_key(path, file)
}

/// Reads a secret, or makes one from `rng` and stores it (mode 600) where there is none; makes the directory too.
pub(crate) fn load_or_create_private(
    path: &Path,
    rng: &mut impl CryptoRng,
) -> Result<[u8; KEY_BYTES], KeyFileError> {
    match load_private(path) {
        Err(KeyFileError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        loaded_or_refused => return loaded_or_refused,
    }
    let mut secret = [0; KEY_BYTES];
    rng.fill_bytes(&mut secret);
    write_unless_present(path, &secret, PRIVATE_MODE)?;
    // Read back, because another process may have been first.
    load_private(path)
}

/// Stores a secret that follows from another one (mode 600), unless the file is there.
pub(crate) fn store_private(path: &Path, secret: &[u8; KEY_BYTES]) -> Result<(), KeyFileError> {
    if path.exists() { Ok(()) } else { write_unless_present(path, secret, PRIVATE_MODE) }
}

/// Reads a public key.
pub(crate) fn load_public(path: &Path) -> Result<[u8; KEY_BYTES], KeyFileError> {
    let file =
        File::open(path).map_err(|source| KeyFileError::Unreadable { path: path.to_owned(), source })?;
    read_key(path, file)
}

/// Stores a public key (mode 644) unless the file is there.
pub(crate) fn store_public(path: &Path, key: &[u8; KEY_BYTES]) -> Result<(), KeyFileError> {
    // Asked first, because a directory of keys may be mounted read-only.
    if path.exists() { Ok(()) } else { write_unless_present(path, key, PUBLIC_MODE) }
}

fn read_key(path: &Path, file: File) -> Result<[u8; KEY_BYTES], KeyFileError> {
    let mut text = Vec::new();
    file.take(READ_LIMIT_BYTES)
        .read_to_end(&mut text)
        .map_err(|source| KeyFileError::Unreadable { path: path.to_owned(), source })?;
    parse_key(&text).map_err(|problem| KeyFileError::Malformed { path: path.to_owned(), problem })
}

fn parse_key(text: &[u8]) -> Result<[u8; KEY_BYTES], &'static str> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Err("is empty");
    }
    let bytes = LENIENT_BASE64URL.decode(text).map_err(|_| "is not base64url")?;
    <[u8; KEY_BYTES]>::try_from(bytes.as_slice())
        .map_err(|_| if bytes.len() < KEY_BYTES { "is too short" } else { "is too long" })
}

fn write_unless_present(path: &Path, key: &[u8; KEY_BYTES], mode: u32) -> Result<(), KeyFileError> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let write = || -> io::Result<()> {
        fs::create_dir_all(directory)?;
        let mut file =
            tempfile::Builder::new().permissions(Permissions::from_mode(mode)).tempfile_in(directory)?;
        writeln!(file, "{}", LENIENT_BASE64URL.encode(key))?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Err(refused) if refused.error.kind() != io::ErrorKind::AlreadyExists => Err(refused.error),
            _ => Ok(()),
        }
    };
    write().map_err(|source| KeyFileError::Unwritable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
