//! Running a program in a root file system without a bundle: a user and a mount namespace, some mounts, and this process
//! becomes the program. So do ch-run and enroot; singularity keeps a parent, which changes nothing that a step can see.

use std::ffi::{CString, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{chdir, execve, getgid, getuid, pivot_root};

const NOTHING: Option<&str> = None;
const BIND: MsFlags = MsFlags::MS_BIND.union(MsFlags::MS_REC);

/// Who the user is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// The same one.
    Same,
    /// Root.
    Root,
}

/// A path of the host in the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bind {
    /// The host's.
    pub(super) source: PathBuf,
    /// The container's.
    pub(super) target: PathBuf,
    /// Whether it may be missing on either side, and is then left out.
    pub(super) if_there: bool,
}

/// A container.
#[derive(Debug)]
pub(super) struct Container {
    /// Its root file system.
    pub(super) rootfs: PathBuf,
    /// Whether it may be written to.
    pub(super) writable: bool,
    /// Who the user is inside.
    pub(super) inside: Inside,
    /// What of the host's is there. Where the root file system may be written to, places to mount on are made.
    pub(super) binds: Vec<Bind>,
    /// Directories to start in: the first that is there.
    pub(super) cwd: Vec<PathBuf>,
    /// The program's environment.
    pub(super) env: Vec<(OsString, OsString)>,
    /// The program and its arguments, at least one word.
    pub(super) argv: Vec<OsString>,
}

/// What went wrong.
#[derive(Debug)]
pub(super) enum Failed {
    /// The container could not be made: what was tried, on what, and the cause.
    Setup(&'static str, PathBuf, io::Error),
    /// A source of a bind is not there.
    NoSource(PathBuf),
    /// A place to mount on is not there.
    NoTarget(PathBuf),
    /// The program could not be run.
    Exec(OsString, io::Error),
}

impl Container {
    /// Becomes the program; comes back only when it failed.
    pub(super) fn become_program(&self) -> Failed {
        match self.set_up().and_then(|()| self.exec()) {
            Ok(never) => match never {},
            Err(failed) => failed,
        }
    }

    fn set_up(&self) -> Result<(), Failed> {
        let at = |what: &'static str, path: &Path| {
            let path = path.to_owned();
            move |cause: nix::Error| Failed::Setup(what, path, cause.into())
        };
        fs::metadata(&self.rootfs).map_err(|cause| Failed::Setup("stat", self.rootfs.clone(), cause))?;
        let (uid, gid) = (getuid(), getgid());
        let privileged = uid.is_root();
        let flags = if privileged {
            CloneFlags::CLONE_NEWNS
        } else {
            CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUSER
        };
        unshare(flags).map_err(at("unshare", Path::new("/")))?;
        if !privileged {
            let (own, group) = match self.inside {
                Inside::Same => (uid.as_raw(), gid.as_raw()),
                Inside::Root => (0, 0),
            };
            for (file, text) in [
                ("/proc/self/setgroups", "deny".to_owned()),
                ("/proc/self/uid_map", format!("{own} {uid} 1")),
                ("/proc/self/gid_map", format!("{group} {gid} 1")),
            ] {
                fs::write(file, text).map_err(|cause| Failed::Setup("write", file.into(), cause))?;
            }
        }
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(NOTHING, "/", NOTHING, private, NOTHING).map_err(at("mount", Path::new("/")))?;
        mount(Some(&self.rootfs), &self.rootfs, NOTHING, BIND, NOTHING).map_err(at("mount", &self.rootfs))?;
        for bind in &self.binds {
            self.bind(bind)?;
        }
        if !self.writable {
            let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
            let target = &self.rootfs;
            mount(NOTHING, target, NOTHING, flags, NOTHING)
                // Flags that the host's mount has must stay.
                .or_else(|_| {
                    let more = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
                    mount(NOTHING, target, NOTHING, flags | more, NOTHING)
                })
                .map_err(at("remount", target))?;
        }
        let change = || {
            chdir(&self.rootfs)?;
            // With `.` twice the old root lies on top of the new one, and needs no directory inside it.
            pivot_root(".", ".")?;
            umount2(".", MntFlags::MNT_DETACH)?;
            chdir("/")
        };
        change().map_err(at("pivot_root", &self.rootfs))?;
        // The first that is there; the root is.
        let _ = self.cwd.iter().find(|dir| chdir(dir.as_path()).is_ok());
        Ok(())
    }

    fn bind(&self, bind: &Bind) -> Result<(), Failed> {
        let inside = bind.target.strip_prefix("/").unwrap_or(&bind.target);
        let target = self.rootfs.join(inside);
        let Ok(source) = fs::metadata(&bind.source) else {
            return if bind.if_there { Ok(()) } else { Err(Failed::NoSource(bind.source.clone())) };
        };
        if !target.exists() {
            if bind.if_there {
                return Ok(());
            }
            if !self.writable {
                return Err(Failed::NoTarget(target));
            }
            let made = if source.is_dir() {
                fs::create_dir_all(&target)
            } else {
                fs::create_dir_all(target.parent().unwrap_or(&self.rootfs))
                    .and_then(|()| fs::File::create(&target).map(drop))
            };
            made.map_err(|cause| Failed::Setup("mkdir", target.clone(), cause))?;
        }
        mount(Some(&bind.source), &target, NOTHING, BIND, NOTHING)
            .map_err(|cause| Failed::Setup("mount", target, cause.into()))
    }

    fn exec(&self) -> Result<std::convert::Infallible, Failed> {
        let name = &self.argv[0];
        let failed = |cause: io::Error| Failed::Exec(name.clone(), cause);
        let c = |bytes: &[u8]| CString::new(bytes).map_err(|cause| failed(cause.into()));
        let mut env = Vec::new();
        for (key, value) in &self.env {
            env.push(c(&[key.as_bytes(), b"=", value.as_bytes()].concat())?);
        }
        let argv = self.argv.iter().map(|word| c(word.as_bytes())).collect::<Result<Vec<_>, _>>()?;
        let path = self.env.iter().rev().find(|(key, _)| key == "PATH").map(|(_, value)| value.clone());
        let mut cause = nix::Error::ENOENT;
        for candidate in candidates(name, path) {
            match execve(&c(candidate.as_os_str().as_bytes())?, &argv, &env) {
                Ok(never) => return Ok(never),
                Err(nix::Error::ENOENT | nix::Error::ENOTDIR) => {}
                Err(other) => cause = other,
            }
        }
        Err(failed(cause.into()))
    }
}

/// Where a program of a name may be: its own place where it has a slash, else in the folders of PATH.
fn candidates(name: &OsString, path: Option<OsString>) -> Vec<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(name)];
    }
    let path = path.unwrap_or_else(|| "/bin:/usr/bin".into());
    std::env::split_paths(&path).map(|dir| dir.join(name)).collect()
}

/// What every container of this kind has of the host's.
pub(super) fn usual() -> Vec<Bind> {
    ["/dev", "/proc", "/sys"].map(|path| at(path, path)).to_vec()
}

/// One path of the host at a place; both have to be there.
pub(super) fn at(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Bind {
    Bind { source: source.into(), target: target.into(), if_there: false }
}

/// A bind as options spell it: `SOURCE[:TARGET[:…]]`.
pub(super) fn spelled(text: &OsString) -> Bind {
    let mut parts = text.as_bytes().split(|byte| *byte == b':');
    let mut part = || parts.next().filter(|part| !part.is_empty());
    let source = PathBuf::from(std::ffi::OsStr::from_bytes(part().unwrap_or_default()));
    let target = part().map(|part| PathBuf::from(std::ffi::OsStr::from_bytes(part)));
    Bind { target: target.unwrap_or_else(|| source.clone()), source, if_there: false }
}

/// `NAME=value`, a line each; a line without a name says nothing.
pub(super) fn lines(text: &[u8]) -> Vec<(OsString, OsString)> {
    let pair = |line: &[u8]| {
        let equals = line.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
        let word = |bytes: &[u8]| std::ffi::OsStr::from_bytes(bytes).to_owned();
        Some((word(&line[..equals]), word(&line[equals + 1..])))
    };
    text.split(|byte| *byte == b'\n').filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_and_variables_are_read_as_they_are_spelled() {
        assert_eq!(spelled(&"/a:/b:ro".into()), at("/a", "/b"));
        assert_eq!(spelled(&"/a".into()), at("/a", "/a"));
        assert_eq!(lines(b"A=b=c\n=x\n\nB=\n"), [("A".into(), "b=c".into()), ("B".into(), "".into())]);
    }
}
