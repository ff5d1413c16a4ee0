//! The table of deviations: each with an id and one sentence.

/// Writes the table.
macro_rules! deviations {
    ($($name:ident $id:literal $what:literal;)+) => {
        /// One way of being wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ClientDeviation {
            $(#[doc = $what] $name,)+
        }

        impl ClientDeviation {
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

            /// The deviation of an id.
            pub fn find(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|deviation| deviation.id() == id)
            }
        }
    };
}

deviations! {
    LabelMissing "label-missing" "srun -l labels nothing.";
    CodeLost "code-lost" "The exit code of srun is 0, whatever its tasks ended with.";
    CodeOne "code-one" "An exit code above 1 becomes 1.";
    InputLost "input-lost" "srun forwards no standard input.";
    InputCut "input-cut" "srun forwards the first hundred bytes of its standard input.";
    InputNeverEnds "input-never-ends" "srun keeps the tasks' standard input open when its own has ended.";
    StreamsJoined "streams-joined" "srun writes the tasks' standard error to its standard output.";
    Banner "banner" "srun prints a line of its own on standard output.";
    ErrorsSilent "errors-silent" "Client commands say nothing on standard error.";
    OutputElsewhere "output-elsewhere" "srun takes -o and -e and writes to its own streams all the same.";
    InputElsewhere "input-elsewhere" "srun takes -i and reads its own standard input all the same.";
    OutputCut "output-cut" "srun hands on no more than the first 64 KiB of output.";
    ExportIgnored "export-ignored" "--export has no effect.";
    PtyIgnored "pty-ignored" "--pty has no effect.";
    TasksIgnored "tasks-ignored" "-n has no effect.";
    NodesIgnored "nodes-ignored" "-N has no effect.";
    ContainerIgnored "container-ignored" "--container is taken and dropped, and the command runs on the host.";
    VariableIgnored "variable-ignored" "SRUN_CONTAINER, SBATCH_CONTAINER and SALLOC_CONTAINER are not read.";
    RelativeResolved "relative-resolved" "A relative bundle path is made absolute on the submit host.";
    UnknownTaken "unknown-option-taken" "An option that does not exist is passed over.";
    Inherited "container-inherited" "A step inherits the container that its job asked for.";
    FailureHangs "failure-hangs" "A command that fails never ends.";
    InterruptDeaf "interrupt-deaf" "srun does not hear SIGINT, and its step outlives it.";
    DirectivesIgnored "directives-ignored" "sbatch reads no #SBATCH lines.";
    WaitIgnored "wait-ignored" "sbatch -W does not wait for its job.";
    ArrayIgnored "array-ignored" "sbatch --array submits one job.";
    HoldIgnored "hold-ignored" "sbatch -H does not hold its job.";
    ScriptArgumentsLost "script-arguments-lost" "sbatch drops the arguments behind its script.";
    SignalLost "signal-lost" "scancel -s sends no signal and ends nothing.";
    SignalIsTerm "signal-is-term" "scancel -s cancels instead of sending the signal.";
    CancelLost "cancel-lost" "scancel does nothing.";
    StatesIgnored "states-ignored" "squeue -t shows jobs of every state.";
    ContainerHidden "container-hidden" "squeue and scontrol do not show containers.";
    StateWrong "state-wrong" "scontrol shows every job as completed with exit code 0.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique() {
        for deviation in ClientDeviation::ALL {
            assert_eq!(ClientDeviation::find(deviation.id()), Some(*deviation));
            assert!(deviation.what().ends_with('.'));
        }
        assert_eq!(ClientDeviation::find("no such"), None);
    }
}
