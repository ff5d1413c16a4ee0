//! What a run tests: a profile with the program that drives it here, or an `oci.conf` of the user's own.

use std::path::{Path, PathBuf};

use plimsoll_launcher::conf::CreateEnvFile;
use plimsoll_launcher::{Mode, OciConf, Release, ociconf};
use plimsoll_profiles::{Change, Plugin, Profile, Recorder, UnwritablePath, Where, with_recorder};
use plimsoll_record::{ProfileInfo, digest};

use crate::need::Need;

/// Where a target's `oci.conf` is put to use.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// A directory of the user's own, mode 0700, for the runtime's state.
    pub runtime_root: &'a Path,
    /// Where the profile's scripts are; none leaves them where the text has them.
    pub scripts: Option<&'a Path>,
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
    /// What its runtime cannot do, by the need that cases state which use it, and why.
    pub cannot: Vec<(Need, String)>,
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
        let ignores = || (Need::ConfigJson, "its oci.conf says IgnoreFileConfigJson".to_owned());
        let cannot = conf.ignore_file_config_json.then(ignores).into_iter().collect();
        Self {
            id: "custom".to_owned(),
            runtime: name,
            mode,
            real: true,
            why: format!("{} as it is", path.display()),
            needs: Vec::new(),
            cannot,
            missing: None,
            source: Source::File { path: path.to_owned(), text },
        }
    }

    /// The text of its `oci.conf` at a place. A text cannot hold every path.
    pub fn oci_conf(&self, place: &Place<'_>) -> Result<String, UnwritablePath> {
        let recorder = place.recorder.map(|(program, into)| Recorder { program, into });
        match &self.source {
            Source::Profile { profile, program } => {
                let (runtime_root, scripts) = (Some(place.runtime_root), place.scripts);
                profile.oci_conf_for(&Where { runtime_root, program, scripts, recorder })
            }
            Source::File { text, .. } => match &recorder {
                Some(recorder) => with_recorder(text, recorder),
                None => Ok(text.clone()),
            },
        }
    }

    /// The same for a release. Of a profile, keys that the release does not know are left out, since nothing else of it
    /// could be seen there; they are named beside the text. A file of the user's own stays as it is.
    pub fn oci_conf_on(
        &self,
        release: Release,
        place: &Place<'_>,
    ) -> Result<(String, Vec<String>), UnwritablePath> {
        let text = self.oci_conf(place)?;
        match self.source {
            Source::Profile { .. } => Ok(known_keys_only(&text, release)),
            Source::File { .. } => Ok((text, Vec::new())),
        }
    }

    /// The scripts that its commands call, by name, as they run here.
    pub fn scripts(&self) -> Vec<(String, String)> {
        match &self.source {
            Source::Profile { profile, program } => profile.scripts_for(program),
            Source::File { .. } => Vec::new(),
        }
    }

    /// The variable that has its runtime bind the folder for proofs, where it needs one.
    pub fn proof_env(&self) -> Option<&str> {
        match &self.source {
            Source::Profile { profile, .. } => profile.proof_env.as_deref(),
            Source::File { .. } => None,
        }
    }

    /// How its plugin is asked, where it is one.
    pub fn plugin(&self) -> Option<&Plugin> {
        match &self.source {
            Source::Profile { profile, .. } => profile.plugin.as_ref(),
            Source::File { .. } => None,
        }
    }

    /// Whether a plugin starts its containers.
    pub fn is_plugin(&self) -> bool {
        self.plugin().is_some()
    }

    /// The words between srun's options and the command that ask its plugin for a container.
    pub fn plugin_request(&self, image: &Path, proof: &Path) -> Vec<String> {
        let program = match &self.source {
            Source::Profile { program, .. } => program.as_slice(),
            Source::File { .. } => &[],
        };
        let mut words = Vec::new();
        for word in self.plugin().map(|plugin| plugin.request.as_slice()).unwrap_or_default() {
            if word == "{program}" {
                words.extend(program.iter().cloned());
            } else {
                let word = word.replace("{image}", &image.display().to_string());
                words.push(word.replace("{proof}", &proof.display().to_string()));
            }
        }
        words
    }

    /// The name of how it is driven, as lists show it.
    pub fn mode_name(&self) -> &'static str {
        if self.is_plugin() { "plugin" } else { mode_name(self.mode) }
    }

    /// What has to be changed about bundles for it.
    pub fn bundle_changes(&self) -> &[Change] {
        match &self.source {
            Source::Profile { profile, .. } => &profile.bundle,
            Source::File { .. } => &[],
        }
    }

    /// Why it does not meet a need, where it is one that a profile is asked for and it does not.
    pub fn lacks(&self, need: Need) -> Option<&str> {
        self.cannot.iter().find(|(lacking, _)| *lacking == need).map(|(_, why)| why.as_str())
    }

    /// Whether what is asked for with `--container` is a root file system, whose config.json nobody reads.
    pub fn takes_rootfs(&self) -> bool {
        self.lacks(Need::ConfigJson).is_some()
    }

    /// Whether its `oci.conf` has the step's environment written to a file.
    pub fn has_env_file(&self) -> bool {
        let text = match &self.source {
            Source::Profile { profile, .. } => &profile.oci_conf,
            Source::File { text, .. } => text,
        };
        let loaded = ociconf::load(text.as_bytes(), Path::new("oci.conf"), Release::Guide);
        loaded.conf.is_some_and(|conf| conf.create_env_file != CreateEnvFile::Disabled)
    }

    /// How good it is for a case that runs under one target only; the smallest comes first.
    pub fn rank(&self) -> u8 {
        u8::from(self.missing.is_some()) * 8
            + u8::from(!self.cannot.is_empty()) * 4
            + u8::from(!self.real) * 2
            + u8::from(self.mode != Mode::Run)
    }

    /// As the record shows it.
    pub fn info(&self) -> ProfileInfo {
        ProfileInfo {
            id: self.id.clone(),
            runtime: self.runtime.clone(),
            mode: self.mode_name().to_owned(),
            real: self.real,
            why: self.why.clone(),
            oci_conf: Some(self.site_text().to_owned()),
            program: self.program().and_then(|program| digest::of_file(&program).ok()),
        }
    }

    /// Its `oci.conf` as a site writes it.
    fn site_text(&self) -> &str {
        match &self.source {
            Source::Profile { profile, .. } => &profile.oci_conf,
            Source::File { text, .. } => text,
        }
    }

    /// The program that is called, where it is a real one with a path of its own.
    fn program(&self) -> Option<PathBuf> {
        let command = match &self.source {
            Source::Profile { program, .. } => program.first().cloned()?,
            Source::File { text, path } => {
                let conf = ociconf::load(text.as_bytes(), path, Release::Guide).conf?;
                conf.run.or(conf.create)?.split_whitespace().next()?.to_owned()
            }
        };
        Some(PathBuf::from(command)).filter(|path| self.real && path.is_absolute())
    }
}

/// The text without the pairs whose key the release does not know, and these keys.
fn known_keys_only(text: &str, release: Release) -> (String, Vec<String>) {
    let loaded = ociconf::load(text.as_bytes(), Path::new("oci.conf"), release);
    let mut spans: Vec<(usize, usize)> = loaded
        .diagnostics
        .iter()
        .filter(|found| found.code == "oci-conf/key-not-in-release")
        .map(|found| found.span)
        .collect();
    spans.sort_unstable();
    let mut kept = text.to_owned();
    let mut keys = Vec::new();
    for (start, length) in spans.into_iter().rev() {
        let Some(key) = kept.get(start..start + length) else { continue };
        keys.insert(0, key.to_owned());
        let end = end_of_pair(&kept, start);
        kept.replace_range(start..end, "");
    }
    (kept, keys)
}

/// Where the pair ends whose key starts at `start`: behind its quoted value, or before the next white space.
fn end_of_pair(text: &str, start: usize) -> usize {
    let Some(equals) = text[start..].find('=').map(|at| start + at + 1) else { return text.len() };
    let value = equals + (text[equals..].len() - text[equals..].trim_start_matches([' ', '\t']).len());
    let rest = &text[value..];
    let length = match rest.strip_prefix('"') {
        Some(quoted) => quoted.find('"').map_or(rest.len(), |at| at + 2),
        None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
    };
    value + length
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
    fn keys_that_a_release_does_not_know_are_left_out_of_a_profile() {
        let text = "EnvExclude=\"^A=\" RunTimeRun=\"crun run\"\nRunTimeEnvExclude=^B RunTimeKill=\"true\"\n";
        let (kept, keys) = known_keys_only(text, Release::V22_05);
        assert_eq!(kept, " RunTimeRun=\"crun run\"\n RunTimeKill=\"true\"\n");
        assert_eq!(keys, ["EnvExclude", "RunTimeEnvExclude"]);
        assert_eq!(known_keys_only(text, Release::V23_02), (text.to_owned(), vec![]));
    }

    #[test]
    fn a_file_of_ones_own_is_named_after_its_program() {
        let conf = OciConf { run: Some("/usr/bin/crun --root x run %b".to_owned()), ..OciConf::default() };
        let target = Target::custom(Path::new("oci.conf"), String::new(), &conf);
        assert_eq!((target.runtime.as_str(), target.mode), ("crun", Mode::Run));
        assert_eq!(target.info().mode, "run");
    }
}
