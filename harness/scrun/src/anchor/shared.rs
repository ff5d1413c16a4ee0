//! What the threads of an anchor know of their container, and how one waits for another.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::place::{Place, State};
use crate::status::{Event, NotNow, Status};

/// What becomes of a container that is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is to run.
    Start,
    /// It is to end by this signal.
    End(i32),
    /// Its job was taken away, in these words.
    Taken(String),
}

#[derive(Debug)]
struct Inner {
    state: State,
    start: bool,
    end: Option<i32>,
    taken: Option<String>,
    /// The script's command that runs: the leader of a process group.
    command: Option<Pid>,
    over: bool,
}

/// The shared knowledge.
#[derive(Debug)]
pub struct Shared {
    place: Place,
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Shared {
    /// That of a new container.
    pub fn new(place: Place, state: State) -> Self {
        let inner = Inner { state, start: false, end: None, taken: None, command: None, over: false };
        Self { place, inner: Mutex::new(inner), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The state as it is now.
    pub fn state(&self) -> State {
        self.lock().state.clone()
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        self.lock().state.status
    }

    /// Changes something of the state, for everybody to see.
    pub fn change(&self, change: impl FnOnce(&mut State)) {
        let mut inner = self.lock();
        change(&mut inner.state);
        // The last word of a folder that is being removed is missed by nobody.
        let _ = self.place.write_state(&inner.state);
        self.changed.notify_all();
    }

    /// Moves the container on.
    pub fn happen(&self, event: Event) -> Result<(), NotNow> {
        let next = self.status().after(event)?;
        self.change(|state| state.status = next);
        Ok(())
    }

    /// Asks for the start, and waits until it runs or will not.
    pub fn start(&self) -> Result<(), NotNow> {
        let mut inner = self.lock();
        if inner.state.status != Status::Created || inner.start {
            return Err(NotNow(inner.state.status));
        }
        inner.start = true;
        self.changed.notify_all();
        while inner.state.status == Status::Created {
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Asks for the end, by a signal.
    pub fn end(&self, signal: i32) {
        let mut inner = self.lock();
        inner.end.get_or_insert(signal);
        self.changed.notify_all();
        stop(inner.command);
    }

    /// The signal by which the end was asked for.
    pub fn ended_by(&self) -> Option<i32> {
        self.lock().end
    }

    /// Notes that the job was taken away.
    pub fn take(&self, words: String) {
        let mut inner = self.lock();
        inner.taken = Some(words);
        self.changed.notify_all();
        if inner.state.status == Status::Creating {
            stop(inner.command);
        }
    }

    /// Why the job is gone, if it is.
    pub fn taken(&self) -> Option<String> {
        self.lock().taken.clone()
    }

    /// The script's command that runs now; one that should not begin any more is ended at once.
    pub fn set_command(&self, command: Option<Pid>) {
        let mut inner = self.lock();
        inner.command = command;
        if inner.end.is_some() || inner.taken.is_some() {
            stop(command);
        }
    }

    /// Waits for what comes next.
    pub fn next(&self) -> Next {
        let mut inner = self.lock();
        loop {
            if let Some(signal) = inner.end {
                return Next::End(signal);
            }
            if let Some(words) = &inner.taken {
                return Next::Taken(words.clone());
            }
            if inner.start {
                return Next::Start;
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says that the container is stopped and its end is written down.
    pub fn finish(&self) {
        self.lock().over = true;
        self.changed.notify_all();
    }

    /// Waits for [`finish`](Self::finish), so long at most; says whether it came.
    pub fn wait_over(&self, within: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), within, |inner| !inner.over);
        waited.map_or_else(|broken| broken.into_inner().0.over, |(inner, _)| inner.over)
    }

    /// Waits so long at most for anything to change.
    pub fn pause(&self, within: Duration) {
        drop(self.changed.wait_timeout(self.lock(), within));
    }
}

fn stop(command: Option<Pid>) {
    if let Some(leader) = command {
        // It may have ended in this moment, which is what is wanted.
        let _ = killpg(leader, Signal::SIGKILL);
    }
}
