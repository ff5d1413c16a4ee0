//! POSIX extended regular expressions by the C library's own `regcomp`, since that is what Slurm calls: what compiles, and
//! what matches, is what the machine's C library says. The `regex` crate has another syntax.
#![expect(unsafe_code, reason = "regcomp, regexec and regfree are C functions without a safe wrapper crate")]

use std::ffi::{CString, OsStr};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt as _;

/// An expression that does not compile (rule C-SET-6).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RegexError {
    /// The C library's words.
    pub message: String,
}

/// A compiled expression.
pub struct Regex {
    compiled: libc::regex_t,
    text: String,
}

impl std::fmt::Debug for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Regex").field(&self.text).finish()
    }
}

impl Regex {
    /// Compiles an extended expression.
    pub fn new(text: &str) -> Result<Self, RegexError> {
        let pattern =
            CString::new(text).map_err(|_| RegexError { message: "it holds a NUL byte".to_owned() })?;
        let mut compiled = MaybeUninit::<libc::regex_t>::uninit();
        // SAFETY: `regcomp` fills the structure, from a string that ends in NUL.
        let code = unsafe {
            libc::regcomp(compiled.as_mut_ptr(), pattern.as_ptr(), libc::REG_EXTENDED | libc::REG_NOSUB)
        };
        if code == 0 {
            // SAFETY: it was filled, as the return value says.
            let compiled = unsafe { compiled.assume_init() };
            return Ok(Self { compiled, text: text.to_owned() });
        }
        let mut words = [0_u8; 256];
        // SAFETY: the buffer is as long as is said; glibc reads nothing of the structure but its address.
        unsafe { libc::regerror(code, compiled.as_ptr(), words.as_mut_ptr().cast(), words.len()) };
        let end = words.iter().position(|&byte| byte == 0).unwrap_or(words.len());
        Err(RegexError { message: String::from_utf8_lossy(&words[..end]).into_owned() })
    }

    /// Whether it matches anywhere in `text`. Text behind a NUL byte, which no environment holds, is not looked at.
    pub fn is_match(&self, text: impl AsRef<OsStr>) -> bool {
        let bytes = text.as_ref().as_bytes();
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        let Ok(text) = CString::new(&bytes[..end]) else { return false };
        // SAFETY: the expression is compiled and the string ends in NUL; no places of matches are asked for.
        unsafe { libc::regexec(&raw const self.compiled, text.as_ptr(), 0, std::ptr::null_mut(), 0) == 0 }
    }
}

impl Drop for Regex {
    fn drop(&mut self) {
        // SAFETY: it was compiled, and is freed once.
        unsafe { libc::regfree(&raw mut self.compiled) };
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("^(SLURM_CONF|SLURM_CONF_SERVER)=", "SLURM_CONF=/x", true)]
    #[case("^(SLURM_CONF|SLURM_CONF_SERVER)=", "SLURM_CONFX=/x", false)]
    #[case("ECRE", "SECRET=1", true)]
    #[case("=b{2}$", "A=bb", true)]
    #[case("^[[:upper:]]+=", "a=1", false)]
    fn extended_syntax_is_searched_for_anywhere(
        #[case] pattern: &str,
        #[case] text: &str,
        #[case] matches: bool,
    ) {
        assert_eq!(Regex::new(pattern).unwrap().is_match(text), matches);
    }

    #[rstest]
    #[case("(")]
    #[case("[a")]
    #[case("a{2,1}")]
    #[case("a\0b")]
    fn rubbish_does_not_compile(#[case] pattern: &str) {
        assert!(!Regex::new(pattern).unwrap_err().message.is_empty());
    }
}
