//! The table of faults: each with an id and one sentence.

/// Writes the table.
macro_rules! faults {
    ($($name:ident $id:literal $what:literal;)+) => {
        /// One way of being wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $(#[doc = $what] $name,)+
        }

        impl Fault {
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

            /// The fault of an id.
            pub fn find(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|fault| fault.id() == id)
            }
        }
    };
}

faults! {
    // What is made of config.json.
    EnvLost "env-lost" "The program gets no variables.";
    EnvLeaked "env-leaked" "The program gets the runtime's own variables beside its own.";
    EnvFirst "env-first" "The program gets the first variable alone.";
    MountsIgnored "mounts-ignored" "No mount is made.";
    BindsIgnored "binds-ignored" "Files and directories of the host are not mounted.";
    ReadOnlyIgnored "read-only-ignored" "A mount that is to be read-only can be written to.";
    RootWritable "root-writable" "A root file system that is to be read-only can be written to.";
    CwdIgnored "cwd-ignored" "The program starts in the root directory.";
    HooksIgnored "hooks-ignored" "No hook is run.";
    NetworkOwn "network-own" "The container gets a network of its own.";
    TerminalIgnored "terminal-ignored" "The program gets no terminal.";
    TerminalAlways "terminal-always" "The program gets a terminal whether it is asked for or not.";
    ArgumentsJoined "arguments-joined" "The program's arguments are joined into one shell command.";
    ArgumentsCut "arguments-cut" "An argument ends at its first space.";
    NotPivoted "not-pivoted" "The program sees the host's root file system.";
    OnHost "on-host" "The program runs on the host, in no container at all.";
    // What becomes of a run.
    CodeLost "code-lost" "Whatever the program ends with, the runtime ends with 0.";
    CodeOne "code-one" "A program that fails ends the runtime with 1, whatever its code was.";
    SignalIsSuccess "signal-is-success" "A program that dies of a signal ends the runtime with 0.";
    InputLost "input-lost" "The program reads nothing.";
    StreamsJoined "streams-joined" "The program's standard error goes to standard output.";
    StreamsClosed "streams-closed" "The program's standard output is closed.";
    OutputCut "output-cut" "The program's output ends after 64 KiB.";
    Banner "banner" "The runtime prints a line of its own on standard output.";
    Warns "warns" "The runtime prints a warning on standard error.";
    NeverEnds "never-ends" "The runtime does not end when its program has.";
    Detaches "detaches" "The runtime ends at once, and its program runs on.";
    Talks "leaves-a-talker" "The runtime leaves a process behind that goes on writing.";
    IdsCut "ids-cut" "Containers whose ids begin alike are the same.";
    RunFails "run-fails" "Run fails and says nothing.";
    // Answers to the question for a state.
    StateNothing "state-nothing" "The state is empty.";
    StateRubbish "state-rubbish" "The state is no JSON.";
    StateHalf "state-half" "The state is the first half of a document.";
    StateUpperCase "state-upper-case" "The status is spelled with capitals.";
    StateUnknown "state-unknown" "The status is a word that nobody knows.";
    StateHuge "state-huge" "The state is 10 MiB long.";
    StateFails "state-fails" "The question for a state fails.";
    StateHangs "state-hangs" "The question for a state is not answered.";
    StateOnStderr "state-on-stderr" "The state is printed on standard error.";
    StateRunning "state-running-for-ever" "The status is running, whatever the container does.";
    StateStopped "state-stopped" "The status is stopped while the program runs.";
    StateCreating "state-creating-for-ever" "The status is creating, whatever the container does.";
    StateWithoutPid "state-without-pid" "The state names no pid.";
    StateWrongPid "state-wrong-pid" "The state names the pid of another process.";
    StateWrongId "state-wrong-id" "The state names another container.";
    // The other operations.
    CreateNothing "create-nothing" "Create succeeds and makes nothing.";
    CreateFails "create-fails" "Create fails and makes nothing.";
    CreateHangs "create-hangs" "Create does not end.";
    CreateStarts "create-starts" "Create runs the program at once.";
    StartNothing "start-nothing" "Start succeeds and starts nothing.";
    StartFails "start-fails" "Start starts the program and fails.";
    StartHangs "start-hangs" "Start does not end.";
    KillNothing "kill-nothing" "Kill succeeds and sends nothing.";
    KillFails "kill-fails" "Kill sends its signal and fails.";
    KillIsTerm "kill-is-term" "Kill sends SIGTERM, whatever signal was asked for.";
    DeleteNothing "delete-nothing" "Delete succeeds and removes nothing.";
    DeleteFails "delete-fails" "Delete removes the container and fails.";
    DeleteHangs "delete-hangs" "Delete does not end.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique() {
        for fault in Fault::ALL {
            assert_eq!(Fault::find(fault.id()), Some(*fault));
            assert!(fault.what().ends_with('.'));
        }
        assert_eq!(Fault::find("no such"), None);
    }
}
