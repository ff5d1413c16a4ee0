//! The table of deviations: each with an id and one sentence.

use serde::{Deserialize, Serialize};

/// Writes the table.
macro_rules! deviations {
    ($($name:ident $id:literal $what:literal;)+) => {
        /// One way of being wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Deviation {
            $(#[doc = $what] #[serde(rename = $id)] $name,)+
        }

        impl Deviation {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Stable id, without the room's name in front of it.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// What is wrong, in one sentence.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)+ }
            }
        }
    };
}

deviations! {
    // The text of oci.conf.
    CommentKept "conf-comment-kept" "A comment in oci.conf is read as a part of the line.";
    NotContinued "conf-not-continued" "A backslash at the end of a line of oci.conf does not continue it.";
    OnePairALine "conf-one-pair-a-line" "Of the pairs on a line of oci.conf only the first is read.";
    KeysHaveCase "conf-keys-have-case" "A key of oci.conf counts in one spelling only.";
    FirstWins "conf-first-wins" "Of a key that oci.conf gives twice the first value holds.";
    ReadOnce "conf-read-once" "oci.conf is read at the first step and never again.";
    IncludeSkipped "conf-include-skipped" "Include lines of oci.conf are passed over.";
    UnknownKeyPassed "conf-unknown-key-passed" "Keys of oci.conf that do not exist are passed over.";
    BooleanLax "conf-boolean-lax" "A boolean of oci.conf that is none counts as no.";
    ExpressionLax "conf-expression-lax" "An expression of oci.conf that does not compile excludes nothing.";
    RejectedIsAbsent "conf-rejected-is-absent" "A rejected oci.conf counts as none, and the step runs on the host.";
    AbsentIsFatal "conf-absent-is-fatal" "Without an oci.conf a step that asks for a container fails.";
    // Patterns.
    JobIdWrong "pattern-job-id" "%j is the number of the job before.";
    StepIdZero "pattern-step-id" "%s is 0 for every step, a batch step's included.";
    TaskIdZero "pattern-task-id" "%t is 0 for every task of a node.";
    UserNumber "pattern-user-name" "%u is the user's number.";
    UserName "pattern-user-number" "%U is the user's name.";
    NodeWrong "pattern-node" "%n is localhost on every node.";
    PidWrong "pattern-pid" "%p is the pid of the step daemon.";
    BundleOfUser "pattern-bundle" "%b is the user's bundle, whose config.json is not the step's.";
    RootRelativeInPattern "pattern-rootfs" "%r is relative to the bundle.";
    SpoolOfTask "pattern-spool" "%m is the task's directory.";
    EnvFileElsewhere "pattern-env-file" "%e names a file in the step's directory.";
    PercentDoubled "pattern-percent" "%% stays two per cent signs.";
    CommandUnquoted "pattern-command" "%@ is the command with nothing in quotes.";
    LetterLeft "pattern-unknown-letter" "A letter that stands for nothing stays in the command line.";
    LetterEarly "pattern-letter-early" "%Z is the working directory in every release.";
    // Environments.
    StepWins "env-precedence" "A variable of the step goes over the bundle's of the same name.";
    BundleEnvLost "env-bundle-lost" "The bundle's process.env is dropped.";
    StepEnvLost "env-step-lost" "The step's environment is dropped where the bundle has one.";
    TaskEnvLost "env-task-lost" "The variables that belong to a task are missing.";
    ContainerUnnamed "env-container-unnamed" "SLURM_CONTAINER is not set.";
    DaemonEnvLeaked "env-daemon-leaked" "The step daemon's own variables reach the container.";
    ExcludeIgnored "env-exclude-ignored" "EnvExclude is read and has no effect.";
    ExcludeNames "env-exclude-names" "EnvExclude is matched against names alone.";
    ExcludeWhole "env-exclude-whole" "EnvExclude has to match the whole of NAME=value.";
    RuntimeExcludeIgnored "env-runtime-exclude-ignored" "RunTimeEnvExclude is read and has no effect.";
    RuntimeExcludeOfContainer "env-runtime-exclude-of-container" "RunTimeEnvExclude filters the container's environment, too.";
    EnvFileSeparator "env-file-separator" "CreateEnvFile mixes its two forms up.";
    EnvFileReadable "env-file-readable" "The environment file can be read by everybody.";
    // config.json.
    NotRewritten "config-not-rewritten" "The runtime gets the bundle's config.json as it is.";
    BundleOverwritten "config-bundle-overwritten" "The new config.json is written into the user's bundle as well.";
    TerminalKept "config-terminal-kept" "process.terminal stays what the bundle says.";
    TerminalNever "config-terminal-never" "process.terminal is false with --pty, too.";
    RootRelative "config-root-relative" "root.path stays relative.";
    SpoolUnmounted "config-spool-unmounted" "The spool directory is not mounted.";
    SpoolMountedElsewhere "config-spool-elsewhere" "MountSpoolDir is read and has no effect.";
    BatchUnmounted "config-batch-unmounted" "The batch script and its files are not mounted.";
    ScriptWritable "config-script-writable" "The batch script is mounted so that it can be written to.";
    NullMounted "config-null-mounted" "A batch job's /dev/null is mounted as its file.";
    BatchArgumentsLost "config-batch-arguments-lost" "The arguments of a batch script are dropped.";
    BundleMountsLost "config-bundle-mounts-lost" "The bundle's own mounts are dropped.";
    HooksKept "config-hooks-kept" "DisableHooks is read and has no effect.";
    HooksLost "config-hooks-lost" "Every hook of the bundle is dropped.";
    MembersLost "config-members-lost" "Members that Slurm does not know are dropped.";
    ArgumentsOfBundle "config-arguments-of-bundle" "process.args stays the bundle's.";
    ArgumentsJoined "config-arguments-joined" "The command's arguments are joined into one shell command.";
    EnvDoubled "config-env-doubled" "Each variable stands twice in process.env.";
    ConfigReadable "config-readable" "The new config.json can be read by everybody.";
    IgnoreIgnored "config-ignore-ignored" "IgnoreFileConfigJson is read and has no effect.";
    // Launching.
    CauseHidden "launch-cause-hidden" "A launch that fails does not say why.";
    FailedRunsOnHost "launch-failed-runs-on-host" "A step whose launch fails runs on the host.";
    TaskErrorsSilent "launch-task-errors-silent" "What goes wrong in a task's process is told to nobody.";
    NotLookedUp "task-command-not-looked-up" "The command is not looked up on the host.";
    LookedUpOrFails "task-command-must-be-found" "A command that the host has not got is replaced by /bin/false.";
    RuntimeElsewhere "task-runtime-elsewhere" "The runtime's working directory is the job's.";
    NoShell "task-no-shell" "An operation is split at white space, and no shell looks at it.";
    StreamsJoined "task-streams-joined" "Standard error of the runtime goes to standard output.";
    InputLost "task-input-lost" "The runtime reads nothing.";
    CodeLost "task-code-lost" "Whatever a task ends with, the step ends with 0.";
    CodeOne "task-code-one" "A task that fails ends with 1, whatever its code was.";
    // Operations.
    RunPolled "operation-run-polled" "The runtime is asked for a state before the container runs, in run mode.";
    RunTwice "operation-run-twice" "In run mode the container is run again when it has failed.";
    StateUnasked "operation-state-unasked" "The runtime is never asked for a state at clean-up in run mode.";
    KillUnreached "operation-kill-unreached" "RunTimeKill is never called.";
    DeleteUnreached "operation-delete-unreached" "RunTimeDelete is never called.";
    CreateTwice "operation-create-twice" "RunTimeCreate is called again when it has succeeded.";
    StartBeforeCreate "operation-start-before-create" "RunTimeStart is called before RunTimeCreate.";
    StartSkipped "operation-start-skipped" "RunTimeStart is not called.";
    WarningsCount "operation-warnings-count" "Standard error is a part of a state's answer.";
    OddStatusTaken "operation-odd-status-taken" "A status that nobody knows counts as created.";
    NoAnswerTaken "operation-no-answer-taken" "No answer to the question for a state counts as created.";
    QueryDemanded "operation-query-demanded" "A file in run mode without RunTimeQuery is refused.";
    CleanUpAsDaemon "operation-clean-up-as-daemon" "Clean-up calls the runtime as the step daemon's user.";
    // Directories.
    SpoolOpen "spool-open" "Spool directories can be entered by everybody.";
    SpoolKept "spool-kept" "Generated files and directories are left behind.";
    CleanUpForced "spool-clean-up-forced" "DisableCleanup is read and has no effect.";
    ForeignRemoved "spool-foreign-removed" "Clean-up removes files that are somebody else's.";
    PathIgnored "spool-path-ignored" "ContainerPath is read and has no effect.";
    TasksShare "spool-tasks-share" "All tasks of a node share one ContainerPath.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_survive_being_written() {
        let ids: BTreeSet<&str> = Deviation::ALL.iter().map(|deviation| deviation.id()).collect();
        assert_eq!(ids.len(), Deviation::ALL.len());
        for deviation in Deviation::ALL {
            assert!(deviation.what().ends_with('.'), "{}", deviation.id());
            let text = serde_json::to_string(deviation).unwrap();
            assert_eq!(text, format!("\"{}\"", deviation.id()));
            assert_eq!(serde_json::from_str::<Deviation>(&text).unwrap(), *deviation);
        }
    }
}
