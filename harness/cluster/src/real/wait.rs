//! Waiting for what real daemons do not announce: looks with a deadline, and commands that may not take for ever.

use std::io::{self, Read as _};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How often a state that nobody announces is looked at. A look costs a client command, so that it is not more often.
pub const LOOK: Duration = Duration::from_millis(15);

/// How long an operator's command may take. One that finds the controller gone tries for ten seconds and more.
pub const COMMAND: Duration = Duration::from_secs(8);

/// Looks until something holds, or the time is up.
pub fn until(within: Duration, holds: impl FnMut() -> bool) -> bool {
    crate::wait::until(within, LOOK, holds)
}

/// Runs a command to its end with nothing to read; one that is late is killed and is an error of its own kind
/// ([`io::ErrorKind::TimedOut`]).
pub fn output(command: &mut Command, within: Duration) -> io::Result<Output> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let read = |stream: Option<Box<dyn io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                // What was read up to an error is what there is.
                let _ = stream.read_to_end(&mut bytes);
            }
            bytes
        })
    };
    let stdout = read(stdout.map(|stream| Box::new(stream) as Box<dyn io::Read + Send>));
    let stderr = read(stderr.map(|stream| Box::new(stream) as Box<dyn io::Read + Send>));
    let deadline = Instant::now() + within;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if Instant::now() >= deadline {
            break None;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let Some(status) = status else {
        child.kill()?;
        child.wait()?;
        let said = format!("it did not end within {} s", within.as_secs_f32());
        return Err(io::Error::new(io::ErrorKind::TimedOut, said));
    };
    let join = |thread: std::thread::JoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
    Ok(Output { status, stdout: join(stdout), stderr: join(stderr) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gives_its_streams_and_a_late_one_is_killed() {
        let mut command = Command::new("/bin/sh");
        let got = output(command.args(["-c", "echo out; echo err >&2; exit 3"]), COMMAND).unwrap();
        assert_eq!(
            (got.status.code(), got.stdout.as_slice(), got.stderr.as_slice()),
            (Some(3), &b"out\n"[..], &b"err\n"[..])
        );
        let late = output(Command::new("sleep").arg("60"), Duration::from_millis(20)).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }
}
