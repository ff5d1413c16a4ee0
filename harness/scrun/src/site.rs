//! The site's files where scrun runs: `slurm.conf`, and beside it `oci.conf` and `scrun.lua`. Each that is missing, or says
//! what scrun cannot do, is named (rule G-DKR-1).

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use plimsoll_launcher::{OciConf, Release, ociconf};

/// The scripts that sites can take as they are.
pub mod scripts {
    /// For bundles that every node sees: no file moves.
    pub const SHARED: &str = include_str!("../site/shared.lua");
    /// For bundles that only the submit host sees: files go to the nodes and back.
    pub const STAGED: &str = include_str!("../site/staged.lua");
}

/// What is wrong with a site.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// No `slurm.conf`.
    #[error(
        "no slurm.conf is known: give -f, set SLURM_CONF, or call scrun by its whole path in the cluster's bin folder"
    )]
    NoConf,
    /// A file that has to be there.
    #[error("{0} is missing or cannot be read ({1}); {2}")]
    Missing(PathBuf, std::io::Error, &'static str),
    /// An `oci.conf` that Slurm would reject.
    #[error("{0} is rejected: {1}; see `plimsoll lint {0}`")]
    Rejected(PathBuf, String),
    /// Another way of proving who one is.
    #[error("{0}: AuthType={1} is not supported by scrun; set AuthType=auth/munge")]
    Auth(PathBuf, String),
    /// A token of that other way.
    #[error("SLURM_JWT is set, and JWT is not supported by scrun; unset it, and use munge")]
    Jwt,
}

/// A site.
#[derive(Clone, Debug)]
pub struct Site {
    /// `slurm.conf`
    pub conf: PathBuf,
}

impl Site {
    /// The `slurm.conf` of `-f`, of SLURM_CONF, or of the folder in which the program was called: an engine calls
    /// `PREFIX/bin/scrun` with next to no environment.
    pub fn find(
        asked: Option<&Path>,
        env: &dyn Fn(&str) -> Option<OsString>,
        called: &OsStr,
    ) -> Result<Self, SiteError> {
        let named = asked.map(Path::to_owned).or_else(|| {
            let conf = env("SLURM_CONF").filter(|conf| !conf.is_empty());
            conf.map(PathBuf::from)
        });
        let conf = named.or_else(|| prefix(Path::new(called))).ok_or(SiteError::NoConf)?;
        let remedy = "name the cluster's with -f or SLURM_CONF";
        match std::fs::metadata(&conf) {
            Ok(_) => Ok(Self { conf }),
            Err(error) => Err(SiteError::Missing(conf, error, remedy)),
        }
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.conf.parent().unwrap_or(Path::new(".")).join(name)
    }

    /// `scrun.lua`
    pub fn script(&self) -> PathBuf {
        self.beside("scrun.lua")
    }

    /// A client command of the cluster: that of its own bin folder, or the one on PATH.
    pub fn tool(&self, name: &str) -> PathBuf {
        let own = self.beside("bin").join(name);
        if own.exists() { own } else { PathBuf::from(name) }
    }

    /// Fails where users prove who they are in another way than by munge.
    pub fn check_auth(&self, env: &dyn Fn(&str) -> Option<OsString>) -> Result<(), SiteError> {
        if env("SLURM_JWT").is_some_and(|token| !token.is_empty()) {
            return Err(SiteError::Jwt);
        }
        let remedy = "name the cluster's with -f or SLURM_CONF";
        let text = std::fs::read_to_string(&self.conf)
            .map_err(|error| SiteError::Missing(self.conf.clone(), error, remedy))?;
        match setting(&text, "AuthType") {
            Some(kind) if !kind.eq_ignore_ascii_case("auth/munge") => {
                Err(SiteError::Auth(self.conf.clone(), kind.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// `oci.conf`, as a release reads it.
    pub fn oci_conf(&self, release: Release) -> Result<OciConf, SiteError> {
        let path = self.beside("oci.conf");
        let remedy = "without it no container runs; write one (the guide has examples)";
        let text = std::fs::read(&path).map_err(|error| SiteError::Missing(path.clone(), error, remedy))?;
        let loaded = ociconf::load(&text, &path, release);
        let first = loaded.diagnostics.first().map(|found| found.message.clone());
        loaded.conf.ok_or_else(|| SiteError::Rejected(path, first.unwrap_or_default()))
    }

    /// Fails without a `scrun.lua`.
    pub fn check_script(&self) -> Result<(), SiteError> {
        let remedy = "it must be there wherever scrun runs; write one (scrun(1) has an example)";
        let opened = std::fs::File::open(self.script());
        opened.map(drop).map_err(|error| SiteError::Missing(self.script(), error, remedy))
    }
}

/// `PREFIX/slurm.conf` of `PREFIX/bin/scrun`.
fn prefix(called: &Path) -> Option<PathBuf> {
    let bin = called.parent().filter(|dir| dir.is_absolute() && dir.ends_with("bin"))?;
    Some(bin.parent()?.join("slurm.conf"))
}

/// The last value of a key of a `slurm.conf`, where it begins a line.
fn setting<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let of_line = |line: &'a str| {
        let (name, value) = line.split('#').next()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case(key).then(|| value.trim())
    };
    text.lines().filter_map(of_line).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_knows_its_cluster_by_its_path() {
        assert_eq!(prefix(Path::new("/c/bin/scrun")), Some("/c/slurm.conf".into()));
        assert_eq!(prefix(Path::new("scrun")), None);
        assert_eq!(prefix(Path::new("/c/other/scrun")), None);
        let dir = tempfile::tempdir().unwrap();
        let conf = dir.path().join("slurm.conf");
        std::fs::write(&conf, "").unwrap();
        let env = |_: &str| None;
        let called = dir.path().join("bin/scrun");
        assert_eq!(Site::find(None, &env, called.as_os_str()).unwrap().conf, conf);
        assert!(matches!(Site::find(None, &env, OsStr::new("scrun")), Err(SiteError::NoConf)));
    }

    #[test]
    fn only_munge_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let site = Site { conf: dir.path().join("slurm.conf") };
        let check = |text: &str, token: Option<&str>| {
            std::fs::write(&site.conf, text).unwrap();
            let token = token.map(OsString::from);
            site.check_auth(&|name| token.clone().filter(|_| name == "SLURM_JWT"))
        };
        check("ClusterName=x\n", None).unwrap();
        check("authtype = auth/munge # yes\n", None).unwrap();
        let error = check("AuthType=auth/jwt\n", None).unwrap_err().to_string();
        assert!(error.contains("slurm.conf: AuthType=auth/jwt is not supported"), "{error}");
        assert!(matches!(check("", Some("x")), Err(SiteError::Jwt)));
    }

    #[test]
    fn what_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let site = Site { conf: dir.path().join("slurm.conf") };
        let error = site.oci_conf(Release::Guide).unwrap_err().to_string();
        assert!(error.contains("/oci.conf is missing"), "{error}");
        let error = site.check_script().unwrap_err().to_string();
        assert!(error.contains("/scrun.lua is missing"), "{error}");
        std::fs::write(dir.path().join("oci.conf"), "RunTimeRan=x\n").unwrap();
        let error = site.oci_conf(Release::Guide).unwrap_err().to_string();
        assert!(error.contains("/oci.conf is rejected"), "{error}");
    }
}
