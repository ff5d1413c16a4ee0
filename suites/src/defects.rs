//! The open defects of real releases that cases run into, so that a fail can say that it is a known one.

use plimsoll_launcher::{Mode, Release};

use crate::case::Releases;
use crate::target::Target;

/// A defect seen on a real release. Whether a release still has it is decided by running it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defect {
    /// Stable id: `R-OPEN-2`.
    pub id: &'static str,
    /// What happens.
    pub text: &'static str,
}

/// A defect that explains a fail of a case, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The defect.
    pub defect: &'static Defect,
    /// The releases that have it.
    pub releases: Releases,
    /// The mode in which it shows; none for both.
    pub mode: Option<Mode>,
}

impl Known {
    /// Whether it explains a fail on `release` in `mode`.
    pub fn applies(&self, release: Release, mode: Mode) -> bool {
        self.releases.has(release) && self.mode.is_none_or(|known| known == mode)
    }

    /// The same, in one mode only.
    pub const fn in_mode(self, mode: Mode) -> Self {
        Self { mode: Some(mode), ..self }
    }
}

impl Defect {
    /// The defect as it shows on these releases.
    pub const fn on(&'static self, releases: Releases) -> Known {
        Known { defect: self, releases, mode: None }
    }

    /// The defect as it shows on every real release.
    pub const fn everywhere(&'static self) -> Known {
        self.on(Releases::REAL)
    }
}

macro_rules! defects {
    ($($name:ident $id:literal $text:literal;)+) => {
        $(#[doc = concat!($id, ": ", $text)] pub const $name: &Defect = &Defect { id: $id, text: $text };)+
        /// Every open defect.
        pub const ALL: &[&Defect] = &[$($name,)+];
    };
}

defects! {
    R_OPEN_1 "R-OPEN-1" "DisableHooks is read and removes nothing from config.json.";
    R_OPEN_2 "R-OPEN-2" "Create and start mode loses the exit code of the contained program.";
    R_OPEN_3 "R-OPEN-3" "With IgnoreFileConfigJson, kill and delete are not reached at clean-up.";
    R_OPEN_4 "R-OPEN-4" "A runtime that warns on standard error makes the answer to a query unusable, and the step hangs.";
    R_OPEN_5 "R-OPEN-5" "Two commands of the guide put an option where it is not one, and fail as printed.";
    R_OPEN_6 "R-OPEN-6" "srun inside srun waits for ever without --overlap, since the outer step holds the CPUs.";
    R_OPEN_7 "R-OPEN-7" "Create and start mode waits for the end of the create command's output, which the container holds open.";
    R_OPEN_8 "R-OPEN-8" "Clean-up runs the runtime as the node daemon's user, where the guide says the job's user.";
    R_OPEN_9 "R-OPEN-9" "scrun loses the container's exit code under Podman and Docker.";
    R_OPEN_10 "R-OPEN-10" "Without an oci.conf on the node a container request runs on the host and succeeds.";
    R_OPEN_11 "R-OPEN-11" "With IgnoreFileConfigJson the path of a batch script does not exist in the container.";
    R_OPEN_12 "R-OPEN-12" "A missing bundle requeues and holds a batch job, and srun's error does not name the path.";
    R_OPEN_13 "R-OPEN-13" "Cancelling a container whose first process ignores SIGTERM ends srun with 0 while it runs on.";
    R_OPEN_14 "R-OPEN-14" "The output of a batch job in a container ends with a line of the step daemon's about the runtime's query.";
    R_OPEN_15 "R-OPEN-15" "When a step daemon is killed its container runs on, and srun waits for it.";
    R_OPEN_16 "R-OPEN-16" "srun goes on for ever when the reader of its output is gone.";
    R_OPEN_17 "R-OPEN-17" "A line of oci.conf with more than one pair is refused, though the guide prints such files.";
    R_OPEN_18 "R-OPEN-18" "SIGKILL by scancel ends the runtime's process and not its container, and srun waits.";
    R_OPEN_20 "R-OPEN-20" "%p is 4294967295 instead of the pid of the task's process.";
    R_OPEN_21 "R-OPEN-21" "With -o and -e naming different patterns srun writes both streams to the file of -o.";
    R_OPEN_22 "R-OPEN-22" "The runtime's working directory is the step's (--chdir) and not the task's spool directory.";
    R_OPEN_23 "R-OPEN-23" "srun says that its node has failed, and ends with 0.";
    R_OPEN_24 "R-OPEN-24" "A step waits for every process that has its output open, also for what the runtime left in the background.";
    R_OPEN_25 "R-OPEN-25" "With IgnoreFileConfigJson the runtime gets the daemon's environment, and no container the step's without an environment file.";
    R_OPEN_26 "R-OPEN-26" "%@ is nothing where the container has a config.json.";
    R_2302_1 "R-2302-1" "Up to 22.05 the directory of a task that did not start stays in the spool.";
}

/// Defects that no case has to name, since they show in every one: create and start mode as the guide prints it hangs on
/// every real release, whatever runs in it.
pub fn pervasive(release: Release, mode: Mode, hung: bool) -> Option<&'static Defect> {
    (hung && mode == Mode::CreateStart && release.has_open_defects()).then_some(R_OPEN_7)
}

/// The defect that may explain any fail of a profile whose containers have no environment but the runtime's, where no other does.
pub fn of_environment(release: Release, target: &Target) -> Option<&'static Defect> {
    (target.takes_rootfs() && !target.has_env_file() && !release.passes_environment()).then_some(R_OPEN_25)
}

/// The defect with an id, in any case of letters.
pub fn find(id: &str) -> Option<&'static Defect> {
    ALL.iter().copied().find(|defect| defect.id.eq_ignore_ascii_case(id))
}
