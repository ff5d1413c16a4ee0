//! A profile: what drives a runtime, what it needs and cannot do, and where it differs from the guide.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use plimsoll_launcher::Mode;
use serde::Deserialize;

use crate::LoadError;

/// Folder, `profile.toml` and `oci.conf` of the profiles that are built in.
const EMBEDDED: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// One way of driving one runtime.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name, and that of its folder: `crun-run`.
    pub id: String,
    /// The runtime: `crun`, `runc`, `builtin` …
    pub runtime: String,
    /// How it is driven.
    pub mode: Mode,
    /// What its commands begin with; the first word is the program that is looked for.
    pub program: Vec<String>,
    /// The guide's rule whose text this is, for the profiles that are the guide's.
    pub guide: Option<String>,
    /// Names of needs.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Versions of the runtime that it was run with.
    #[serde(default)]
    pub seen: Vec<String>,
    /// What the runtime cannot do.
    #[serde(default)]
    pub cannot: Vec<Cannot>,
    /// How what is run differs from its `oci.conf`.
    #[serde(default)]
    pub differs: Vec<Differs>,
    /// What else there is to know.
    #[serde(default)]
    pub notes: String,
    /// Its `oci.conf`, as it stands in the folder.
    #[serde(skip)]
    pub oci_conf: String,
}

/// Something that a runtime cannot do (rule G-LIM-4).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cannot {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
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
            let read = |(folder, toml, conf): &(&str, &str, &str)| {
                Profile::read(folder, Path::new(folder), toml, (*conf).to_owned()).ok()
            };
            EMBEDDED.iter().filter_map(read).collect()
        })
    }

    /// The built-in profile of a name.
    pub fn find(id: &str) -> Option<&'static Profile> {
        Self::all().iter().find(|profile| profile.id == id)
    }

    /// The profile in a folder.
    pub fn load(dir: &Path) -> Result<Profile, LoadError> {
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read_to_string(&path).map_err(|cause| LoadError::Unreadable { path, cause })
        };
        let whole = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
        let folder = whole.file_name().unwrap_or_default().to_string_lossy();
        Self::read(&folder, dir, &read("profile.toml")?, read("oci.conf")?)
    }

    fn read(folder: &str, dir: &Path, toml: &str, oci_conf: String) -> Result<Profile, LoadError> {
        let path: PathBuf = dir.join("profile.toml");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_that_is_built_in_can_be_read() {
        for (folder, toml, conf) in EMBEDDED {
            Profile::read(folder, Path::new(folder), toml, (*conf).to_owned()).unwrap();
        }
        let ids: Vec<&str> = Profile::all().iter().map(|profile| profile.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "builtin-create-start",
                "builtin-run",
                "crun-create-start",
                "crun-run",
                "nvidia-create-start",
                "nvidia-run",
                "runc-create-start",
                "runc-run"
            ]
        );
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
