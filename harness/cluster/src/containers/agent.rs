//! The main process of a node: `plimsoll node DIR NAME OWNER USER:UID:GID:SUBIDS`. It makes what an image cannot hold
//! (folders below /run, the cluster's munge key, the user as the cluster knows it), starts munged, and then runs what it
//! is asked for over its socket. The node ends with the connection that holds it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use super::account::Account;
use super::order::{self, Answer, As, Order, Request};
use super::remote::PATH;
use super::strays;
use crate::wire;

/// The cluster's munge key, in its folder.
pub const KEY: &str = "munge.key";
/// The user of munged, as its package makes it.
const MUNGE: &str = "munge";

/// The agent's socket of a node.
pub fn socket(dir: &Path, node: &str) -> PathBuf {
    dir.join("agents").join(format!("{node}.sock"))
}

/// Runs the agent of a node until it is told to end; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let words: Option<Vec<&str>> = args.iter().map(|word| word.to_str()).collect();
    let Some([dir, name, owner, account]) = words.as_deref() else {
        eprintln!("plimsoll node: usage: plimsoll node DIR NAME OWNER USER:UID:GID:SUBIDS");
        return 2;
    };
    let (Ok(owner), Some(account)) = (owner.parse(), Account::read(account)) else {
        eprintln!("plimsoll node: OWNER is a user id, USER:UID:GID:SUBIDS an account");
        return 2;
    };
    match serve(Path::new(dir), name, owner, &account) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("plimsoll node: {error}");
            1
        }
    }
}

fn serve(dir: &Path, name: &str, owner: u32, account: &Account) -> io::Result<()> {
    account.make()?;
    start_munged(&dir.join(KEY))?;
    let path = socket(dir, name);
    // It appears with its owner and mode, since whoever sees it uses it at once.
    let hidden = path.with_extension("new");
    let listener = UnixListener::bind(&hidden)?;
    fs::set_permissions(&hidden, Permissions::from_mode(0o600))?;
    chown(&hidden, Some(owner), None)?;
    fs::rename(&hidden, &path)?;
    for connection in listener.incoming() {
        let connection = connection?;
        std::thread::spawn(move || {
            if let Err(error) = answer(&connection) {
                eprintln!("plimsoll node: {error}");
            }
        });
    }
    Ok(())
}

/// munged with the cluster's key; it is ready when this returns.
fn start_munged(key: &Path) -> io::Result<()> {
    let user = nix::unistd::User::from_name(MUNGE)?.ok_or_else(|| {
        io::Error::other("the image has no user munge; build it again with ci/images/build")
    })?;
    let own = |path: &Path, mode| {
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        fs::set_permissions(path, Permissions::from_mode(mode))
    };
    fs::create_dir_all("/run/munge")?;
    own(Path::new("/run/munge"), 0o755)?;
    let copy = Path::new("/etc/munge/munge.key");
    fs::write(copy, fs::read(key)?)?;
    own(copy, 0o400)?;
    let mut munged = Command::new("munged");
    munged.env("PATH", PATH).uid(user.uid.as_raw()).gid(user.gid.as_raw());
    let status = munged.stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("munged: {status}"))) }
}

fn answer(connection: &UnixStream) -> io::Result<()> {
    let streams = order::receive_streams(connection)?;
    match (wire::read(&mut &*connection)?, streams) {
        (Some(Request::Run(order)), Some(streams)) => run_order(connection, &order, streams),
        (Some(Request::Hold), _) => {
            // Nothing is ever written there; its end is what counts.
            let _ = wire::read::<u8>(&mut &*connection);
            std::process::exit(0);
        }
        (Some(Request::Strays), _) => wire::write(&mut &*connection, &strays::find()),
        (Some(Request::EndStrays), _) => wire::write(&mut &*connection, &strays::end()),
        _ => Ok(()),
    }
}

fn run_order(connection: &UnixStream, order: &Order, streams: [OwnedFd; 3]) -> io::Result<()> {
    let child = match spawn(order, streams) {
        Ok(child) => child,
        Err(error) => {
            let program = order.argv.first().map(|word| String::from_utf8_lossy(word)).unwrap_or_default();
            return wire::write(&mut &*connection, &Answer::Failed(format!("{program}: {error}")));
        }
    };
    let pid = Pid::from_raw(child.id().cast_signed());
    wire::write(&mut &*connection, &Answer::Started)?;
    let ended = Arc::new(Mutex::new(false));
    let waiting = std::thread::spawn({
        let (ended, to) = (Arc::clone(&ended), connection.try_clone()?);
        move || report(child, &ended, &to)
    });
    // Nothing is signalled once it has been reaped, since its id may be another's then.
    let signal = |signal: Option<Signal>| {
        let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
        if !*ended {
            let _ = kill(pid, signal);
        }
    };
    while let Ok(Some(number)) = wire::read::<order::Signal>(&mut &*connection) {
        signal(Signal::try_from(number).ok());
    }
    signal(Some(Signal::SIGKILL));
    let _ = waiting.join();
    Ok(())
}

fn spawn(order: &Order, streams: [OwnedFd; 3]) -> io::Result<Child> {
    let os = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
    let Some((program, args)) = order.argv.split_first() else {
        return Err(io::Error::other("no program is named"));
    };
    let mut command = Command::new(os(program));
    let [input, output, error] = streams;
    let cwd = os(&order.cwd);
    if !Path::new(&cwd).is_dir() {
        let words = format!("there is no folder {} on this node", Path::new(&cwd).display());
        return Err(io::Error::new(io::ErrorKind::NotFound, words));
    }
    command
        .args(args.iter().map(|word| os(word)))
        .env_clear()
        .envs(order.env.iter().map(|(name, value)| (os(name), os(value))))
        .current_dir(cwd)
        .stdin(input)
        .stdout(output)
        .stderr(error)
        .process_group(0);
    match &order.who {
        As::Root => {}
        As::Ids { uid, gid } => {
            command.uid(*uid).gid(*gid);
        }
        As::Name(name) => {
            let user = nix::unistd::User::from_name(name)?
                .ok_or_else(|| io::Error::other(format!("there is no user {name} on this node")))?;
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
    }
    command.spawn()
}

/// Waits for the end of a command and says how it came.
fn report(mut child: Child, ended: &Mutex<bool>, mut to: &UnixStream) {
    let id = Pid::from_raw(child.id().cast_signed());
    while waitid(Id::Pid(id), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
    let status = {
        let mut ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
        *ended = true;
        child.wait()
    };
    let Ok(status) = status else { return };
    let said = match (status.code(), status.signal()) {
        (Some(code), _) => Answer::Exited(code),
        (None, signal) => Answer::Killed(signal.unwrap_or(9)),
    };
    // Whoever asked may be gone.
    let _ = wire::write(&mut to, &said);
}
