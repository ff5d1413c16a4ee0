//! The container's first process, from its birth in new namespaces until it becomes the program.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Uid, chdir, setgroups, sethostname, setresgid, setresuid, setsid};
use oci_spec::runtime::LinuxNamespaceType;
use serde_json::Value;

use super::bundle::{Bundle, HookKind};
use super::error::{Doing as _, Error, to};
use super::process::Program;
use super::resolve::resolve;
use super::sync::{Sync, Word};
use super::{devices, hooks, mounts, process, rootfs, terminal};
use crate::sys;

/// File creation mask of a program whose config.json names none.
const UMASK: u32 = 0o022;

/// What the first process needs to know.
#[derive(Debug)]
pub(super) struct Init<'a> {
    /// What it is made of.
    pub bundle: &'a Bundle,
    /// Whether it is in a user namespace of its own.
    pub in_user_namespace: bool,
    /// Where it waits for `start`; none when the runtime itself says when.
    pub fifo: Option<File>,
    /// Who gets its terminal; none when the runtime itself does.
    pub console: Option<UnixStream>,
    /// How many descriptors behind standard error it keeps.
    pub preserve_fds: u32,
    /// Whether it dies with the runtime.
    pub tied: bool,
    /// Its state for hooks, pid and status left out.
    pub state: Value,
}

impl Init<'_> {
    /// Does all of it; comes back only when it failed, which it has said then.
    pub(super) fn run(self, sync: Sync) {
        let mut sync = Some(sync);
        let error = self.try_run(&mut sync);
        match sync {
            Some(sync) => sync.say(&Word::Failed(error.to_string())),
            // `create` has gone long ago: the container's own standard error is all there is.
            None => eprintln!("plimsoll runtime: {error}"),
        }
    }

    fn try_run(mut self, sync: &mut Option<Sync>) -> Error {
        match self.prepare(sync) {
            Ok(program) => {
                sys::reset_signals();
                program.exec()
            }
            Err(error) => error,
        }
    }

    fn prepare(&mut self, sync: &mut Option<Sync>) -> Result<Program, Error> {
        let Some(runtime) = sync.as_ref() else { return Err(dead()) };
        let (bundle, process) = (self.bundle, &self.bundle.process);
        sys::die_with_parent().doing(|| "be tied to the runtime".into())?;
        expect(runtime, |word| matches!(word, Word::Mapped))?;
        self.become_root()?;
        setsid().doing(|| "begin a session".into())?;
        self.set_oom_score()?;
        self.set_names()?;
        if bundle.makes(LinuxNamespaceType::Network) {
            sys::bring_up_loopback().doing(|| "bring up the loopback device".into())?;
        }
        rootfs::prepare(bundle)?;
        mounts::make_all(bundle)?;
        devices::make_all(bundle, self.in_user_namespace)?;
        self.set_kernel_parameters()?;
        runtime.say(&Word::Mounted);
        expect(runtime, |word| matches!(word, Word::Continue))?;
        self.hooks(HookKind::CreateContainer, "creating")?;
        rootfs::protect(bundle)?;
        rootfs::enter(bundle)?;
        if bundle.terminal() {
            let (master, name) = terminal::open_inside(process)?;
            match &self.console {
                Some(socket) => terminal::hand_over(socket, &master, &name)?,
                None => runtime.say(&Word::Terminal(master.into())),
            }
        }
        umask(Mode::from_bits_truncate(process.user().umask().unwrap_or(UMASK)));
        process::set_limits(process)?;
        sys::close_on_exec_from(3 + self.preserve_fds)
            .doing(|| "close what the program does not get".into())?;
        process::become_user(process, self.in_user_namespace)?;
        chdir(process.cwd()).doing(|| to("go to the working directory", process.cwd()))?;
        let program = Program::find(process)?;
        if self.tied {
            // The change of user has untied it.
            sys::die_with_parent().doing(|| "be tied to the runtime".into())?;
        } else {
            sys::live_without_parent().doing(|| "outlive the runtime".into())?;
        }
        runtime.say(&Word::Ready);
        match &mut self.fifo {
            None => expect(runtime, |word| matches!(word, Word::Start))?,
            // It stays open, and by that locked, until the exec.
            Some(fifo) => {
                *sync = None;
                fifo.read_exact(&mut [0]).doing(|| "wait to be started".into())?;
            }
        }
        self.hooks(HookKind::StartContainer, "created")?;
        Ok(program)
    }

    /// Becomes root inside, where there is one, so that what is made belongs to it.
    fn become_root(&self) -> Result<(), Error> {
        if !self.in_user_namespace {
            return Ok(());
        }
        // Each fails where nobody is mapped to root, and then the own ids do.
        let _ = setgroups(&[]);
        let _ = setresgid(Gid::from_raw(0), Gid::from_raw(0), Gid::from_raw(0));
        let _ = setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0));
        sys::stay_dumpable().doing(|| "stay dumpable".into())?;
        sys::die_with_parent().doing(|| "be tied to the runtime".into())
    }

    fn set_oom_score(&self) -> Result<(), Error> {
        let Some(score) = self.bundle.process.oom_score_adj() else { return Ok(()) };
        match fs::write("/proc/self/oom_score_adj", score.to_string()) {
            // An ordinary user may only raise it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && self.in_user_namespace => Ok(()),
            other => other.doing(|| format!("set the OOM score to {score}")),
        }
    }

    fn set_names(&self) -> Result<(), Error> {
        if !self.bundle.makes(LinuxNamespaceType::Uts) {
            return Ok(());
        }
        if let Some(name) = self.bundle.spec.hostname() {
            sethostname(name).doing(|| format!("set the host name to {name}"))?;
        }
        if let Some(name) = self.bundle.spec.domainname() {
            sys::set_domain_name(name).doing(|| format!("set the domain name to {name}"))?;
        }
        Ok(())
    }

    fn set_kernel_parameters(&self) -> Result<(), Error> {
        for (name, value) in self.bundle.linux.sysctl().iter().flatten() {
            let inside = Path::new("/proc/sys").join(name.replace('.', "/"));
            let path = resolve(&self.bundle.rootfs, &inside).unwrap_or_else(|| inside.clone());
            fs::write(&path, value).doing(|| format!("set the kernel parameter {name} to {value}"))?;
        }
        Ok(())
    }

    fn hooks(&mut self, kind: HookKind, status: &str) -> Result<(), Error> {
        let hooks = self.bundle.hooks(kind);
        if hooks.is_empty() {
            return Ok(());
        }
        self.state["status"] = status.into();
        self.state["pid"] = nix::unistd::getpid().as_raw().into();
        hooks::run(hooks, &self.state)
    }
}

fn expect(runtime: &Sync, wanted: impl Fn(&Word) -> bool) -> Result<(), Error> {
    if wanted(&runtime.hear()?) { Ok(()) } else { Err(dead()) }
}

fn dead() -> Error {
    Error::Inside("the runtime died while it made the container".into())
}
