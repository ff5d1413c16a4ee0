//! The version of an installed Slurm, and the release whose rules it follows.

use std::fmt;
use std::io;
use std::process::Command;
use std::str::FromStr;

use plimsoll_launcher::Release;

use super::wait;

/// A version as Slurm's programs print it: `22.05.8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Year of the release.
    pub major: u16,
    /// Month of the release.
    pub minor: u16,
    /// Number of the maintenance release.
    pub micro: u16,
}

/// Why there is no Slurm to run.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// The program is missing, or does not run.
    #[error(
        "cannot run `{program} -V`: {cause}; install Slurm (ci/setup does on Debian), or take --world mock"
    )]
    NoProgram {
        /// Its name.
        program: String,
        /// Why.
        cause: io::Error,
    },
    /// It prints something else.
    #[error("`{program} -V` printed {printed:?}, which holds no version of Slurm; name the right program")]
    Unreadable {
        /// Its name.
        program: String,
        /// What it printed.
        printed: String,
    },
    /// It is older or newer than every release that is known here.
    #[error("Slurm {0} is none of the releases that are known here (22.05 to 26.05); take --world mock")]
    Unknown(Version),
}

impl Version {
    /// Asks a program of Slurm's (`slurmd`, `srun`) for its version.
    pub fn of(program: &str) -> Result<Self, VersionError> {
        let output = wait::output(Command::new(program).arg("-V"), wait::COMMAND)
            .map_err(|cause| VersionError::NoProgram { program: program.to_owned(), cause })?;
        let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        printed
            .split_whitespace()
            .find_map(|word| word.parse().ok())
            .ok_or_else(|| VersionError::Unreadable { program: program.to_owned(), printed })
    }

    /// The release whose rules it follows.
    pub fn release(self) -> Result<Release, VersionError> {
        let name = format!("{:02}.{:02}", self.major, self.minor);
        Release::from_str(&name).map_err(|_| VersionError::Unknown(self))
    }

    /// What this Slurm cannot do yet, each in a few words with the release that can.
    pub fn lacks(self) -> Vec<&'static str> {
        const SINCE: [((u16, u16), &str); 4] = [
            ((23, 2), "scrun (23.02)"),
            ((23, 2), "more than one task of a step in containers on a node (23.02)"),
            ((23, 2), "EnvExclude and RunTimeEnvExclude (23.02)"),
            ((23, 11), "a terminal in a container (23.11)"),
        ];
        let missing = |((major, minor), _): &((u16, u16), _)| !self.at_least(*major, *minor);
        SINCE.iter().filter(|row| missing(row)).map(|(_, what)| *what).collect()
    }

    /// Whether this is that release or a later one.
    pub fn at_least(self, major: u16, minor: u16) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut numbers = text.split('.').map(|part| {
            let digits = part.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            digits.parse::<u16>().map_err(|_| ())
        });
        let mut next = || numbers.next().unwrap_or(Err(()));
        let (major, minor, micro) = (next()?, next()?, next()?);
        Ok(Self { major, minor, micro })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}.{:02}.{}", self.major, self.minor, self.micro)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("22.05.8", "22.05.8", Some(Release::V22_05))]
    #[case("24.11.5-1", "24.11.5", Some(Release::V24_11))]
    #[case("26.05.0rc1", "26.05.0", Some(Release::V26_05))]
    #[case("20.11.4", "20.11.4", None)]
    fn a_version_has_its_release(#[case] text: &str, #[case] shown: &str, #[case] release: Option<Release>) {
        let version: Version = text.parse().unwrap();
        assert_eq!(version.to_string(), shown);
        assert_eq!(version.release().ok(), release);
    }

    #[test]
    fn an_old_version_says_what_it_cannot_do() {
        let lacks = |text: &str| text.parse::<Version>().unwrap().lacks().len();
        assert_eq!((lacks("22.05.8"), lacks("23.02.1"), lacks("24.11.5")), (4, 1, 0));
    }

    #[test]
    fn what_is_no_version_is_refused_with_a_remedy() {
        assert!("slurm-wlm".parse::<Version>().is_err() && "22.05".parse::<Version>().is_err());
        let error = Version::of("no-such-program-here").unwrap_err();
        assert!(error.to_string().contains("--world mock"), "{error}");
    }
}
