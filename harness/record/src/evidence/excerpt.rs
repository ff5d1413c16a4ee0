//! Parts of files that may be long, and may be anything.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::text;

/// How much of a file is shown in all, in bytes.
const SHOWN: usize = 4096;

/// What is shown of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The text; what is not UTF-8 is written as `\xNN`.
    pub text: String,
    /// Its length in bytes.
    pub total: u64,
    /// Whether something is left out.
    pub cut: bool,
}

impl Excerpt {
    /// The beginning and the end of a file. One that is not there is empty; one that cannot be read says so.
    pub fn of(path: &Path) -> Self {
        Self::read(path, SHOWN * 3 / 4)
    }

    /// The end of a file.
    pub fn end_of(path: &Path) -> Self {
        Self::read(path, 0)
    }

    fn read(path: &Path, head: usize) -> Self {
        match Self::try_read(path, head) {
            Ok(excerpt) => excerpt,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::default(),
            Err(error) => Self { text: format!("cannot be read: {error}"), total: 0, cut: false },
        }
    }

    fn try_read(path: &Path, head: usize) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let total = file.metadata()?.len();
        if total <= SHOWN as u64 {
            let mut bytes = Vec::new();
            file.take(SHOWN as u64).read_to_end(&mut bytes)?;
            return Ok(Self { text: text::from_bytes(&bytes), total, cut: false });
        }
        let mut begin = vec![0; head];
        file.read_exact(&mut begin)?;
        let tail = SHOWN - head;
        let mut end = Vec::with_capacity(tail);
        file.seek(SeekFrom::Start(total - tail as u64))?;
        file.take(tail as u64).read_to_end(&mut end)?;
        let left_out = total - SHOWN as u64;
        let text = format!(
            "{}\n… {left_out} bytes left out …\n{}",
            text::from_bytes(&begin),
            text::from_bytes(&end)
        );
        Ok(Self { text: text.trim_start_matches('\n').to_owned(), total, cut: true })
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_files_are_whole_and_long_ones_are_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, b"a\xff").unwrap();
        assert_eq!(Excerpt::of(&path).text, "a\\xff");
        std::fs::write(&path, [vec![b'a'; 10_000], b"end".to_vec()].concat()).unwrap();
        let both = Excerpt::of(&path);
        assert!(both.text.starts_with("aaa") && both.text.ends_with("aend") && both.cut, "{}", both.text);
        assert!(both.text.contains("… 5907 bytes left out …"), "{}", both.text);
        let end = Excerpt::end_of(&path);
        assert!(end.text.starts_with("… 5907 bytes left out …\naaa") && end.total == 10_003, "{}", end.text);
    }

    #[test]
    fn what_is_not_there_is_empty_and_what_cannot_be_read_says_so() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Excerpt::of(&dir.path().join("none")), Excerpt::default());
        assert!(Excerpt::of(dir.path()).text.starts_with("cannot be read: "));
    }
}
