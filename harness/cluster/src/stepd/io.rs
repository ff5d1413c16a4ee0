//! Bytes between the tasks and srun, at the pace of the slower side.

use std::io;
use std::os::fd::OwnedFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

use crate::proto::FromStep;
use crate::proto::stream::{CHUNK, Stream};

/// Messages that may wait for srun to take them; beyond that the tasks' output stops being read.
pub const PENDING_MESSAGES: usize = 8;
/// Chunks of input that may wait for a task to take them; beyond that srun's input stops being read.
pub const PENDING_INPUT: usize = 4;

/// Makes a descriptor of ours fit for waiting without a thread.
#[expect(unsafe_code, reason = "tokio leaves it to its caller that the descriptor stays open")]
pub fn watch(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    let flags = OFlag::from_bits_truncate(fcntl(&fd, FcntlArg::F_GETFL)?);
    fcntl(&fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    // SAFETY: an `OwnedFd` is open, and stays the same descriptor until it is dropped with what is made here.
    unsafe { AsyncFd::register(fd) }.map_err(io::Error::from)
}

/// Reads once; 0 is the end, as is the hang-up of a pty.
pub async fn read(from: &AsyncFd<OwnedFd>, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        let mut guard = from.readable().await?;
        match guard.try_io(|fd| nix::unistd::read(fd.get_ref(), buffer).map_err(io::Error::from)) {
            Ok(Err(error)) if error.raw_os_error() == Some(libc::EIO) => return Ok(0),
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(result) => return result,
            Err(_would_block) => {}
        }
    }
}

/// Writes all of it.
pub async fn write(to: &AsyncFd<OwnedFd>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let mut guard = to.writable().await?;
        match guard.try_io(|fd| nix::unistd::write(fd.get_ref(), bytes).map_err(io::Error::from)) {
            Ok(Ok(count)) => bytes = &bytes[count..],
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(Err(error)) => return Err(error),
            Err(_would_block) => {}
        }
    }
    Ok(())
}

/// Carries an output stream to srun until its end.
pub async fn forward_output(from: OwnedFd, task: u32, stream: Stream, to: mpsc::Sender<FromStep>) {
    if let Ok(from) = watch(from) {
        let mut buffer = vec![0; CHUNK];
        while let Ok(count @ 1..) = read(&from, &mut buffer).await {
            let bytes = buffer[..count].to_vec();
            // Without srun the output has nowhere to go, and is read on so that the task does not stall.
            let _ = to.send(FromStep::Output { task, stream, bytes }).await;
        }
    }
    let _ = to.send(FromStep::Output { task, stream, bytes: Vec::new() }).await;
}

/// Carries input to a task; an empty chunk, or the end of the channel, closes it.
pub async fn forward_input(to: OwnedFd, mut from: mpsc::Receiver<Vec<u8>>, terminal: bool) {
    let Ok(to) = watch(to) else { return };
    while let Some(bytes) = from.recv().await {
        if bytes.is_empty() {
            // A pipe's end is its last descriptor's; a terminal's is the character that means it.
            if terminal {
                let _ = write(&to, &[4]).await;
            }
            return;
        }
        // A task that has closed its input does not want the rest.
        if write(&to, &bytes).await.is_err() {
            return;
        }
    }
}

/// Reads lines until the end and hands each on.
pub async fn lines(from: OwnedFd, mut line: impl FnMut(String)) {
    let Ok(from) = watch(from) else { return };
    let mut pending: Vec<u8> = Vec::new();
    let mut buffer = vec![0; 4096];
    while let Ok(count @ 1..) = read(&from, &mut buffer).await {
        pending.extend_from_slice(&buffer[..count]);
        while let Some(at) = pending.iter().position(|&byte| byte == b'\n') {
            let rest = pending.split_off(at + 1);
            line(String::from_utf8_lossy(&pending[..at]).into_owned());
            pending = rest;
        }
    }
    if !pending.is_empty() {
        line(String::from_utf8_lossy(&pending).into_owned());
    }
}
