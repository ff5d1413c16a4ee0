//! The server process: `plimsoll mpid DIR`, whose standard input is the line to its step daemon. It ends with that line.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use nix::sys::signal::{SigSet, Signal};

use crate::fault::Fault;
use crate::kind::Kind;
use crate::link::{self, FromServer, ToServer, Up, Variables};
use crate::peer::Message;
use crate::{pmix, simple};

/// What a protocol does with what comes from outside.
pub trait Serve {
    /// The variables of each rank of this node.
    fn variables(&self) -> Vec<(u32, Variables)>;
    /// Another node's server says something.
    fn heard(&self, from: u32, message: Message);
    /// A node is gone.
    fn gone(&self, node: u32);
}

/// Runs the server until its step daemon is gone; gives the exit code.
pub fn run(_args: &[OsString]) -> i32 {
    // Signals for the step are for its tasks; this one ends with its line. SIGCHLD and faults stay as they are.
    let kept =
        [Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGFPE, Signal::SIGILL, Signal::SIGABRT, Signal::SIGCHLD];
    let mut held = SigSet::all();
    for signal in kept {
        held.remove(signal);
    }
    let _ = held.thread_block();
    match serve() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("plimsoll mpid: {error}");
            1
        }
    }
}

fn serve() -> io::Result<()> {
    let mut line = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let up = Arc::new(Up::new(line.try_clone()?));
    let plan = match link::read(&mut line)? {
        Some(ToServer::Start(plan)) => *plan,
        None => return Ok(()),
        Some(_) => return Err(io::Error::other("the first word on the line was no plan")),
    };
    let fault = plan.fault;
    let started: Result<Box<dyn Serve>, String> = match plan.kind {
        Kind::Pmi2 => simple::start(plan, Arc::clone(&up)).map(|server| Box::new(server) as _),
        Kind::Pmix => pmix::start(plan, Arc::clone(&up)).map(|server| Box::new(server) as _),
    };
    let server = match started {
        Ok(server) => server,
        Err(why) => {
            up.say(&FromServer::Failed(why));
            return Ok(());
        }
    };
    let mut variables = server.variables();
    if matches!(fault, Some(Fault::EnvironmentLost | Fault::Singletons)) {
        for (_, variables) in &mut variables {
            variables.clear();
        }
    }
    up.say(&FromServer::Ready(variables));
    while let Some(message) = link::read(&mut line)? {
        match message {
            ToServer::Peer { from, bytes } => {
                if let Some(message) = link::message(&bytes)
                    && !(fault == Some(Fault::FenceLost) && matches!(message, Message::Part { .. }))
                {
                    server.heard(from, message);
                }
            }
            ToServer::PeerGone(node) if fault != Some(Fault::FenceLost) => server.gone(node),
            ToServer::PeerGone(_) | ToServer::Start(_) => {}
        }
    }
    Ok(())
}
