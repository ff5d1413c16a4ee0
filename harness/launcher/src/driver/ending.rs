//! Section 6 with a real runtime: what is left of a container is killed and deleted.

use super::operate::{Operator, Output};
use super::task::Expanded;
use crate::Release;
use crate::conf::Operation;
use crate::machine::{Action, KillDelete, Seen};

/// Steps the machine of section 6 to its end. No exit code of the operations counts (rule L-KILL-4); `say`
/// takes what a release says of answers that it cannot use.
pub(super) fn kill_and_delete(
    operator: &Operator<'_>,
    expanded: &Expanded,
    release: Release,
    say: &mut dyn FnMut(&str),
) {
    let mut machine = KillDelete::default();
    let mut seen = Seen::Nothing;
    while let Some(action) = machine.next(&seen) {
        seen = match action {
            Action::Run(operation) => {
                let done = operator.run(expanded.command(operation), &Output::Keep);
                match operation {
                    Operation::Query => {
                        if let Some(line) = done.complaint(release) {
                            say(&line);
                        }
                        Seen::Answer(done.status(release))
                    }
                    _ => Seen::Ended(done.code),
                }
            }
            Action::Sleep(time) => {
                std::thread::sleep(time);
                Seen::Nothing
            }
            Action::AwaitContainer | Action::Exit(_) | Action::Fatal(_) => Seen::Nothing,
        };
    }
}
