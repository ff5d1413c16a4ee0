//! Environments: the bundle's merged into the step's, exclusions, the environment file. Pure.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use serde_json::Value;

use crate::Release;
use crate::conf::CreateEnvFile;
use crate::posix::Regex;

/// Variables in order. Only 22.05 leaves a name in it twice.
pub type Env = Vec<(OsString, OsString)>;

/// An entry of `process.env` that is no string (rule L-SET-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("process.env[{0}] is no string")]
pub struct EntryError(pub usize);

/// Lays `over` over `base`: a name that is there gets the new value in its place, a new one goes to the end.
pub fn lay_over(base: &mut Env, over: impl IntoIterator<Item = (OsString, OsString)>) {
    for (name, value) in over {
        match base.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => base.push((name, value)),
        }
    }
}

fn split(entry: &str) -> Option<(OsString, OsString)> {
    let (name, value) = entry.split_once('=')?;
    Some((name.into(), value.into()))
}

/// Merges the bundle's `process.env` into the step's environment (rule L-SET-4). None of it: nothing happens. 22.05 leaves
/// the step's as it is, and puts it behind the bundle's in `config.json` alone.
pub fn merge(step: Env, bundle: Option<&Value>, release: Release) -> Result<Env, EntryError> {
    let entries = bundle.and_then(Value::as_array).filter(|_| release.at_least(Release::V23_02));
    let Some(entries) = entries else { return Ok(step) };
    let mut own = Env::new();
    for (index, entry) in entries.iter().enumerate() {
        // An entry without `=` names no variable.
        if release.is_later() {
            let text = entry.as_str().map_or_else(|| entry.to_string(), str::to_owned);
            own.push(split(&text).unwrap_or_else(|| (text.into(), "(null)".into())));
            continue;
        }
        own.extend(split(entry.as_str().ok_or(EntryError(index))?));
    }
    let mut env = step;
    lay_over(&mut env, own);
    Ok(env)
}

fn line(name: &OsStr, value: &OsStr) -> OsString {
    let mut text = Vec::with_capacity(name.len() + value.len() + 1);
    text.extend_from_slice(name.as_bytes());
    text.push(b'=');
    text.extend_from_slice(value.as_bytes());
    OsString::from_vec(text)
}

/// Removes each `NAME=value` that an expression matches anywhere (rules L-TASK-3 and L-TASK-7). An expression that does not
/// compile rejected the file long before, and matches nothing.
pub fn exclude(env: &mut Env, expression: Option<&str>) {
    if let Some(Ok(expression)) = expression.map(Regex::new) {
        env.retain(|(name, value)| !expression.is_match(line(name, value)));
    }
}

/// The environment file's bytes (rule L-TASK-6); none when there is to be no file.
pub fn file(env: &Env, form: CreateEnvFile) -> Option<Vec<u8>> {
    let end = match form {
        CreateEnvFile::Disabled => return None,
        CreateEnvFile::Null => 0,
        CreateEnvFile::Newline => b'\n',
    };
    let mut bytes = Vec::new();
    for (name, value) in env {
        let line = line(name, value);
        if end == b'\n' && line.as_bytes().contains(&b'\n') {
            continue;
        }
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(end);
    }
    Some(bytes)
}

/// The value of a variable; of a name that is there twice the last one, as `getenv` of a shell would have it.
pub fn get<'a>(env: &'a Env, name: &str) -> Option<&'a OsStr> {
    env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_os_str())
}

/// `NAME=value` strings, as `process.env` and `execve` take them.
pub fn strings(env: &Env) -> impl Iterator<Item = OsString> {
    env.iter().map(|(name, value)| line(name, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn the_bundles_value_wins_from_23_02_on() {
        let step = || env(&[("PATH", "/job"), ("A", "1")]);
        let bundle = json!(["PATH=/bundle", "B=x=y"]);
        for release in Release::ALL {
            let merged = merge(step(), Some(&bundle), release).unwrap();
            let expected = if release == Release::V22_05 {
                step()
            } else {
                env(&[("PATH", "/bundle"), ("A", "1"), ("B", "x=y")])
            };
            assert_eq!(merged, expected, "{release}");
        }
    }

    #[test]
    fn an_entry_that_is_no_string_is_named() {
        assert_eq!(merge(Env::new(), Some(&json!(["A=1", 2])), Release::Guide), Err(EntryError(1)));
        assert_eq!(merge(Env::new(), Some(&json!([2])), Release::V22_05), Ok(Env::new()));
        assert_eq!(merge(env(&[("A", "1")]), None, Release::Guide), Ok(env(&[("A", "1")])));
    }

    #[test]
    fn exclusion_looks_at_the_whole_assignment() {
        let mut some = env(&[("SLURM_CONF", "/x"), ("MY_SLURM_CONF", "/y"), ("A", "secret")]);
        exclude(&mut some, Some("^SLURM_CONF=|=secret$"));
        assert_eq!(some, env(&[("MY_SLURM_CONF", "/y")]));
    }

    #[test]
    fn the_file_has_two_forms() {
        let some = env(&[("A", "1"), ("B", "x\ny")]);
        assert_eq!(file(&some, CreateEnvFile::Null).unwrap(), b"A=1\0B=x\ny\0");
        assert_eq!(file(&some, CreateEnvFile::Newline).unwrap(), b"A=1\n");
        assert_eq!(file(&some, CreateEnvFile::Disabled), None);
    }
}
