//! The `tar.zst` itself: files in the order of their paths, without times and owners, so that the same contents make the
//! same bytes; first of all the manifest, with the length and hash of each of the others.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use crate::digest;

/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";

/// Name and version of its format.
const SCHEMA: &str = "plimsoll.manifest/1.0";

/// What a bundle may hold, so that a hostile one does not fill the machine: bytes of all files, and files.
const MOST_BYTES: u64 = 1 << 30;
const MOST_FILES: usize = 1 << 20;

/// How hard is compressed; evidence is much alike.
const LEVEL: i32 = 9;

/// The files of a bundle by path, without the manifest.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// The archive before it was compressed, the manifest, and the files.
type Unpacked = (Vec<u8>, Option<Vec<u8>>, Contents);

#[derive(Serialize, Deserialize)]
struct Manifest {
    schema: String,
    files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    path: String,
    size: u64,
    sha256: String,
}

/// Packs files, with a manifest of them in front.
pub fn pack(files: &Contents) -> io::Result<Vec<u8>> {
    pack_with(&manifest(files)?, files)
}

/// The same with a manifest that is given.
pub(super) fn pack_with(manifest: &[u8], files: &Contents) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(&archive(manifest, files)?)?;
    encoder.finish()
}

/// The archive before it is compressed.
fn archive(manifest: &[u8], files: &Contents) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, path, bytes)
    };
    add(MANIFEST, manifest)?;
    for (path, bytes) in files {
        add(path, bytes)?;
    }
    tar.into_inner()
}

/// The manifest of files, as its bytes.
pub(super) fn manifest(files: &Contents) -> io::Result<Vec<u8>> {
    let files = files.iter().map(|(path, bytes)| Entry {
        path: path.clone(),
        size: bytes.len() as u64,
        sha256: digest::of(bytes),
    });
    let manifest = Manifest { schema: SCHEMA.to_owned(), files: files.collect() };
    Ok([serde_json::to_vec_pretty(&manifest)?, b"\n".to_vec()].concat())
}

/// Unpacks a bundle. Its manifest is the one that its files have, and the archive is the very bytes that [`pack`] makes of
/// them before it compresses: nothing can be hidden beside or behind them.
pub fn unpack(bundle: &[u8]) -> Result<Contents, String> {
    let (archived, seen, files) = unpack_unchecked(bundle)?;
    let seen = seen.ok_or("it has no manifest")?;
    let wanted = manifest(&files).map_err(|cause| cause.to_string())?;
    if seen != wanted {
        return Err(difference(&seen, &files));
    }
    match archive(&wanted, &files) {
        Ok(again) if again == archived => Ok(files),
        Ok(_) => Err("the archive is not what its files make; it was packed by something else".to_owned()),
        Err(cause) => Err(cause.to_string()),
    }
}

/// The archive as it was before it was compressed, the manifest and the files, as they are.
pub(super) fn unpack_unchecked(bundle: &[u8]) -> Result<Unpacked, String> {
    let readable = |cause: io::Error| format!("the archive cannot be read: {cause}");
    let mut archived = Vec::new();
    let decoder = zstd::Decoder::new(bundle).map_err(readable)?;
    decoder.take(MOST_BYTES).read_to_end(&mut archived).map_err(readable)?;
    let mut archive = tar::Archive::new(archived.as_slice());
    let (mut manifest, mut files) = (None, Contents::new());
    for entry in archive.entries().map_err(readable)? {
        let mut entry = entry.map_err(readable)?;
        let path = entry.path().map_err(readable)?.to_string_lossy().into_owned();
        let plain = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || !entry.header().entry_type().is_file() {
            return Err(format!("{path:?} is no plain file below the bundle"));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(readable)?;
        let old = if path == MANIFEST { manifest.replace(bytes) } else { files.insert(path.clone(), bytes) };
        if old.is_some() || files.len() > MOST_FILES {
            return Err(format!("{path} is in it twice, or there are too many files"));
        }
    }
    Ok((archived, manifest, files))
}

/// Where a manifest and files part.
fn difference(manifest: &[u8], files: &Contents) -> String {
    let Ok(manifest) = serde_json::from_slice::<Manifest>(manifest) else {
        return "the manifest cannot be read".to_owned();
    };
    let mut listed: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in &manifest.files {
        listed.insert(&entry.path, entry);
    }
    for (path, bytes) in files {
        match listed.remove(path.as_str()) {
            None => return format!("{path} is not in the manifest"),
            Some(entry) if entry.sha256 != digest::of(bytes) => {
                return format!("{path} is not what the manifest says: it was changed");
            }
            Some(_) => {}
        }
    }
    match listed.keys().next() {
        Some(path) => format!("{path} is in the manifest and not in the bundle"),
        None => "the manifest is not written as plimsoll writes it".to_owned(),
    }
}
