//! Section 1: everything before the first task exists, as the job's user.

use std::cell::{Cell, RefCell};
use std::io;
use std::path::{Path, PathBuf};

use super::first;
use super::identity::{as_user, make_dirs};
use super::types::{Container, LaunchError, Prepared};
use crate::deviation::{self, Deviation};
use crate::env::Env;
use crate::step::StepSpec;
use crate::{OciConf, Release, config_json, env, layout, ociconf, pattern};

/// Where the spool directory appears up to 24.11 when nothing else is said (rule L-SET-6).
const OLD_MOUNT: &str = "/var/run/slurm/";
/// Slurm's error without a number, which its clients call an unspecified one.
pub(super) const UNSPECIFIED: i32 = -1;
/// Mode of spool directories (rules L-SET-7 and L-TASK-1).
pub(super) const DIRECTORY_MODE: u32 = 0o770;

/// Section 1: everything before the first task exists. With no container asked for, or no `oci.conf`, the step runs on
/// the host. `log` takes what Slurm logs and nobody sees (an ignored container, warnings about the file).
pub fn set_up(spec: StepSpec, log: &mut dyn FnMut(String)) -> Result<Prepared, LaunchError> {
    match spec.deviation {
        Some(Deviation::FailedRunsOnHost) => {
            let own = spec.env.clone();
            prepare(spec.clone(), log).or_else(|_| Ok(prepared(spec, own, None)))
        }
        Some(Deviation::CauseHidden) => prepare(spec, log)
            .map_err(|error| LaunchError { message: "Unspecified error".to_owned(), ..error }),
        _ => prepare(spec, log),
    }
}

/// A step whose set-up is over.
fn prepared(spec: StepSpec, env: Env, container: Option<Container>) -> Prepared {
    Prepared {
        spool_dir: container.as_ref().map(|container| container.layout.step.clone()),
        spec,
        env,
        container,
        started: RefCell::default(),
        forced: Cell::new(false),
    }
}

fn prepare(spec: StepSpec, log: &mut dyn FnMut(String)) -> Result<Prepared, LaunchError> {
    let release = spec.release;
    let own = spec.env.clone();
    let Some(bundle) = spec.container.clone().map(PathBuf::from) else {
        return Ok(prepared(spec, own, None));
    };
    let Some(conf) = load_conf(&spec, log)? else {
        log(format!(
            "no oci.conf in {}: the container {} is ignored",
            spec.conf_dir.display(),
            bundle.display()
        ));
        return Ok(prepared(spec, own, None));
    };
    if !release.at_least(Release::V23_02) {
        let container = first::container(&spec, conf, bundle)?;
        return Ok(prepared(spec, own, Some(container)));
    }
    // R-OPEN-12 and the table of real-releases.md: real releases hold back what is wrong with which file.
    let told = |error: LaunchError| {
        if release.has_open_defects() {
            LaunchError { message: "Unspecified error".to_owned(), ..error }
        } else {
            error
        }
    };
    let wrong = |error: &config_json::ConfigError| {
        told(LaunchError {
            errno: error.errno(release),
            message: format!("container {}: {error}", bundle.display()),
        })
    };
    let read = || -> Result<_, config_json::ConfigError> {
        if conf.ignore_file_config_json {
            return Ok((None, bundle.clone()));
        }
        let config = config_json::load(&bundle)?;
        let rootfs = config_json::rootfs(&config, &bundle, release)?;
        // Relative bundles are the daemon's to resolve (rule L-REQ-1), and `%r` is absolute even then.
        let rootfs =
            if rootfs.is_absolute() { rootfs } else { std::path::absolute(&rootfs).unwrap_or(rootfs) };
        Ok((Some(config), rootfs))
    };
    // Releases behind the first one read it with the daemon's own rights.
    let read = if release.is_later() {
        read()
    } else {
        as_user(&spec.user, read)
            .map_err(|error| LaunchError::at("cannot act as the user of", &bundle, &error))?
    };
    let (config, rootfs) = read.map_err(|error| wrong(&error))?;
    if config.is_none() && bundle.is_absolute() && !release.has_open_defects() {
        // Nobody else would name it: the runtime's words are its own. An image file or a folder, both can be meant; what is
        // no absolute path (`docker://…`, a name) is for the runtime to understand.
        as_user(&spec.user, || bundle.metadata())
            .and_then(|found| found)
            .map_err(|error| LaunchError::at("container", &bundle, &error))?;
    }
    let own_env = config.as_ref().and_then(|config| config.pointer("/process/env"));
    let env = env::merge(own, own_env, release).map_err(|error| {
        let file = bundle.join("config.json");
        told(LaunchError { errno: libc::EINVAL, message: format!("{}: {error}", file.display()) })
    })?;
    let fatal =
        |error: pattern::PatternError| LaunchError { errno: libc::EINVAL, message: error.to_string() };
    let layout = layout::layout(&spec, &conf).map_err(fatal)?;
    let mount_spool_dir = mount_point(&spec, &conf, &layout.shown).map_err(fatal)?;
    // Releases behind the first one take whatever is there for a folder, and hear otherwise from their tasks.
    let there = release.is_later() && layout.step.components().collect::<PathBuf>().exists();
    if !there {
        make_dirs(&layout.step, deviation::directory_mode(spec.deviation, DIRECTORY_MODE), &spec.user)
            .map_err(|error| LaunchError::at("cannot make the spool directory", &layout.step, &error))
            .map_err(|error| if release.is_later() { first::unspecified(error.message) } else { error })?;
    }
    let container = Container { conf, bundle, config, rootfs, layout, mount_spool_dir };
    Ok(prepared(spec, env, Some(container)))
}

/// `oci.conf` of the step's cluster; none when there is none (rules L-SET-1 and L-SET-2).
fn load_conf(spec: &StepSpec, log: &mut dyn FnMut(String)) -> Result<Option<OciConf>, LaunchError> {
    let path = spec.conf_dir.join("oci.conf");
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error)
            if error.kind() == io::ErrorKind::NotFound
                && spec.deviation != Some(Deviation::AbsentIsFatal) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(LaunchError::at("cannot read", &path, &error)),
    };
    let text = deviation::oci_conf(spec.deviation, text, &path, spec.release);
    let loaded = ociconf::load(&text, &path, spec.release);
    for finding in &loaded.diagnostics {
        log(format!("{}:{}:{}: {}", finding.path.display(), finding.line, finding.column, finding.message));
    }
    if let Some(conf) = loaded.conf {
        Ok(Some(deviation::patterns(spec, conf)))
    } else if deviation::forgives(spec.deviation) {
        Ok(None)
    } else {
        let first = loaded.diagnostics.iter().find(|finding| finding.severity == ociconf::Severity::Error);
        let why = first.map_or_else(String::new, |finding| {
            format!(
                ": line {}, column {}: {} ({})",
                finding.line, finding.column, finding.message, finding.code
            )
        });
        Err(LaunchError {
            errno: if spec.release.has_open_defects() { UNSPECIFIED } else { libc::EINVAL },
            message: format!("Could not parse oci.conf file {}{why}", path.display()),
        })
    }
}

/// Rule L-SET-6.
fn mount_point(spec: &StepSpec, conf: &OciConf, step_dir: &Path) -> Result<PathBuf, pattern::PatternError> {
    let first = spec.tasks.first().map(|task| task.local_id);
    match &conf.mount_spool_dir {
        Some(pattern) => {
            let values = pattern::Values { spool_dir: step_dir, ..layout::path_values(spec, first) };
            pattern::expand(pattern, &values, spec.release).map(PathBuf::from)
        }
        None if spec.release.at_least(Release::V25_05) => Ok(step_dir.to_owned()),
        None => Ok(OLD_MOUNT.into()),
    }
}
