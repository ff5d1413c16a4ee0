//! SHA-256 as hexadecimal digits, of bytes and of files.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// Of bytes.
pub fn of(bytes: &[u8]) -> String {
    digits(&Sha256::digest(bytes))
}

/// Of a file, which is not read into memory as a whole.
pub fn of_file(path: &Path) -> io::Result<String> {
    let mut hash = Writer(Sha256::new());
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(digits(&hash.0.finalize()))
}

struct Writer(Sha256);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn digits(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_hash_that_everybody_knows() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(of(b""), empty);
        assert_eq!(of_file(Path::new("/dev/null")).unwrap(), empty);
        assert!(of_file(Path::new("/nonexistent")).is_err());
    }
}
