//! Ways of being wrong on purpose, so that a suite can prove that it notices. The true scrun has none.

/// Writes the table.
macro_rules! wrongs {
    ($($name:ident $id:literal $what:literal;)+) => {
        /// One of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Wrong {
            $(#[doc = $what] $name,)+
        }

        impl Wrong {
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

            /// That of an id.
            pub fn find(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|wrong| wrong.id() == id)
            }
        }
    };
}

wrongs! {
    CodeLost "scrun-code-lost" "The exit code is 0, whatever the container's is.";
    CodeOne "scrun-code-one" "Every exit code above 1 becomes 1.";
    StreamsJoined "scrun-streams-joined" "Standard error goes to standard output.";
    InputLost "scrun-input-lost" "Nothing is read.";
    OutputLost "scrun-output-lost" "Nothing is written.";
    TerminalIgnored "scrun-terminal-ignored" "There is no terminal, whatever is asked for.";
    IdHidden "scrun-id-hidden" "Jobs and steps do not bear the container's id.";
    NodesIgnored "scrun-nodes-ignored" "The number of nodes that was asked for is forgotten.";
    LimitIgnored "scrun-limit-ignored" "The time limit that was asked for is forgotten.";
    JobIgnored "scrun-job-ignored" "An allocation that is there is not used.";
    KillNothing "scrun-kill-nothing" "`kill` does nothing, and says that it did.";
    KillIsTerm "scrun-kill-is-term" "Every signal is SIGTERM.";
    DeleteLeaves "scrun-delete-leaves" "`delete` leaves the container's files.";
    DeleteRefused "scrun-delete-refused" "`delete` of a container that runs is refused, whatever is said.";
    StateRunning "scrun-state-running" "`state` says running from the first moment to the last.";
    StateWithoutPid "scrun-state-without-pid" "`state` leaves the pid out.";
    CreateStarts "scrun-create-starts" "`create` starts the container.";
    StartTwice "scrun-start-twice" "`start` can be done twice.";
    NameTaken "scrun-name-taken" "A second container of a name takes the place of the first.";
    OthersTaken "scrun-others-taken" "What is not supported is answered with success.";
    OthersEnd "scrun-others-end" "What is not supported ends the container.";
    ScriptMissingTaken "scrun-script-missing-taken" "A missing `scrun.lua` is passed over.";
    OciConfMissingTaken "scrun-oci-conf-missing-taken" "A missing `oci.conf` is passed over.";
    AuthTaken "scrun-auth-taken" "Other kinds of authentication than munge are passed over.";
    ScriptFailureTaken "scrun-script-failure-taken" "A script that fails is passed over.";
    StageOutSkipped "scrun-stage-out-skipped" "`slurm_scrun_stage_out` is not called.";
    OutputsMissing "scrun-outputs-missing" "The output variables are not set.";
    CommandUnchecked "scrun-command-unchecked" "A command that is not in the container is found out by nobody.";
    LogAlwaysText "scrun-log-always-text" "The log is text, whatever form is asked for.";
    ErrorsNameless "scrun-errors-nameless" "Errors name neither file nor remedy.";
    SrunArgsIgnored "scrun-srun-args-ignored" "SrunArgs are not handed on.";
    RootGuessed "scrun-root-guessed" "The folder is guessed for root.";
    LossUnseen "scrun-loss-unseen" "An end of the job is not noticed before `start`.";
}
