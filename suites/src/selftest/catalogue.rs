//! The defects: what each room can do wrong, in one list.

use plimsoll_cluster::deviant::ClientDeviation;
use plimsoll_cluster::mock::Wrong;
use plimsoll_launcher::Mode;
use plimsoll_launcher::deviation::Deviation;
use plimsoll_pmi::fault::Fault as MpiFault;
use plimsoll_runtime::faulty::Fault;
use plimsoll_scrun::wrong::Wrong as ScrunWrong;

use super::hints;
use crate::need::Need;

/// Where a defect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// In the runtime.
    Runtime(Fault),
    /// In the launcher.
    Launcher(Deviation),
    /// In the client commands.
    Client(ClientDeviation),
    /// In scrun.
    Scrun(ScrunWrong),
    /// In the MPI servers.
    Mpi(MpiFault),
}

/// One thing that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defect {
    /// Where, and which.
    pub room: Room,
}

/// Every defect, room by room.
pub fn all() -> impl Iterator<Item = Defect> {
    let runtime = Fault::ALL.iter().map(|fault| Room::Runtime(*fault));
    let launcher = Deviation::ALL.iter().map(|deviation| Room::Launcher(*deviation));
    let clients = ClientDeviation::ALL.iter().map(|deviation| Room::Client(*deviation));
    let scrun = ScrunWrong::ALL.iter().map(|wrong| Room::Scrun(*wrong));
    let mpi = MpiFault::ALL.iter().map(|fault| Room::Mpi(*fault));
    runtime.chain(launcher).chain(clients).chain(scrun).chain(mpi).map(|room| Defect { room })
}

impl Defect {
    /// Stable id: `runtime.code-lost`.
    pub fn id(self) -> String {
        let name = match self.room {
            Room::Runtime(fault) => fault.id(),
            Room::Launcher(deviation) => deviation.id(),
            Room::Client(deviation) => deviation.id(),
            Room::Scrun(wrong) => return wrong.id().replacen('-', ".", 1),
            Room::Mpi(fault) => fault.id(),
        };
        format!("{}.{name}", self.room_name())
    }

    /// What is wrong, in one sentence.
    pub const fn what(self) -> &'static str {
        match self.room {
            Room::Runtime(fault) => fault.what(),
            Room::Launcher(deviation) => deviation.what(),
            Room::Client(deviation) => deviation.what(),
            Room::Scrun(wrong) => wrong.what(),
            Room::Mpi(fault) => fault.what(),
        }
    }

    /// `runtime`, `launcher`, `client`, `scrun` or `mpi`.
    pub const fn room_name(self) -> &'static str {
        match self.room {
            Room::Runtime(_) => "runtime",
            Room::Launcher(_) => "launcher",
            Room::Client(_) => "client",
            Room::Scrun(_) => "scrun",
            Room::Mpi(_) => "mpi",
        }
    }

    /// The cases that plausibly see it: words as behind `plimsoll run`.
    pub fn hints(self) -> &'static [&'static str] {
        match self.room {
            Room::Runtime(fault) => hints::runtime(fault),
            Room::Launcher(deviation) => hints::launcher(deviation),
            Room::Client(deviation) => hints::client(deviation),
            Room::Scrun(wrong) => hints::scrun(wrong),
            Room::Mpi(fault) => hints::mpi(fault),
        }
    }

    /// The mode in which cases for every profile meet it.
    pub const fn mode(self) -> Mode {
        match self.room {
            Room::Runtime(fault) => hints::mode_of_fault(fault),
            Room::Launcher(deviation) => hints::mode_of_deviation(deviation),
            Room::Client(_) | Room::Scrun(_) | Room::Mpi(_) => Mode::Run,
        }
    }

    /// What has to be there for it to make a difference.
    pub const fn need(self) -> Option<Need> {
        match self.room {
            // An ordinary user's step daemon is nobody else than the user.
            Room::Launcher(Deviation::CleanUpAsDaemon) | Room::Mpi(MpiFault::SegmentsKept) => {
                Some(Need::Root)
            }
            Room::Mpi(_) => Some(Need::OpenMpi),
            _ => None,
        }
    }

    /// What the mock does wrong; nothing where the runtime does.
    pub const fn wrong(self) -> Wrong {
        match self.room {
            Room::Runtime(_) => Wrong { launcher: None, clients: None, scrun: None, mpi: None },
            Room::Launcher(deviation) => {
                Wrong { launcher: Some(deviation), clients: None, scrun: None, mpi: None }
            }
            Room::Client(deviation) => {
                Wrong { launcher: None, clients: Some(deviation), scrun: None, mpi: None }
            }
            Room::Scrun(wrong) => Wrong { launcher: None, clients: None, scrun: Some(wrong), mpi: None },
            Room::Mpi(fault) => Wrong { launcher: None, clients: None, scrun: None, mpi: Some(fault) },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue;
    use crate::runner::Filter;

    #[test]
    fn there_are_many_and_each_has_an_id_of_its_own() {
        let ids: BTreeSet<String> = all().map(Defect::id).collect();
        assert_eq!(ids.len(), all().count());
        assert!(ids.len() >= 80, "{}", ids.len());
    }

    #[test]
    fn every_hint_names_a_case() {
        for defect in all() {
            assert!(!defect.hints().is_empty(), "{}", defect.id());
            for hint in defect.hints() {
                let filter = Filter::new([hint]).unwrap();
                assert!(catalogue::all().any(|case| filter.chooses(case.id)), "{}: {hint}", defect.id());
            }
        }
    }
}
