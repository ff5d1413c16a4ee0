//! A profile: what drives a runtime, what it needs and cannot do, and where it differs from the guide.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use plimsoll_launcher::Mode;
use serde::Deserialize;

use crate::LoadError;

/// The folders of the profiles that are built in: name, and the name and text of each file.
type Folder = (&'static str, &'static [(&'static str, &'static str)]);
const EMBEDDED: &[Folder] = include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// What a profile is described in, the `oci.conf` that runs, and the guide's where that is another one.
const DESCRIPTION: &str = "profile.toml";
const CONF: &str = "oci.conf";
const GUIDE_CONF: &str = "guide.conf";

/// One way of driving one runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name, and that of its folder: `crun-run`.
    pub id: String,
    /// The runtime: `crun`, `runc`, `builtin` …
    pub runtime: String,
    /// How it is driven.
    pub mode: Mode,
    /// What its commands begin with; the first word is the program that is looked for, unless [`Self::binary`] names another.
    pub program: Vec<String>,
    /// The word of [`Self::program`] that is looked for, where it is not the first: behind `sudo`.
    pub binary: Option<String>,
    /// The guide's rule whose text this is, for the profiles that are the guide's.
    pub guide: Option<String>,
    /// Names of needs.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Names of needs that the real program has and the double has not.
    #[serde(default)]
    pub real_needs: Vec<String>,
    /// The variable that has the runtime bind a folder, `SOURCE:TARGET`, where nothing else lets a container leave its proof.
    pub proof_env: Option<String>,
    /// Versions of the runtime that it was run with.
    #[serde(default)]
    pub seen: Vec<String>,
    /// What the runtime cannot do.
    #[serde(default)]
    pub cannot: Vec<Cannot>,
    /// What has to be changed about bundles for it.
    #[serde(default)]
    pub bundle: Vec<Change>,
    /// How what is run differs from its `oci.conf`.
    #[serde(default)]
    pub differs: Vec<Differs>,
    /// Whether ids of containers are known beyond the runtime's root, so that clusters side by side need ids of their own.
    #[serde(default)]
    pub own_ids: bool,
    /// How a plugin is asked for a container; such a profile has no `oci.conf`.
    pub plugin: Option<Plugin>,
    /// What else there is to know.
    #[serde(default)]
    pub notes: String,
    /// Its `oci.conf`, as it stands in the folder.
    #[serde(skip)]
    pub oci_conf: String,
    /// The guide's text word by word, where [`Self::oci_conf`] is not it; `differs` says why.
    #[serde(skip)]
    pub guide_conf: Option<String>,
    /// Scripts that its commands call, by name: the text names each as `/usr/local/bin/NAME`.
    #[serde(skip)]
    pub scripts: Vec<(String, String)>,
}

/// A plugin's own way of being asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// Words in front of the command, behind srun's options: `{image}` stands for the root file system, `{proof}` for the folder
    /// of the node where a container leaves its proof, `{program}` for [`Profile::program`].
    pub request: Vec<String>,
    /// Lines of `plugstack.conf`.
    #[serde(default)]
    pub plugstack: String,
}

/// A change of a bundle's config.json without which a runtime does not take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// No user namespace and no maps of ids: the runtime makes its own.
    NoUserNamespace,
    /// A sysfs in place of the host's.
    OwnSysfs,
}

/// Something that a runtime cannot do (rule G-LIM-4).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cannot {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
    /// The need that cases state which use it; their verdict is unsupported then. A need that nobody states is only told.
    pub need: Option<String>,
}

/// A difference from the text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differs {
    /// What is different.
    pub what: String,
    /// Why.
    pub why: String,
}

impl Profile {
    /// The profiles that are built in, by name.
    pub fn all() -> &'static [Profile] {
        static ALL: OnceLock<Vec<Profile>> = OnceLock::new();
        ALL.get_or_init(|| {
            // A test reads each of them.
            let read = |folder: &Folder| Profile::embedded(folder).ok();
            EMBEDDED.iter().filter_map(read).collect()
        })
    }

    /// The built-in profile of a name.
    pub fn find(id: &str) -> Option<&'static Profile> {
        Self::all().iter().find(|profile| profile.id == id)
    }

    /// The profile in a folder.
    pub fn load(dir: &Path) -> Result<Profile, LoadError> {
        let read =
            |path: PathBuf| fs::read_to_string(&path).map_err(|cause| LoadError::Unreadable { path, cause });
        let whole = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
        let folder = whole.file_name().unwrap_or_default().to_string_lossy();
        let toml = read(dir.join(DESCRIPTION))?;
        let conf = if is_plugin(&toml) { String::new() } else { read(dir.join(CONF))? };
        let mut files = Vec::new();
        let list = |cause| LoadError::Unreadable { path: dir.to_owned(), cause };
        for entry in fs::read_dir(dir).map_err(list)? {
            let path = entry.map_err(list)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Whatever else lies there need not be text.
            if path.is_file()
                && let Ok(text) = fs::read_to_string(&path)
            {
                files.push((name, text));
            }
        }
        files.sort();
        Ok(Self::read(&folder, dir, &toml, conf)?.with_files(files))
    }

    /// The profile in a folder that is built in.
    fn embedded((folder, files): &Folder) -> Result<Profile, LoadError> {
        let dir = Path::new(folder);
        let text = |name: &str| {
            let missing =
                || LoadError::Unreadable { path: dir.join(name), cause: std::io::ErrorKind::NotFound.into() };
            files.iter().find(|(file, _)| *file == name).map(|(_, text)| *text).ok_or_else(missing)
        };
        let toml = text(DESCRIPTION)?;
        let conf = if is_plugin(toml) { "" } else { text(CONF)? };
        let profile = Self::read(folder, dir, toml, conf.to_owned())?;
        Ok(profile.with_files(files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))))
    }

    fn with_files(mut self, files: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, text) in files {
            match name.as_str() {
                DESCRIPTION | CONF => {}
                GUIDE_CONF => self.guide_conf = Some(text),
                _ if self.oci_conf.contains(&format!("/usr/local/bin/{name} ")) => {
                    self.scripts.push((name, text));
                }
                _ => {}
            }
        }
        self
    }

    /// The program that is looked for on a machine.
    pub fn binary(&self) -> &str {
        self.binary.as_deref().or(self.program.first().map(String::as_str)).unwrap_or_default()
    }

    fn read(folder: &str, dir: &Path, toml: &str, oci_conf: String) -> Result<Profile, LoadError> {
        let path: PathBuf = dir.join(DESCRIPTION);
        let profile: Profile =
            toml::from_str(toml).map_err(|cause| LoadError::Wrong { path: path.clone(), cause })?;
        if profile.id != folder {
            return Err(LoadError::Name { path, id: profile.id });
        }
        if profile.program.is_empty() {
            return Err(LoadError::NoProgram(path));
        }
        Ok(Profile { oci_conf, ..profile })
    }
}

/// Whether a description is a plugin's.
fn is_plugin(toml: &str) -> bool {
    toml.lines().any(|line| line.trim() == "[plugin]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_that_is_built_in_can_be_read() {
        for folder in EMBEDDED {
            Profile::embedded(folder).unwrap();
        }
        assert_eq!(Profile::all().len(), EMBEDDED.len());
    }

    #[test]
    fn a_folder_is_a_profile() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let loaded = Profile::load(&here.join("crun-run")).unwrap();
        assert_eq!(Some(&loaded), Profile::find("crun-run"));
        let error = Profile::load(&here.join("src")).unwrap_err();
        assert!(error.to_string().contains("src/profile.toml"), "{error}");
    }

    #[rstest::rstest]
    #[case("id = \"other\"\nruntime = \"x\"\nmode = \"run\"\nprogram = [\"x\"]", "the name of its folder")]
    #[case("id = \"mine\"\nruntime = \"x\"\nmode = \"run\"\nprogram = []", "names no program")]
    #[case("id = \"mine\"\nruntime = \"x\"\nmode = \"walk\"\nprogram = [\"x\"]", "unknown variant `walk`")]
    #[case(
        "id = \"mine\"\nruntime = \"x\"\nmode = \"run\"\nprogram = [\"x\"]\ncolour = 1",
        "unknown field `colour`"
    )]
    fn a_wrong_description_is_refused(#[case] toml: &str, #[case] words: &str) {
        let error = Profile::read("mine", Path::new("/p/mine"), toml, String::new()).unwrap_err();
        assert!(error.to_string().starts_with("/p/mine/profile.toml"), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}
