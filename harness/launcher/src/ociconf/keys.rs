//! The keys of `oci.conf`: which release knows which, and what each takes.

use crate::Release;
use crate::conf::{CreateEnvFile, OciConf, Operation};

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Text with `%` letters.
    Pattern,
    /// An operation's pattern.
    Operation(Operation),
    /// yes, no and their like.
    Boolean,
    /// CreateEnvFile's own words.
    EnvFile,
    /// A POSIX extended regular expression.
    Expression,
    /// Kinds of hooks, with commas between.
    Hooks,
    /// One argument an entry; entries collect.
    Argument,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it is usually written.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// The first release that knows it.
    pub since: Release,
}

const fn key(name: &'static str, kind: Kind, since: Release) -> Key {
    Key { name, kind, since }
}

/// Every key.
pub const KEYS: [Key; 20] = [
    key("ContainerPath", Kind::Pattern, Release::V22_05),
    key("CreateEnvFile", Kind::EnvFile, Release::V22_05),
    key("DebugFlags", Kind::Text, Release::V23_02),
    key("DisableCleanup", Kind::Boolean, Release::V23_02),
    key("DisableHooks", Kind::Hooks, Release::V23_02),
    key("EnvExclude", Kind::Expression, Release::V23_02),
    key("FileDebug", Kind::Text, Release::V23_02),
    key("IgnoreFileConfigJson", Kind::Boolean, Release::V23_02),
    key("MountSpoolDir", Kind::Pattern, Release::V23_02),
    key("RunTimeCreate", Kind::Operation(Operation::Create), Release::V22_05),
    key("RunTimeDelete", Kind::Operation(Operation::Delete), Release::V22_05),
    key("RunTimeEnvExclude", Kind::Expression, Release::V23_02),
    key("RunTimeKill", Kind::Operation(Operation::Kill), Release::V22_05),
    key("RunTimeQuery", Kind::Operation(Operation::Query), Release::V22_05),
    key("RunTimeRun", Kind::Operation(Operation::Run), Release::V22_05),
    key("RunTimeStart", Kind::Operation(Operation::Start), Release::V22_05),
    key("SrunArgs", Kind::Argument, Release::V23_02),
    key("SrunPath", Kind::Text, Release::V23_02),
    key("StdIODebug", Kind::Text, Release::V23_02),
    key("SyslogDebug", Kind::Text, Release::V23_02),
];

/// A key by its name, in any case.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name.eq_ignore_ascii_case(name))
}

/// The longest name that can be a slip of the pen; comparing takes time in proportion to the length.
const LONGEST_SLIP: usize = 40;

/// The key whose name is nearest to one that is not known.
pub fn nearest(name: &str) -> Option<&'static str> {
    if name.len() > LONGEST_SLIP {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let distance = |key: &Key| strsim::damerau_levenshtein(&key.name.to_ascii_lowercase(), &lower);
    let best = KEYS.iter().min_by_key(|key| distance(key))?;
    // Further apart than a third of the name it is no slip of the pen.
    (distance(best) * 3 <= best.name.len()).then_some(best.name)
}

/// The key that an `OCIRunTime…` name of old has become.
pub fn renamed(name: &str) -> Option<&'static str> {
    let (head, tail) = name.split_at_checked(3)?;
    find(tail).filter(|_| head.eq_ignore_ascii_case("oci")).map(|key| key.name)
}

/// Whether a name is that of a key, or of one of old.
pub fn is_like_a_key(name: &str) -> bool {
    find(name).is_some() || renamed(name).is_some()
}

/// Rule C-LEX-7.
pub fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "up" | "true" | "1" => Some(true),
        "no" | "down" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// The forms of CreateEnvFile: 22.05 takes a boolean.
pub fn env_file(value: &str, release: Release) -> Option<CreateEnvFile> {
    if !release.at_least(Release::V23_02) {
        return boolean(value).map(|on| if on { CreateEnvFile::Null } else { CreateEnvFile::Disabled });
    }
    match value.to_ascii_lowercase().as_str() {
        "null" | "true" | "y" | "yes" | "1" => Some(CreateEnvFile::Null),
        "newline" => Some(CreateEnvFile::Newline),
        "disabled" | "false" | "n" | "no" | "0" => Some(CreateEnvFile::Disabled),
        _ => None,
    }
}

/// Puts a value behind its key; booleans and CreateEnvFile were read before.
pub fn set(conf: &mut OciConf, key: &Key, value: &str, release: Release) {
    let text = Some(value.to_owned());
    match (key.kind, key.name) {
        (Kind::Operation(operation), _) => match operation {
            Operation::Create => conf.create = text,
            Operation::Start => conf.start = text,
            Operation::Run => conf.run = text,
            Operation::Kill => conf.kill = text,
            Operation::Delete => conf.delete = text,
            Operation::Query => conf.query = text,
        },
        (Kind::EnvFile, _) => conf.create_env_file = env_file(value, release).unwrap_or_default(),
        (Kind::Hooks, _) => {
            let kinds = value.split(',').map(str::trim).filter(|kind| !kind.is_empty());
            conf.disable_hooks = kinds.map(str::to_owned).collect();
        }
        (Kind::Argument, _) => conf.srun_args.push(value.to_owned()),
        (_, "ContainerPath") => conf.container_path = text,
        (_, "DebugFlags") => conf.debug_flags = text,
        (_, "DisableCleanup") => conf.disable_cleanup = boolean(value).unwrap_or_default(),
        (_, "EnvExclude") => conf.env_exclude = text,
        (_, "FileDebug") => conf.file_debug = text,
        (_, "IgnoreFileConfigJson") => conf.ignore_file_config_json = boolean(value).unwrap_or_default(),
        (_, "MountSpoolDir") => conf.mount_spool_dir = text,
        (_, "RunTimeEnvExclude") => conf.runtime_env_exclude = text,
        (_, "SrunPath") => conf.srun_path = text,
        (_, "StdIODebug") => conf.stdio_debug = text,
        (_, "SyslogDebug") => conf.syslog_debug = text,
        // Every name of the table is above.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_have_a_nearest_key() {
        assert_eq!(nearest("RuntimeQeury"), Some("RunTimeQuery"));
        assert_eq!(nearest("EnvExlude"), Some("EnvExclude"));
        assert_eq!(nearest("Bogus"), None);
    }

    #[test]
    fn create_env_file_has_its_own_words() {
        assert_eq!(env_file("newline", Release::V22_05), None);
        assert_eq!(env_file("NewLine", Release::Guide), Some(CreateEnvFile::Newline));
        assert_eq!(env_file("y", Release::V23_02), Some(CreateEnvFile::Null));
        assert_eq!(env_file("up", Release::V23_02), None);
    }
}
