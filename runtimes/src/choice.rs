//! Which program drives a profile on this machine: the real one, or the built-in double. A double is never taken for the
//! real one: [`Choice::real`] goes into every report.

use std::path::{Path, PathBuf};

use plimsoll_runtime::doubles;

use crate::rewrite::GUIDE_ROOT;
use crate::{ChoiceError, Profile, program};

/// What is wanted: `--runtime auto|real|double`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The real program where it is installed, else its double.
    #[default]
    Auto,
    /// The real program or nothing.
    Real,
    /// The double.
    Double,
}

/// What drives a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Whether it is the real program.
    pub real: bool,
    /// Which one and why, in a few words.
    pub why: String,
    /// What its commands begin with, in place of [`Profile::program`].
    pub program: Vec<String>,
}

/// A program that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Where.
    pub path: PathBuf,
    /// The first line of what it prints as its version.
    pub version: Option<String>,
}

impl Installed {
    /// The program of a name on this machine.
    pub fn here(name: &str) -> Option<Self> {
        let path = program::find(name)?;
        Some(Self { version: program::version(&path), path })
    }
}

/// Runtimes whose manners the built-in one has.
const DOUBLED: [&str; 4] = ["builtin", "crun", "runc", "nvidia"];

/// Runtimes whose command line does not say where containers are noted: their doubles are told beside it.
const STATELESS: [&str; 2] = ["singularity-3.8", "singularity-4.0"];

impl Profile {
    /// Chooses what drives it on this machine; `plimsoll` is the plimsoll program, whose path has to be UTF-8.
    pub fn choose(&self, wanted: Wanted, plimsoll: &Path) -> Result<Choice, ChoiceError> {
        self.choose_from(&Installed::here, wanted, plimsoll)
    }

    /// The same where `installed` says what is installed there.
    pub fn choose_from(
        &self,
        installed: &dyn Fn(&str) -> Option<Installed>,
        wanted: Wanted,
        plimsoll: &Path,
    ) -> Result<Choice, ChoiceError> {
        let runtime = self.runtime.as_str();
        let double = |why: String| {
            let mut program = vec![plimsoll.to_string_lossy().into_owned()];
            if DOUBLED.contains(&runtime) {
                program.push("runtime".to_owned());
            } else {
                program.extend(["double".to_owned(), runtime.to_owned()]);
            }
            if STATELESS.contains(&runtime) {
                program.push(format!("--state={GUIDE_ROOT}"));
            }
            Choice { real: false, why, program }
        };
        let has_double = DOUBLED.contains(&runtime) || doubles::NAMES.contains(&runtime);
        if self.runtime == "builtin" {
            return match wanted {
                Wanted::Real => Err(ChoiceError::BuiltIn { profile: self.id.clone() }),
                Wanted::Auto | Wanted::Double => Ok(double("the built-in runtime".to_owned())),
            };
        }
        let name = self.binary();
        if wanted == Wanted::Double {
            return if has_double {
                Ok(double("the built-in runtime, as asked for".to_owned()))
            } else {
                Err(ChoiceError::NoDouble { runtime: self.runtime.clone() })
            };
        }
        match installed(name) {
            Some(Installed { path, version }) => {
                let version = version.unwrap_or_else(|| "version unknown".to_owned());
                let mut program = self.program.clone();
                for word in program.iter_mut().filter(|word| *word == name) {
                    *word = path.to_string_lossy().into_owned();
                }
                Ok(Choice { real: true, why: format!("{}, {version}", path.display()), program })
            }
            None if wanted == Wanted::Auto && has_double => {
                Ok(double(format!("the built-in runtime, since {name} is not installed")))
            }
            None => Err(ChoiceError::NotInstalled { program: name.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(runtime: &str, program: &str) -> Profile {
        Profile {
            id: "mine".to_owned(),
            runtime: runtime.to_owned(),
            program: vec![program.to_owned(), "--quiet".to_owned()],
            ..Profile::find("crun-run").unwrap().clone()
        }
    }

    const PLIMSOLL: &str = "/opt/plimsoll";

    #[test]
    fn the_real_program_is_taken_where_it_is_installed() {
        let choice = profile("crun", "sh").choose(Wanted::Auto, Path::new(PLIMSOLL)).unwrap();
        assert!(choice.real && choice.program[0].ends_with("/sh"), "{choice:?}");
        assert_eq!(choice.program[1], "--quiet");
    }

    #[test]
    fn a_double_is_said_to_be_one() {
        let missing = profile("crun", "no-such-runtime");
        let choice = missing.choose(Wanted::Auto, Path::new(PLIMSOLL)).unwrap();
        assert_eq!(choice.program, [PLIMSOLL, "runtime"]);
        assert_eq!(
            (choice.real, choice.why.as_str()),
            (false, "the built-in runtime, since no-such-runtime is not installed")
        );
        let asked = profile("crun", "sh").choose(Wanted::Double, Path::new(PLIMSOLL)).unwrap();
        assert!(!asked.real);
        for wanted in [Wanted::Auto, Wanted::Double] {
            assert!(!Profile::find("builtin-run").unwrap().choose(wanted, Path::new(PLIMSOLL)).unwrap().real);
        }
    }

    #[rstest::rstest]
    #[case("crun", Wanted::Real, "no-such-runtime is not installed")]
    #[case("ch-run", Wanted::Auto, "no-such-runtime is not installed")]
    #[case("ch-run", Wanted::Double, "there is no double of ch-run")]
    #[case("builtin", Wanted::Real, "the built-in one")]
    fn what_cannot_be_had_is_refused(#[case] runtime: &str, #[case] wanted: Wanted, #[case] words: &str) {
        let error = profile(runtime, "no-such-runtime").choose(wanted, Path::new(PLIMSOLL)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}
