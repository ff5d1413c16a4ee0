//! A loaded `oci.conf`: the values behind its keys, as the rest of the launcher reads them.
//!
//! Made by [`crate::ociconf`]; patterns are kept as they were written (after lexing) and expanded for each task.

use serde::{Deserialize, Serialize};

/// `CreateEnvFile`: whether and how the environment is written to a file (rule L-TASK-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CreateEnvFile {
    /// No file.
    #[default]
    Disabled,
    /// `NAME=value`, each ended by NUL.
    Null,
    /// `NAME=value`, each ended by a newline; values that hold one are left out.
    Newline,
}

/// One of the six operations that an OCI runtime is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// `RunTimeCreate`
    Create,
    /// `RunTimeStart`
    Start,
    /// `RunTimeRun`
    Run,
    /// `RunTimeKill`
    Kill,
    /// `RunTimeDelete`
    Delete,
    /// `RunTimeQuery`
    Query,
}

impl Operation {
    /// All six, in the order in which `oci.conf` is usually written.
    pub const ALL: [Operation; 6] = [
        Operation::Query,
        Operation::Create,
        Operation::Start,
        Operation::Run,
        Operation::Kill,
        Operation::Delete,
    ];

    /// The key in `oci.conf`: `RunTimeCreate` …
    pub const fn key(self) -> &'static str {
        match self {
            Operation::Create => "RunTimeCreate",
            Operation::Start => "RunTimeStart",
            Operation::Run => "RunTimeRun",
            Operation::Kill => "RunTimeKill",
            Operation::Delete => "RunTimeDelete",
            Operation::Query => "RunTimeQuery",
        }
    }

    /// Lower-case name, as the recorder and evidence files use it: `create` …
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Start => "start",
            Operation::Run => "run",
            Operation::Kill => "kill",
            Operation::Delete => "delete",
            Operation::Query => "query",
        }
    }
}

/// How the runtime is driven (rules C-SET-2 and C-SET-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// `RunTimeRun` alone starts the container.
    #[default]
    Run,
    /// `RunTimeCreate`, then `RunTimeStart`, with polling.
    CreateStart,
}

/// A loaded `oci.conf`. Strings are the values after lexing, patterns not expanded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OciConf {
    /// `ContainerPath`, a pattern.
    pub container_path: Option<String>,
    /// `CreateEnvFile`.
    pub create_env_file: CreateEnvFile,
    /// `DebugFlags`.
    pub debug_flags: Option<String>,
    /// `FileDebug`.
    pub file_debug: Option<String>,
    /// `StdIODebug`.
    pub stdio_debug: Option<String>,
    /// `SyslogDebug`.
    pub syslog_debug: Option<String>,
    /// `DisableCleanup`.
    pub disable_cleanup: bool,
    /// `DisableHooks`: kinds of hooks, as written (`prestart`, `createRuntime` …).
    pub disable_hooks: Vec<String>,
    /// `EnvExclude`, a POSIX extended regular expression that was seen to compile.
    pub env_exclude: Option<String>,
    /// `RunTimeEnvExclude`, likewise.
    pub runtime_env_exclude: Option<String>,
    /// `IgnoreFileConfigJson`.
    pub ignore_file_config_json: bool,
    /// `MountSpoolDir`, a pattern.
    pub mount_spool_dir: Option<String>,
    /// `RunTimeCreate`, a pattern; so are the next five.
    pub create: Option<String>,
    /// `RunTimeStart`
    pub start: Option<String>,
    /// `RunTimeRun`
    pub run: Option<String>,
    /// `RunTimeKill`
    pub kill: Option<String>,
    /// `RunTimeDelete`
    pub delete: Option<String>,
    /// `RunTimeQuery`
    pub query: Option<String>,
    /// `SrunPath`
    pub srun_path: Option<String>,
    /// `SrunArgs`, an argument an entry.
    pub srun_args: Vec<String>,
}

impl OciConf {
    /// The pattern of an operation, if it is configured.
    pub fn operation(&self, operation: Operation) -> Option<&str> {
        match operation {
            Operation::Create => self.create.as_deref(),
            Operation::Start => self.start.as_deref(),
            Operation::Run => self.run.as_deref(),
            Operation::Kill => self.kill.as_deref(),
            Operation::Delete => self.delete.as_deref(),
            Operation::Query => self.query.as_deref(),
        }
    }

    /// How it drives the runtime: in run mode as soon as `RunTimeRun` is there.
    pub const fn mode(&self) -> Mode {
        if self.run.is_some() { Mode::Run } else { Mode::CreateStart }
    }
}
