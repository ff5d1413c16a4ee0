//! What acts: set-up, the tasks' processes, clean-up. A thin layer that forks, execs, waits and sleeps as the rules say.
//!
//! Called by a step daemon of one thread. A task is a process of its own from the start: in run mode it becomes the shell
//! that runs `RunTimeRun`, in create/start mode it steps the state machine until the container has ended.

mod clean_up;
mod ending;
mod first;
mod fork;
mod identity;
mod lifecycle;
mod operate;
mod prepare;
mod sys;
mod task;
mod types;
mod wait;
mod watch;

pub use fork::unmasked;
pub use identity::as_user;
pub use prepare::set_up;
pub use types::{LaunchError, Prepared, Task, TaskStdio};
