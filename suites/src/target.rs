//! What a run tests: a profile with the program that drives it here, or an `oci.conf` of the user's own.

use std::path::{Path, PathBuf};

use plimsoll_launcher::{Mode, OciConf};
use plimsoll_profiles::{Profile, Recorder, UnwritablePath, Where, with_recorder};
use plimsoll_record::ProfileInfo;

use crate::need::Need;

/// Where a target's `oci.conf` is put to use.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// A directory of the user's own, mode 0700, for the runtime's state.
    pub runtime_root: &'a Path,
    /// The recorder in front of each runtime command, and the folder for its notes.
    pub recorder: Option<(&'a Path, &'a Path)>,
}

/// Something to test.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name of the profile, or `custom`.
    pub id: String,
    /// The runtime it drives.
    pub runtime: String,
    /// How.
    pub mode: Mode,
    /// Whether the real program runs.
    pub real: bool,
    /// Why it does, or does not.
    pub why: String,
    /// What it needs.
    pub needs: Vec<Need>,
    /// Why nothing can drive it here, where nothing can.
    pub missing: Option<String>,
    /// Where its `oci.conf` comes from.
    pub source: Source,
}

/// Where a target's `oci.conf` comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A profile, and what its commands begin with here.
    Profile {
        /// The profile.
        profile: Box<Profile>,
        /// The program and its first arguments.
        program: Vec<String>,
    },
    /// A file of the user's own, used as it is.
    File {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
    },
}

impl Target {
    /// An `oci.conf` of the user's own; `conf` is what came of loading it.
    pub fn custom(path: &Path, text: String, conf: &OciConf) -> Self {
        let mode = conf.mode();
        let command = conf.run.as_deref().or(conf.create.as_deref()).unwrap_or_default();
        let program = command.split_whitespace().next().unwrap_or_default();
        let name = Path::new(program)
            .file_name()
            .map_or_else(|| "unknown".to_owned(), |n| n.to_string_lossy().into_owned());
        Self {
            id: "custom".to_owned(),
            runtime: name,
            mode,
            real: true,
            why: format!("{} as it is", path.display()),
            needs: Vec::new(),
            missing: None,
            source: Source::File { path: path.to_owned(), text },
        }
    }

    /// The text of its `oci.conf` at a place. A text cannot hold every path.
    pub fn oci_conf(&self, place: &Place<'_>) -> Result<String, UnwritablePath> {
        let recorder = place.recorder.map(|(program, into)| Recorder { program, into });
        match &self.source {
            Source::Profile { profile, program } => {
                profile.oci_conf_for(&Where { runtime_root: Some(place.runtime_root), program, recorder })
            }
            Source::File { text, .. } => match &recorder {
                Some(recorder) => with_recorder(text, recorder),
                None => Ok(text.clone()),
            },
        }
    }

    /// How good it is for a case that runs under one target only; the smallest comes first.
    pub fn rank(&self) -> u8 {
        u8::from(self.missing.is_some()) * 4 + u8::from(!self.real) * 2 + u8::from(self.mode != Mode::Run)
    }

    /// As the record shows it.
    pub fn info(&self) -> ProfileInfo {
        ProfileInfo {
            id: self.id.clone(),
            runtime: self.runtime.clone(),
            mode: mode_name(self.mode).to_owned(),
            real: self.real,
            why: self.why.clone(),
        }
    }
}

/// The name of a mode, as results spell it.
pub const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Run => "run",
        Mode::CreateStart => "create-start",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_ones_own_is_named_after_its_program() {
        let conf = OciConf { run: Some("/usr/bin/crun --root x run %b".to_owned()), ..OciConf::default() };
        let target = Target::custom(Path::new("oci.conf"), String::new(), &conf);
        assert_eq!((target.runtime.as_str(), target.mode), ("crun", Mode::Run));
        assert_eq!(target.info().mode, "run");
    }
}
