//! The container's namespaces: those that are made with its first process, and those that are joined before.

use std::fs::File;
use std::path::{Path, PathBuf};

use nix::sched::{CloneFlags, setns};
use nix::unistd::{Pid, getpid};
use oci_spec::runtime::LinuxNamespaceType;

use super::bundle::Bundle;
use super::error::{Doing as _, Error, to};
use super::sync::{Sync, Word};
use crate::sys::{self, Reaped};

/// What is made and what is joined.
#[derive(Debug)]
pub(super) struct Namespaces {
    make: CloneFlags,
    join: Vec<(CloneFlags, PathBuf)>,
}

impl Namespaces {
    /// By config.json. An ordinary user whose config.json has no user namespace gets one, without which nothing else
    /// could be made.
    pub(super) fn of(bundle: &Bundle, privileged: bool) -> Self {
        let mut namespaces = Self { make: CloneFlags::empty(), join: Vec::new() };
        for (kind, path) in bundle.namespaces() {
            match path {
                Some(path) => namespaces.join.push((flag(kind), path.to_owned())),
                None => namespaces.make |= flag(kind),
            }
        }
        let joins_user = namespaces.join.iter().any(|(flag, _)| *flag == CloneFlags::CLONE_NEWUSER);
        if !privileged && !joins_user {
            namespaces.make |= CloneFlags::CLONE_NEWUSER;
        }
        // What belongs to a user namespace can be joined from inside it only.
        namespaces.join.sort_by_key(|(flag, _)| *flag != CloneFlags::CLONE_NEWUSER);
        namespaces
    }

    /// Whether a user namespace is made, whose ids have to be mapped.
    pub(super) fn makes_user(&self) -> bool {
        self.make.contains(CloneFlags::CLONE_NEWUSER)
    }

    /// Whether the container is in another user namespace than the runtime.
    pub(super) fn in_user(&self) -> bool {
        self.makes_user() || self.join.iter().any(|(flag, _)| *flag == CloneFlags::CLONE_NEWUSER)
    }

    /// Starts the container's first process, a child of this one: it runs `first` with its end of the socket. Gives this
    /// process its end and the pid.
    pub(super) fn start(&self, first: impl FnOnce(Sync)) -> Result<(Sync, Pid), Error> {
        let (ours, theirs) = Sync::pair()?;
        let refused = || {
            "make the namespaces; allow user namespaces (kernel.unprivileged_userns_clone, user.max_user_namespaces, \
             AppArmor)"
                .to_owned()
        };
        if self.join.is_empty() {
            if let Some(pid) = sys::clone_process(self.make).doing(refused)? {
                return Ok((ours, pid));
            }
            drop(ours);
            first(theirs);
            sys::exit_at_once(1);
        }
        // A process in the middle joins, so that this one stays where it is; the first process is no child of it.
        let Some(middle) = sys::clone_process(CloneFlags::empty()).doing(|| "fork".into())? else {
            drop(ours);
            match self
                .join_all()
                .and_then(|()| sys::clone_process(self.make | CloneFlags::CLONE_PARENT).doing(refused))
            {
                Ok(Some(pid)) => theirs.say(&Word::Pid(pid.as_raw())),
                Ok(None) => first(theirs),
                Err(error) => theirs.say(&Word::Failed(error.to_string())),
            }
            sys::exit_at_once(1)
        };
        drop(theirs);
        let word = ours.hear()?;
        sys::wait_for_child(middle, true).doing(|| "wait for a process".into())?;
        match word {
            Word::Pid(pid) => Ok((ours, Pid::from_raw(pid))),
            Word::Failed(text) => Err(Error::Inside(text)),
            _ => Err(Error::Inside("the process that joins namespaces was killed".into())),
        }
    }

    fn join_all(&self) -> Result<(), Error> {
        for (flag, path) in &self.join {
            let file = File::open(path).doing(|| to("open the namespace", path))?;
            setns(file, *flag).doing(|| to("join the namespace", path))?;
        }
        Ok(())
    }
}

fn flag(kind: LinuxNamespaceType) -> CloneFlags {
    match kind {
        LinuxNamespaceType::Mount => CloneFlags::CLONE_NEWNS,
        LinuxNamespaceType::Cgroup => CloneFlags::CLONE_NEWCGROUP,
        LinuxNamespaceType::Uts => CloneFlags::CLONE_NEWUTS,
        LinuxNamespaceType::Ipc => CloneFlags::CLONE_NEWIPC,
        LinuxNamespaceType::User => CloneFlags::CLONE_NEWUSER,
        LinuxNamespaceType::Pid => CloneFlags::CLONE_NEWPID,
        LinuxNamespaceType::Network => CloneFlags::CLONE_NEWNET,
        // A bundle that asks for one has been refused.
        LinuxNamespaceType::Time => CloneFlags::empty(),
    }
}

/// Ends a container that was half made, and waits until it is gone.
pub(super) fn end(pid: Pid) {
    let _ = sys::send_signal(pid.as_raw(), libc::SIGKILL);
    while matches!(sys::wait_for_child(pid, true), Ok(Reaped::Running)) {}
}

/// Whether this process may make namespaces without a user namespace: root here, and allowed to mount.
pub(super) fn privileged() -> bool {
    // CAP_SYS_ADMIN is bit 21 of the effective set.
    let status = std::fs::read_to_string(Path::new("/proc").join(getpid().to_string()).join("status"));
    let effective = status.ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
        u64::from_str_radix(line.trim(), 16).ok()
    });
    effective.is_some_and(|bits| bits & (1 << 21) != 0)
}
