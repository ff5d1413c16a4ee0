//! A command that runs: its output is read as it comes, so that it never stalls for want of a reader, and its end is waited
//! for with a deadline. Whatever still runs when the case lets go of it is killed.

use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::context::Context;
use crate::evidence::{Claims, CommandNote};
use crate::invoke::{Input, Invocation};
use crate::outcome::{Failure, Mismatch};
use crate::run::{Run, shown};

/// How long the streams of a command may stay open after its end: what it left behind may write its last words.
const DRAIN: Duration = Duration::from_secs(2);

/// The most that is read of one stream: four times what the largest case sends.
const MOST: usize = 64 << 20;

/// What has been read of a stream so far.
#[derive(Clone, Debug, Default)]
struct Read {
    bytes: Vec<u8>,
    ended: bool,
}

type Stream = watch::Receiver<Read>;

/// A command that was started.
#[derive(Debug)]
pub struct Running<'c> {
    cx: &'c Context<'c>,
    child: Child,
    pid: Pid,
    stdin: Option<ChildStdin>,
    stdout: Stream,
    stderr: Stream,
    started: Instant,
    limit: Duration,
    note: Option<CommandNote>,
    program: String,
    proof: Option<crate::bundle::Proof>,
    ended: bool,
    /// Our end of its terminal, which must stay open as long as it runs.
    _terminal: Option<Arc<OwnedFd>>,
}

impl<'c> Running<'c> {
    pub(crate) fn start(what: Invocation<'c>) -> Result<Self, Failure> {
        use std::os::unix::process::CommandExt as _;
        let cx = what.cx;
        let mut command = what.command();
        // Ctrl-C on the terminal is for the runner, which ends its cases in order.
        command.process_group(0);
        let broken = |cause: std::io::Error| Failure::broken(format!("cannot start {}", what.program), cause);
        let terminal = if let Input::Terminal(columns, rows) = what.input {
            let pty = crate::terminal::open(columns, rows).map_err(broken)?;
            command.stdin(pty.user.try_clone()?).stdout(pty.user.try_clone()?).stderr(pty.user);
            Some(Arc::new(pty.ours))
        } else {
            let stdin = if what.input == Input::Null { Stdio::null() } else { Stdio::piped() };
            command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
            None
        };
        let _runtime = cx.runtime().enter();
        let started = Instant::now();
        let mut child = tokio::process::Command::from(command).spawn().map_err(broken)?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
        let pid = pid.ok_or_else(|| Failure::broken(&what.program, "it has no process id"))?;
        let mut stdin = child.stdin.take();
        if let Input::Bytes(bytes) = &what.input
            && let Some(mut to) = stdin.take()
        {
            let bytes = bytes.clone();
            // A command that does not read to the end closes the pipe, which is its right.
            cx.runtime().spawn(async move { to.write_all(&bytes).await });
        }
        let stdout = match (&terminal, child.stdout.take()) {
            (Some(ours), _) => read_terminal(cx, ours.try_clone()?.into()),
            (None, Some(from)) => read(cx, from),
            (None, None) => read(cx, tokio::io::empty()),
        };
        let stderr = match child.stderr.take() {
            Some(from) => read(cx, from),
            None => read(cx, tokio::io::empty()),
        };
        Ok(Self {
            cx,
            child,
            pid,
            stdin,
            stdout,
            stderr,
            started,
            limit: what.limit.mul_f64(cx.time_scale()),
            note: Some(note(&what)),
            proof: what.proof(),
            program: what.program,
            ended: false,
            _terminal: terminal,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// Sends a signal to the command, and to nothing that it started.
    pub fn signal(&self, signal: Signal) -> Result<(), Failure> {
        kill(self.pid, signal)
            .map_err(|cause| Failure::broken(format!("cannot signal {}", self.program), cause))
    }

    /// Writes to its standard input.
    pub fn write_stdin(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some(stdin) = &mut self.stdin else {
            return Err(Failure::broken(
                &self.program,
                "its standard input is not open (a fault of the case)",
            ));
        };
        let limit = self.limit;
        let written = self.cx.runtime().block_on(async { timeout(limit, stdin.write_all(bytes)).await });
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(cause)) => {
                Err(Failure::failed("a command that reads its standard input", cause.to_string()))
            }
            Err(_) => Err(Failure::failed("a command that reads its standard input", "it reads no more")),
        }
    }

    /// Ends its standard input.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// What it has written to standard output so far.
    pub fn stdout_so_far(&self) -> Vec<u8> {
        self.stdout.borrow().bytes.clone()
    }

    /// What it has written to standard error so far.
    pub fn stderr_so_far(&self) -> Vec<u8> {
        self.stderr.borrow().bytes.clone()
    }

    /// Waits until its standard output holds a text; fails when it ends or the time is over without it.
    pub fn until_stdout_has(&self, text: &str) -> Result<(), Failure> {
        self.until(&self.stdout, "output", text)
    }

    /// Waits until its standard error holds a text, likewise.
    pub fn until_stderr_has(&self, text: &str) -> Result<(), Failure> {
        self.until(&self.stderr, "error", text)
    }

    fn until(&self, stream: &Stream, name: &str, text: &str) -> Result<(), Failure> {
        let has = |read: &Read| read.bytes.windows(text.len().max(1)).any(|part| part == text.as_bytes());
        let mut stream = stream.clone();
        let stop = self.cx.stop();
        let limit = self.limit;
        self.cx.runtime().block_on(async {
            tokio::select! {
                _ = timeout(limit, stream.wait_for(|read| has(read) || read.ended)) => {}
                () = stop.wait() => {}
            }
        });
        let holds = has(&stream.borrow());
        if stop.is_set() {
            return Err(Failure::Interrupted);
        }
        let (stdout, stderr) = (self.stdout_so_far(), self.stderr_so_far());
        let seen = format!("none of it\nstdout: {}\nstderr: {}", shown(&stdout), shown(&stderr));
        if holds {
            return Ok(());
        }
        let expected = format!("standard {name} of {} with {text:?} in it", self.program);
        // A stream that is still open when the time is over belongs to a command that hangs.
        let hung = !stream.borrow().ended;
        Err(Failure::Failed(Mismatch { expected, seen, rule: None, hung }))
    }

    /// Waits for its end. A command that is late is killed, and the case has failed.
    pub fn wait(mut self) -> Result<Run, Failure> {
        let left = self.limit.saturating_sub(self.started.elapsed());
        let stop = self.cx.stop();
        let child = &mut self.child;
        let status = self.cx.runtime().block_on(async {
            tokio::select! {
                status = timeout(left, child.wait()) => status.ok(),
                () = stop.wait() => None,
            }
        });
        let took = self.started.elapsed();
        let Some(status) = status else {
            self.kill();
            self.save(None, took)?;
            return Err(if stop.is_set() { Failure::Interrupted } else { self.hung() });
        };
        let status = status?;
        self.ended = true;
        let (mut stdout, mut stderr) = (self.stdout.clone(), self.stderr.clone());
        let drained = self.cx.runtime().block_on(async {
            let both = async {
                tokio::join!(stdout.wait_for(|read| read.ended), stderr.wait_for(|read| read.ended))
            };
            timeout(DRAIN, async { drop(both.await) }).await.is_ok()
        });
        let claims = self.save(Some(status), took)?;
        let run = Run {
            program: self.program.clone(),
            status,
            stdout: self.stdout_so_far(),
            stderr: self.stderr_so_far(),
            took,
            proof: self.proof.take(),
            rule: None,
            mismatches: Vec::new(),
            claims,
        };
        Ok(run.check(drained, "streams that end with the command", "something still holds them open"))
    }

    fn hung(&self) -> Failure {
        let seen = format!(
            "{} still runs (hung)\nstdout: {}\nstderr: {}",
            self.program,
            shown(&self.stdout_so_far()),
            shown(&self.stderr_so_far())
        );
        let expected = format!("{} ends within {} s", self.program, self.limit.as_secs_f32());
        Failure::Failed(Mismatch { expected, seen, rule: None, hung: true })
    }

    fn save(&mut self, status: Option<ExitStatus>, took: Duration) -> Result<Claims, Failure> {
        use std::os::unix::process::ExitStatusExt as _;
        let Some(mut note) = self.note.take() else { return Ok(Claims::default()) };
        note.exit = status.and_then(|status| status.code());
        note.signal = status.and_then(|status| status.signal());
        note.hung = status.is_none();
        note.millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.cx
            .evidence()
            .command(&self.program, &note, &self.stdout_so_far(), &self.stderr_so_far())
            .map_err(|cause| Failure::broken("cannot write evidence", cause))
    }

    /// Kills the command and what it started in its process group, and reaps it.
    fn kill(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        let _ = killpg(self.pid, Signal::SIGKILL);
        let child = &mut self.child;
        let _ = self.cx.runtime().block_on(async { timeout(DRAIN, child.wait()).await });
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.kill();
        let _ = self.save(None, self.started.elapsed());
    }
}

fn note(what: &Invocation<'_>) -> CommandNote {
    let lossy = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
    let arguments = what.arguments();
    CommandNote {
        argv: std::iter::once(what.program.clone()).chain(arguments.iter().map(|word| lossy(word))).collect(),
        env: what.env.iter().map(|(name, value)| (lossy(name), value.as_deref().map(lossy))).collect(),
        cwd: what.cwd.clone(),
        exit: None,
        signal: None,
        hung: false,
        millis: 0,
    }
}

/// Reads a stream to its end, on the runtime's own thread.
fn read(cx: &Context<'_>, mut from: impl AsyncRead + Send + Unpin + 'static) -> Stream {
    let (tell, stream) = watch::channel(Read::default());
    cx.runtime().spawn(async move {
        let mut chunk = vec![0; 64 << 10];
        loop {
            let count = from.read(&mut chunk).await.unwrap_or(0);
            if !tell_of(&tell, &chunk, count) {
                return;
            }
        }
    });
    stream
}

/// Reads our end of a terminal; one whose other end is closed gives an error rather than an end.
fn read_terminal(cx: &Context<'_>, mut from: std::fs::File) -> Stream {
    use std::io::Read as _;
    let (tell, stream) = watch::channel(Read::default());
    cx.runtime().spawn_blocking(move || {
        let mut chunk = vec![0; 64 << 10];
        loop {
            let count = from.read(&mut chunk).unwrap_or(0);
            if !tell_of(&tell, &chunk, count) {
                return;
            }
        }
    });
    stream
}

/// Adds what was read to what is known; false at the end of the stream.
fn tell_of(tell: &watch::Sender<Read>, chunk: &[u8], count: usize) -> bool {
    tell.send_modify(|read| {
        let room = MOST.saturating_sub(read.bytes.len());
        read.bytes.extend_from_slice(&chunk[..count.min(room)]);
        read.ended = count == 0;
    });
    count > 0
}
