//! The program of a container: its user, limits, capabilities and environment, and where it is found.

use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{AccessFlags, Gid, Uid, access, execve, setgroups, setresgid, setresuid};
use oci_spec::runtime::{Capabilities, PosixRlimitType, Process};

use super::error::{Doing as _, Error};
use crate::sys::{self, CapSets};

/// Where programs are looked for when the environment has no PATH.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Capabilities by their numbers.
const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// More than any kernel has.
const CAPABILITIES_AT_MOST: u32 = 64;

/// Sets the limits of `process.rlimits`.
pub(super) fn set_limits(process: &Process) -> Result<(), Error> {
    for limit in process.rlimits().iter().flatten() {
        let what = || format!("set the limit {:?} to {}:{}", limit.typ(), limit.soft(), limit.hard());
        setrlimit(resource(limit.typ()), limit.soft(), limit.hard()).doing(what)?;
    }
    Ok(())
}

fn resource(kind: PosixRlimitType) -> Resource {
    match kind {
        PosixRlimitType::RlimitCpu => Resource::RLIMIT_CPU,
        PosixRlimitType::RlimitFsize => Resource::RLIMIT_FSIZE,
        PosixRlimitType::RlimitData => Resource::RLIMIT_DATA,
        PosixRlimitType::RlimitStack => Resource::RLIMIT_STACK,
        PosixRlimitType::RlimitCore => Resource::RLIMIT_CORE,
        PosixRlimitType::RlimitRss => Resource::RLIMIT_RSS,
        PosixRlimitType::RlimitNproc => Resource::RLIMIT_NPROC,
        PosixRlimitType::RlimitNofile => Resource::RLIMIT_NOFILE,
        PosixRlimitType::RlimitMemlock => Resource::RLIMIT_MEMLOCK,
        PosixRlimitType::RlimitAs => Resource::RLIMIT_AS,
        PosixRlimitType::RlimitLocks => Resource::RLIMIT_LOCKS,
        PosixRlimitType::RlimitSigpending => Resource::RLIMIT_SIGPENDING,
        PosixRlimitType::RlimitMsgqueue => Resource::RLIMIT_MSGQUEUE,
        PosixRlimitType::RlimitNice => Resource::RLIMIT_NICE,
        PosixRlimitType::RlimitRtprio => Resource::RLIMIT_RTPRIO,
        PosixRlimitType::RlimitRttime => Resource::RLIMIT_RTTIME,
    }
}

/// Becomes the program's user, with its capabilities and no others.
pub(super) fn become_user(process: &Process, in_user_namespace: bool) -> Result<(), Error> {
    let sets = process.capabilities().clone().unwrap_or_default();
    let bounding = mask(sets.bounding().as_ref());
    for number in 0..CAPABILITIES_AT_MOST {
        let keep = bounding & (1 << number) != 0;
        if !keep && !sys::drop_bounding(number).doing(|| "drop capabilities".into())? {
            break;
        }
    }
    let user = process.user();
    sys::keep_capabilities(true).doing(|| "keep capabilities".into())?;
    let groups: Vec<Gid> = user.additional_gids().iter().flatten().map(|gid| Gid::from_raw(*gid)).collect();
    match setgroups(&groups) {
        // An ordinary user's namespace has no say over groups: they stay what they are.
        Err(_) if in_user_namespace => {}
        other => other.doing(|| format!("join the groups {groups:?}"))?,
    }
    let (uid, gid) = (Uid::from_raw(user.uid()), Gid::from_raw(user.gid()));
    setresgid(gid, gid, gid).doing(|| format!("become group {gid}, which has to be mapped"))?;
    setresuid(uid, uid, uid).doing(|| format!("become user {uid}, which has to be mapped"))?;
    sys::keep_capabilities(false).doing(|| "set capabilities".into())?;
    let (effective, permitted) = (mask(sets.effective().as_ref()), mask(sets.permitted().as_ref()));
    let inheritable = mask(sets.inheritable().as_ref());
    let ambient = mask(sets.ambient().as_ref());
    sys::set_capabilities(CapSets { effective, permitted, inheritable: inheritable | ambient & permitted })
        .doing(|| "set capabilities".into())?;
    sys::clear_ambient();
    (0..CAPABILITIES_AT_MOST).filter(|number| ambient & (1 << number) != 0).for_each(sys::raise_ambient);
    if process.no_new_privileges().unwrap_or(false) {
        nix::sys::prctl::set_no_new_privs().doing(|| "set no_new_privs".into())?;
    }
    Ok(())
}

/// A set as the kernel numbers it; unknown ones are left out, as runc does.
fn mask(set: Option<&Capabilities>) -> u64 {
    let number = |name: &str| CAPABILITIES.iter().position(|known| *known == name);
    set.into_iter().flatten().filter_map(|capability| number(&capability.to_string())).map(|at| 1 << at).sum()
}

/// A program with all that execve needs.
#[derive(Debug)]
pub(super) struct Program {
    path: CString,
    args: Vec<CString>,
    env: Vec<CString>,
}

impl Program {
    /// Finds the program, as the user and in the root and working directory that it will have.
    pub(super) fn find(process: &Process) -> Result<Self, Error> {
        let args = process.args().as_deref().unwrap_or_default();
        let mut env: Vec<String> = process.env().clone().unwrap_or_default();
        let name = args.first().map(String::as_str).unwrap_or_default();
        let path = env.iter().find_map(|entry| entry.strip_prefix("PATH=")).unwrap_or(DEFAULT_PATH);
        let found = look_up(name, path)?;
        if !env.iter().any(|entry| entry.starts_with("HOME=")) {
            let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
            env.push(format!("HOME={}", home(&passwd, process.user().uid())));
        }
        let strings = |texts: &[String]| {
            let strings = texts.iter().map(|text| CString::new(text.as_str()));
            strings.collect::<Result<Vec<_>, _>>().map_err(io::Error::from)
        };
        let path = CString::new(found.as_os_str().as_bytes()).map_err(io::Error::from);
        let what = || format!("run `{name}`");
        Ok(Self {
            path: path.doing(what)?,
            args: strings(args).doing(what)?,
            env: strings(&env).doing(what)?,
        })
    }

    /// Becomes it; comes back only with the reason why not.
    pub(super) fn exec(&self) -> Error {
        let Err(errno) = execve(&self.path, &self.args, &self.env);
        let path = Path::new(OsStr::from_bytes(self.path.to_bytes()));
        Error::Call { what: format!("run {}", path.display()), source: errno.into() }
    }
}

fn look_up(name: &str, path: &str) -> Result<PathBuf, Error> {
    let runnable = |path: &Path| {
        let data = fs::metadata(path)?;
        if data.is_dir() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        access(path, AccessFlags::X_OK).map_err(io::Error::from)
    };
    if name.contains('/') {
        return runnable(Path::new(name)).doing(|| format!("run `{name}`")).map(|()| name.into());
    }
    let mut refused = None;
    for dir in path.split(':') {
        let candidate = Path::new(if dir.is_empty() { "." } else { dir }).join(name);
        match runnable(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => refused = Some(error),
            Err(_) => {}
        }
    }
    let source = refused.unwrap_or_else(|| io::Error::from_raw_os_error(libc::ENOENT));
    Err(Error::Call { what: format!("find the executable file `{name}` in $PATH"), source })
}

/// The home directory of a user by the text of /etc/passwd.
fn home(passwd: &str, uid: u32) -> &str {
    let found = passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2)?.parse() == Ok(uid)).then(|| fields.get(5).copied()).flatten()
    });
    found.filter(|home| !home.is_empty()).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_that_of_the_containers_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nme:x:7:7::/home/me:\nno:x:8:8:::\n";
        assert_eq!(
            (home(passwd, 0), home(passwd, 7), home(passwd, 8), home(passwd, 9)),
            ("/root", "/home/me", "/", "/")
        );
    }

    #[test]
    fn capabilities_have_the_kernels_numbers() {
        let set: Capabilities =
            serde_json::from_str(r#"["CAP_CHOWN", "CAP_KILL", "CAP_CHECKPOINT_RESTORE"]"#).unwrap();
        assert_eq!(mask(Some(&set)), 1 | 1 << 5 | 1 << 40);
    }

    #[rstest::rstest]
    #[case("sh", "/nonexistent:/bin", None)]
    #[case("no-such-program", "/bin", Some("no-such-program` in $PATH: No such file"))]
    #[case("/etc", "", Some("run `/etc`"))]
    #[case("/no/such", "", Some("No such file"))]
    fn programs_are_looked_up(#[case] name: &str, #[case] path: &str, #[case] error: Option<&str>) {
        match (look_up(name, path), error) {
            (Ok(found), None) => assert_eq!(found, Path::new("/bin/sh")),
            (Err(said), Some(words)) => assert!(said.to_string().contains(words), "{said}"),
            other => panic!("{other:?}"),
        }
    }
}
