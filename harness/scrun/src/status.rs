//! The states of a container (OCI runtime specification, "State"), and what moves one. Pure.

use serde::{Deserialize, Serialize};

/// Where a container stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its job is being asked for, and its files staged in.
    #[default]
    Creating,
    /// It has its job and its files.
    Created,
    /// Its step runs.
    Running,
    /// Its step has ended, or never began and will not.
    Stopped,
}

/// What moves a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The job is there and the files are.
    Staged,
    /// `start`
    Started,
    /// The step has ended, the job was taken away, or nothing came of it.
    Ended,
}

/// A move that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the container is {}, and only one that is created can be started", .0.name())]
pub struct NotNow(pub Status);

impl Status {
    /// As `state` writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Created => "created",
            Self::Running => "running",
            Self::Stopped => "stopped",
        }
    }

    /// The state behind an event.
    pub fn after(self, event: Event) -> Result<Self, NotNow> {
        match (self, event) {
            (Self::Creating, Event::Staged) => Ok(Self::Created),
            (Self::Created, Event::Started) => Ok(Self::Running),
            (_, Event::Ended) => Ok(Self::Stopped),
            (status, Event::Staged | Event::Started) => Err(NotNow(status)),
        }
    }

    /// Whether a signal reaches something.
    pub const fn can_be_killed(self) -> bool {
        matches!(self, Self::Created | Self::Running | Self::Creating)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life() {
        let created = Status::Creating.after(Event::Staged).unwrap();
        let running = created.after(Event::Started).unwrap();
        assert_eq!(running.after(Event::Ended), Ok(Status::Stopped));
        assert_eq!(created.after(Event::Ended), Ok(Status::Stopped));
        assert_eq!(running.after(Event::Started), Err(NotNow(Status::Running)));
        assert_eq!(Status::Stopped.after(Event::Started), Err(NotNow(Status::Stopped)));
        assert_eq!(serde_json::to_string(&running).unwrap(), "\"running\"");
    }
}
