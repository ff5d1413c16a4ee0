//! The state machines of create/start mode (section 5) and of kill and delete (section 6). Pure: each is told what was seen
//! and says what to do next, whether a real runtime or a scripted one answers.

use std::time::Duration;

use crate::Release;
use crate::conf::Operation;

/// Tries without a usable answer before a container counts as never started (rule L-CS-2).
const TRIES: u32 = 11;
/// Rounds of Query and Kill (rule L-KILL-1).
const ROUNDS: u32 = 10;
/// First pauses, each doubled up to [`LONGEST`]: before the container is there (L-CS-2) …
const CREATE_PAUSE: Duration = Duration::from_micros(500);
/// … while it is being created, not doubled (L-CS-2) …
const CREATING_PAUSE: Duration = Duration::from_micros(250);
/// … while it runs (L-CS-4) …
const RUNNING_PAUSE: Duration = Duration::from_millis(5);
/// … and while it is being killed (L-KILL-1).
const KILL_PAUSE: Duration = Duration::from_micros(2500);
/// The longest pause of all.
const LONGEST: Duration = Duration::from_secs(1);
/// The exit code of a task whose container's own code cannot be seen though it is promised: never a silent success.
const UNSEEN: i32 = 1;

/// What a task's exit code becomes of a start's (rule L-CS-3). Releases hand the raw wait status to exit, which keeps its
/// lowest byte alone: a start that exits with 3 counts as 0 (R-OPEN-2).
pub const fn start_code(code: i32, wait_status: i32, release: Release) -> i32 {
    if release.has_open_defects() { wait_status & 0xff } else { code }
}

/// What a machine wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run an operation to its end.
    Run(Operation),
    /// Wait so long.
    Sleep(Duration),
    /// Wait for the container's own process (the guide's promise only).
    AwaitContainer,
    /// The task's exit code.
    Exit(i32),
    /// The task cannot go on.
    Fatal(&'static str),
}

/// What was seen of the last action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing yet.
    Nothing,
    /// An operation ended with this code.
    Ended(i32),
    /// A Query's answer: its `status`, or none when it is unusable (rule L-CS-6).
    Answer(Option<String>),
}

/// Doubles a pause at each use.
#[derive(Debug)]
struct Pause(Duration);

impl Pause {
    fn next(&mut self) -> Action {
        let now = self.0;
        self.0 = (now * 2).min(LONGEST);
        Action::Sleep(now)
    }
}

/// Section 6.
#[derive(Debug)]
pub struct KillDelete {
    at: KillAt,
    rounds: u32,
    pause: Pause,
}

#[derive(Debug, PartialEq, Eq)]
enum KillAt {
    Start,
    FirstAnswer,
    RoundAnswer,
    Killed,
    Slept,
    Deleted,
}

impl Default for KillDelete {
    fn default() -> Self {
        Self { at: KillAt::Start, rounds: 0, pause: Pause(KILL_PAUSE) }
    }
}

impl KillDelete {
    /// The next step; none when it is over.
    pub fn next(&mut self, seen: &Seen) -> Option<Action> {
        let status = match seen {
            Seen::Answer(status) => status.as_deref(),
            _ => None,
        };
        match self.at {
            KillAt::Start => Some(self.go(KillAt::FirstAnswer, Action::Run(Operation::Query))),
            // Unusable: the container is dead, nothing more to do.
            KillAt::FirstAnswer => match status? {
                status if is_running(status) => Some(self.round()),
                _ => Some(self.delete()),
            },
            KillAt::RoundAnswer => match status {
                None => Some(self.delete()),
                Some(status) if status.eq_ignore_ascii_case("stopped") => Some(self.delete()),
                Some(_) => Some(self.go(KillAt::Killed, Action::Run(Operation::Kill))),
            },
            KillAt::Killed => {
                let pause = self.pause.next();
                Some(self.go(KillAt::Slept, pause))
            }
            KillAt::Slept => Some(self.round()),
            KillAt::Deleted => None,
        }
    }

    fn go(&mut self, at: KillAt, action: Action) -> Action {
        self.at = at;
        action
    }

    fn round(&mut self) -> Action {
        if self.rounds == ROUNDS {
            return self.delete();
        }
        self.rounds += 1;
        self.go(KillAt::RoundAnswer, Action::Run(Operation::Query))
    }

    fn delete(&mut self) -> Action {
        self.go(KillAt::Deleted, Action::Run(Operation::Delete))
    }
}

fn is_running(status: &str) -> bool {
    status.eq_ignore_ascii_case("running")
}

/// Section 5, and then section 6.
#[derive(Debug)]
pub struct CreateStart {
    at: At,
    /// Whether the container's own process is waited for, as the guide promises, instead of polled for.
    awaits: bool,
    tries: u32,
    pause: Pause,
    running: Pause,
    code: i32,
    end: KillDelete,
}

#[derive(Debug, PartialEq, Eq)]
enum At {
    Start,
    Created,
    Answer,
    Slept,
    Started,
    RunningAnswer,
    RunningSlept,
    Awaited,
    Ending,
}

impl CreateStart {
    /// A new task; `awaits` for the guide's promise, polling otherwise.
    pub fn new(awaits: bool) -> Self {
        Self {
            at: At::Start,
            awaits,
            tries: 0,
            pause: Pause(CREATE_PAUSE),
            running: Pause(RUNNING_PAUSE),
            code: 0,
            end: KillDelete::default(),
        }
    }

    /// Whether the container has been started, so that signals are for it.
    pub fn started(&self) -> bool {
        !matches!(self.at, At::Start | At::Created | At::Answer | At::Slept)
    }

    /// The next action.
    pub fn next(&mut self, seen: &Seen) -> Action {
        let status = match seen {
            Seen::Answer(status) => status.as_deref(),
            _ => None,
        };
        match self.at {
            At::Start => self.go(At::Created, Action::Run(Operation::Create)),
            At::Created | At::Slept => self.go(At::Answer, Action::Run(Operation::Query)),
            At::Answer => match status {
                None => {
                    self.tries += 1;
                    if self.tries == TRIES {
                        return Action::Fatal("container never started");
                    }
                    let pause = self.pause.next();
                    self.go(At::Slept, pause)
                }
                Some(status) if status.eq_ignore_ascii_case("creating") => {
                    self.go(At::Slept, Action::Sleep(CREATING_PAUSE))
                }
                Some(status) if status.eq_ignore_ascii_case("created") => {
                    self.go(At::Started, Action::Run(Operation::Start))
                }
                Some(_) => Action::Fatal("unexpected container status"),
            },
            At::Started => {
                if let Seen::Ended(code) = seen {
                    self.code = *code;
                }
                if !self.awaits {
                    return self.go(At::RunningAnswer, Action::Run(Operation::Query));
                }
                // A start that failed has nothing to wait for.
                if self.code == 0 {
                    self.go(At::Awaited, Action::AwaitContainer)
                } else {
                    self.ending(&Seen::Nothing)
                }
            }
            At::RunningSlept => self.go(At::RunningAnswer, Action::Run(Operation::Query)),
            At::RunningAnswer => match status {
                Some(status) if is_running(status) => {
                    let pause = self.running.next();
                    self.go(At::RunningSlept, pause)
                }
                _ => self.ending(&Seen::Nothing),
            },
            At::Awaited => {
                if let Seen::Ended(code) = seen {
                    self.code = *code;
                    return self.ending(&Seen::Nothing);
                }
                // Its process cannot be waited for: asked for instead, as in rule L-CS-4.
                self.code = UNSEEN;
                self.go(At::RunningAnswer, Action::Run(Operation::Query))
            }
            At::Ending => self.ending(seen),
        }
    }

    fn go(&mut self, at: At, action: Action) -> Action {
        self.at = at;
        action
    }

    fn ending(&mut self, seen: &Seen) -> Action {
        self.at = At::Ending;
        self.end.next(seen).unwrap_or(Action::Exit(self.code))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Runs a machine against answers in order, pauses left out; gives the operations and the end.
    fn trace(
        mut next: impl FnMut(&Seen) -> Option<Action>,
        answers: &[Option<&str>],
        start: i32,
    ) -> Vec<String> {
        let mut answers = answers.iter();
        let mut seen = Seen::Nothing;
        let mut trace = Vec::new();
        while let Some(action) = next(&seen) {
            seen = Seen::Nothing;
            match action {
                Action::Run(Operation::Query) => {
                    trace.push("query".to_owned());
                    seen = Seen::Answer(answers.next().copied().flatten().map(str::to_owned));
                }
                Action::Run(operation) => {
                    trace.push(operation.name().to_owned());
                    seen = Seen::Ended(if operation == Operation::Start { start } else { 0 });
                }
                Action::Sleep(_) => {}
                Action::AwaitContainer => {
                    trace.push("await".to_owned());
                    seen = Seen::Ended(7);
                }
                Action::Exit(code) => {
                    trace.push(format!("exit {code}"));
                    break;
                }
                Action::Fatal(why) => {
                    trace.push(why.to_owned());
                    break;
                }
            }
            assert!(trace.len() < 100, "it never ends: {trace:?}");
        }
        trace
    }

    fn create_start(awaits: bool, answers: &[Option<&str>], start: i32) -> String {
        let mut machine = CreateStart::new(awaits);
        trace(|seen| Some(machine.next(seen)), answers, start).join(" ")
    }

    #[rstest]
    // The contained program's exit code is not seen (R-OPEN-2).
    #[case(false, &[Some("created"), Some("running"), Some("stopped"), Some("stopped")], 0,
        "create query start query query query delete exit 0")]
    #[case(false, &[Some("created"), None], 3, "create query start query query exit 3")]
    #[case(false, &[None, None, Some("creating"), Some("CREATED"), Some("Running")], 0,
        "create query query query query start query query query exit 0")]
    #[case(false, &[Some("paused")], 0, "create query unexpected container status")]
    #[case(true, &[Some("created"), Some("stopped")], 0, "create query start await query delete exit 7")]
    #[case(true, &[Some("created"), Some("created")], 3, "create query start query delete exit 3")]
    fn a_container_is_created_started_and_ended(
        #[case] awaits: bool,
        #[case] answers: &[Option<&str>],
        #[case] start: i32,
        #[case] expected: &str,
    ) {
        assert_eq!(create_start(awaits, answers, start), expected);
    }

    #[test]
    fn a_container_that_cannot_be_awaited_is_polled_and_never_succeeds() {
        let mut machine = CreateStart::new(true);
        let answer = |status: &str| Seen::Answer(Some(status.to_owned()));
        assert_eq!(machine.next(&Seen::Nothing), Action::Run(Operation::Create));
        assert_eq!(machine.next(&Seen::Ended(0)), Action::Run(Operation::Query));
        assert!(!machine.started());
        assert_eq!(machine.next(&answer("created")), Action::Run(Operation::Start));
        assert!(machine.started());
        assert_eq!(machine.next(&Seen::Ended(0)), Action::AwaitContainer);
        assert_eq!(machine.next(&Seen::Nothing), Action::Run(Operation::Query));
        assert_eq!(machine.next(&answer("running")), Action::Sleep(RUNNING_PAUSE));
        assert_eq!(machine.next(&Seen::Nothing), Action::Run(Operation::Query));
        assert_eq!(machine.next(&answer("stopped")), Action::Run(Operation::Query));
        assert_eq!(machine.next(&Seen::Answer(None)), Action::Exit(UNSEEN));
    }

    #[test]
    fn releases_hand_a_raw_wait_status_to_exit() {
        for release in Release::ALL {
            let exits_3 = if release == Release::Guide { 3 } else { 0 };
            let killed = if release == Release::Guide { 137 } else { 9 };
            assert_eq!(start_code(3, 3 << 8, release), exits_3, "{release}");
            assert_eq!(start_code(137, 9, release), killed, "{release}");
        }
    }

    #[test]
    fn eleven_unusable_answers_are_enough() {
        let trace = create_start(false, &[], 0);
        assert_eq!(trace.matches("query").count(), 11);
        assert!(trace.ends_with("container never started"));
    }

    #[test]
    fn pauses_double_up_to_a_second() {
        let mut pause = Pause(CREATE_PAUSE);
        let pauses: Vec<Action> = (0..13).map(|_| pause.next()).collect();
        assert_eq!(pauses[0], Action::Sleep(Duration::from_micros(500)));
        assert_eq!(pauses[1], Action::Sleep(Duration::from_millis(1)));
        assert_eq!(pauses[12], Action::Sleep(LONGEST));
    }

    #[rstest]
    #[case(&[None], "query")]
    #[case(&[Some("created")], "query delete")]
    #[case(&[Some("running"), Some("running"), Some("stopped")], "query query kill query delete")]
    #[case(&[Some("RUNNING"), None], "query query delete")]
    fn what_is_left_is_killed_and_deleted(#[case] answers: &[Option<&str>], #[case] expected: &str) {
        let mut machine = KillDelete::default();
        assert_eq!(trace(|seen| machine.next(seen), answers, 0).join(" "), expected);
    }

    #[test]
    fn a_container_that_runs_for_ever_is_killed_ten_times() {
        let mut machine = KillDelete::default();
        let trace = trace(|seen| machine.next(seen), &[Some("running"); 20], 0);
        assert_eq!(trace.iter().filter(|operation| *operation == "kill").count(), 10);
        assert_eq!(trace.last().unwrap(), "delete");
    }
}
