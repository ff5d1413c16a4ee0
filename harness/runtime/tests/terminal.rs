//! Terminals of the built-in runtime: relayed by `run`, handed over by `create`.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its report")]

mod common;

use std::fs::File;
use std::io::{IoSliceMut, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use common::tool::{Runtime, Tool};
use common::{Place, installed, who};
use nix::pty::{Winsize, openpty};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use rstest::rstest;
use serde_json::json;

const USER: &str = "plimsoll";

fn place(script: &str) -> Option<Place> {
    installed("busybox")?;
    let place = Place::new(who(USER)?, script);
    place.configure(|config| config["process"]["terminal"] = json!(true));
    Some(place)
}

/// All that comes until nobody holds the terminal.
fn read_all(terminal: &mut File) -> String {
    let mut text = Vec::new();
    // The end of a terminal is an error.
    let _ = terminal.read_to_end(&mut text);
    String::from_utf8_lossy(&text).replace('\r', "")
}

#[rstest]
fn run_relays_a_terminal(#[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool) {
    let script = "tty; test -t 0 && test -t 1 && test -t 2 && test -c /dev/console && echo all; \
                  stty size; trap 'echo interrupted' INT; read -r line; echo \"<$line>\"; exit 6";
    let Some(place) = place(script) else { return };
    let Some(runtime) = Runtime::new(&place, tool) else { return };
    let size = Winsize { ws_row: 33, ws_col: 77, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size, None).unwrap();
    let inner = runtime.launch("run");
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait"]).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(place.dir.path()).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let end = || Stdio::from(pty.slave.try_clone().unwrap());
    let mut child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    drop((command, pty.slave));
    let mut master = File::from(pty.master);
    master.write_all(b"hello\n").unwrap();
    let text = read_all(&mut master);
    assert_eq!(child.wait().unwrap().code(), Some(6), "{text}");
    for part in ["/dev/pts/0\n", "all\n", "<hello>\n"] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    // crun and runc tell the size a little later than the program can ask for it.
    assert!(!tool.ours() || text.contains("33 77\n"), "{text:?}");
}

#[test]
fn a_terminal_without_one_outside() {
    let Some(place) = place("tty; read -r line || echo end; exit 6") else { return };
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    let output = runtime.launch("run").stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    assert!(text.starts_with("/dev/pts/0\n") && text.ends_with("end\n"), "{text:?}");
}

#[rstest]
fn create_hands_a_terminal_over(#[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool) {
    let Some(place) = place("tty; read -r line; echo \"<$line>\"") else { return };
    let Some(runtime) = Runtime::new(&place, tool) else { return };
    let path = place.notes().join("console");
    let listener = UnixListener::bind(&path).unwrap();
    std::os::unix::fs::chown(&path, Some(place.who.uid), Some(place.who.gid)).unwrap();
    let (socket, bundle) = (path.to_str().unwrap(), place.bundle());
    let words = ["create", "--console-socket", socket, "--bundle", bundle.to_str().unwrap(), &place.id()];
    let output = runtime.command(&words).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let (stream, _) = listener.accept().unwrap();
    let mut master = File::from(received(&stream));
    assert!(runtime.operation(&["start"]).status.success());
    master.write_all(b"hello\n").unwrap();
    let text = read_all(&mut master);
    assert!(text.contains("/dev/pts/0\n") && text.contains("<hello>\n"), "{text:?}");
    runtime.wait_for(Some("stopped"));
    assert!(runtime.operation(&["delete"]).status.success());
}

#[expect(unsafe_code, reason = "a descriptor that came over a socket has no owner yet")]
fn received(stream: &std::os::unix::net::UnixStream) -> OwnedFd {
    use std::os::fd::FromRawFd as _;
    let mut name = [0; 64];
    let mut space = nix::cmsg_space!([i32; 1]);
    let mut data = [IoSliceMut::new(&mut name)];
    let message = recvmsg::<()>(stream.as_raw_fd(), &mut data, Some(&mut space), MsgFlags::empty()).unwrap();
    let Some(ControlMessageOwned::ScmRights(fds)) = message.cmsgs().unwrap().next() else {
        panic!("no descriptor came")
    };
    // SAFETY: the kernel made it for this process just now.
    unsafe { OwnedFd::from_raw_fd(fds[0]) }
}

#[test]
fn create_needs_somebody_to_take_the_terminal() {
    let Some(place) = place("true") else { return };
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    let output = runtime.launch("create").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--console-socket"), "{output:?}");
    runtime.assert_clean();
}
