//! The profile `custom`: a runtime that is in no list, from three answers: which program, with which options, driven how.

use std::path::{Path, PathBuf};

use plimsoll_launcher::Mode;

use crate::{Cannot, Choice, Differs, Profile, program};

/// Its id.
pub const CUSTOM: &str = "custom";

/// What stands for the program in its text.
const WORD: &str = "custom-runtime";

/// How a runtime is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driven {
    /// `run`, the operation that the guide prefers.
    Run,
    /// `create` and `start`.
    CreateStart,
    /// No operations: the program takes a root file system and a command, and reads no config.json.
    Exec,
}

/// The three answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The program: a path, or a name on PATH.
    pub program: PathBuf,
    /// What stands behind it in every call, patterns included: `--root=/run/user/%U/`. For [`Driven::Exec`] with the subcommand.
    pub options: String,
    /// How it is driven.
    pub driven: Driven,
}

/// Answers that no profile can be made from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// There is no such program.
    #[error("{} is no program that can be run; name the runtime by its path", .0.display())]
    NoProgram(PathBuf),
    /// A quoted value cannot hold these options (rule C-LEX-4).
    #[error(
        "oci.conf cannot hold the options {0:?}, for a double quote or a line break; put them into a script"
    )]
    Unwritable(String),
}

impl Answers {
    /// The profile, and the program that drives it.
    pub fn profile(&self) -> Result<(Profile, Choice), AnswerError> {
        if self.options.contains(['"', '\n', '\r', '\0']) {
            return Err(AnswerError::Unwritable(self.options.clone()));
        }
        let path = find(&self.program).ok_or_else(|| AnswerError::NoProgram(self.program.clone()))?;
        let version = program::version(&path).unwrap_or_else(|| "version unknown".to_owned());
        let choice = Choice {
            real: true,
            why: format!("{}, {version}", path.display()),
            program: vec![path.to_string_lossy().into_owned()],
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let profile = Profile {
            id: CUSTOM.to_owned(),
            runtime: name,
            mode: if self.driven == Driven::CreateStart { Mode::CreateStart } else { Mode::Run },
            program: vec![WORD.to_owned()],
            oci_conf: self.text(),
            cannot: if self.driven == Driven::Exec { without_operations() } else { Vec::new() },
            differs: vec![Differs {
                what: "/run/user/%U/ is a directory of the cluster's own, mode 0700".to_owned(),
                why: "clusters side by side must not see each other's containers".to_owned(),
            }],
            notes: "A runtime of the caller's own, from three answers.".to_owned(),
            ..Profile::default()
        };
        Ok((profile, choice))
    }

    /// Its `oci.conf`.
    fn text(&self) -> String {
        let front = format!("{WORD} {}", self.options).trim_end().to_owned();
        let mut text = String::from(
            "EnvExclude=\"^(SLURM_CONF|SLURM_CONF_SERVER)=\"\nRunTimeEnvExclude=\"^(SLURM_CONF|SLURM_CONF_SERVER)=\"\n",
        );
        let id = "%n.%u.%j.%s.%t";
        let mut add = |key: &str, rest: &str| text.push_str(&format!("RunTime{key}=\"{front} {rest}\"\n"));
        if self.driven == Driven::Exec {
            add("Run", "%r %@");
            text.push_str("RunTimeKill=\"kill -s SIGTERM %p\"\nRunTimeDelete=\"kill -s SIGKILL %p\"\n");
            return format!("IgnoreFileConfigJson=true\n{text}");
        }
        add("Query", &format!("state {id}"));
        // Clean-up asks ten times: a first process that ignores SIGTERM would outlive them.
        add("Kill", &format!("kill {id} KILL"));
        add("Delete", &format!("delete --force {id}"));
        match self.driven {
            Driven::CreateStart => {
                add("Create", &format!("create --bundle %b {id}"));
                add("Start", &format!("start {id}"));
            }
            _ => add("Run", &format!("run --bundle %b {id}")),
        }
        text
    }
}

/// What a program without operations cannot do, whichever it is.
fn without_operations() -> Vec<Cannot> {
    let cannot = |what: &str, need: &str, why: &str| Cannot {
        what: what.to_owned(),
        why: why.to_owned(),
        need: Some(need.to_owned()),
    };
    vec![
        cannot(
            "config.json",
            "config-json",
            "it takes a root file system, and its oci.conf says IgnoreFileConfigJson",
        ),
        cannot("a batch script inside", "batch-inside", "nothing mounts the script (R-OPEN-11)"),
        cannot("operations by name", "operations", "it has one command, and no names"),
        cannot("paths with quotes", "odd-paths", "%r is not quoted in its text"),
        cannot("an environment of its own", "environment-apart", "it has no other environment than its own"),
    ]
}

/// The program by its whole path.
fn find(named: &Path) -> Option<PathBuf> {
    if named.components().count() == 1 && !named.is_absolute() {
        return program::find(named.to_str()?);
    }
    let path = std::fs::canonicalize(named).ok()?;
    let folder = path.parent()?.to_owned();
    // The same look at mode and kind as for a name.
    program::runnable(&folder.join(path.file_name()?)).then_some(path)
}

#[cfg(test)]
mod tests {
    use plimsoll_launcher::{Release, ociconf};

    use super::*;

    fn answers(driven: Driven) -> Answers {
        Answers { program: "/bin/sh".into(), options: "--root=/run/user/%U/".to_owned(), driven }
    }

    #[rstest::rstest]
    #[case(Driven::Run, Mode::Run, false)]
    #[case(Driven::CreateStart, Mode::CreateStart, false)]
    #[case(Driven::Exec, Mode::Run, true)]
    fn three_answers_are_a_file_that_loads(
        #[case] driven: Driven,
        #[case] mode: Mode,
        #[case] ignores: bool,
    ) {
        let (profile, choice) = answers(driven).profile().unwrap();
        let loaded = ociconf::load(profile.oci_conf.as_bytes(), Path::new("oci.conf"), Release::Guide);
        let conf = loaded.conf.unwrap();
        assert_eq!((conf.mode(), conf.ignore_file_config_json), (mode, ignores));
        assert_eq!(profile.mode, mode);
        let place = crate::Where {
            runtime_root: Some(Path::new("/r")),
            program: &choice.program,
            scripts: None,
            recorder: None,
        };
        let text = profile.oci_conf_for(&place).unwrap();
        // Whatever shell /bin/sh is.
        assert!(text.contains("sh --root=/r/ ") && !text.contains(WORD), "{text}");
    }

    #[test]
    fn answers_that_do_not_fit_are_refused() {
        let missing = Answers { program: "/no/such/runtime".into(), ..answers(Driven::Run) };
        assert!(missing.profile().unwrap_err().to_string().contains("/no/such/runtime"));
        let quoted = Answers { options: "--x \"y\"".to_owned(), ..answers(Driven::Run) };
        assert!(quoted.profile().unwrap_err().to_string().contains("script"));
        let folder = Answers { program: "/tmp".into(), ..answers(Driven::Run) };
        assert!(folder.profile().is_err());
    }
}
