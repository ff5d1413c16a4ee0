//! The life of a step: launch, carry, wait, end, clean up.

use std::cell::RefCell;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepSpec;
use plimsoll_pmi::fault::Fault;
use plimsoll_pmi::link::{FromServer, ToServer};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use super::io::{PENDING_INPUT, forward_input, forward_output, lines};
use super::launch::{self, Launch};
use super::link::{Event, SrunLink, read_orders, read_srun, report};
use super::mpi;
use super::tasks::{self, Started};
use super::words;
use crate::proto::node::{StepIo, StepLaunch, StepOrder, StepReport};
use crate::proto::stream::Stream;
use crate::proto::{FromStep, ToStep};
use crate::setup::HOSTS;
use crate::view::ExitCode;
use crate::{procs, wire};

/// How long after a kill the next one comes while something is still alive: the list of descendants is read while it
/// changes, and may lack one.
pub(super) const KILL_AGAIN: Duration = Duration::from_millis(50);

/// The program.
pub fn main() -> i32 {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("slurmstepd: error: cannot start: {error}");
            return 1;
        }
    };
    LocalSet::new().block_on(&runtime, async {
        match orders() {
            Ok(stream) => serve(stream).await,
            Err(error) => {
                eprintln!("slurmstepd: error: file descriptor 0 is no socket of a node: {error}");
                1
            }
        }
    })
}

/// Says in process lists whose step it is, and to [`crate::mock`] that it has one.
fn name_process(spec: &StepSpec) {
    let name = format!("{}{}.{}", crate::stepd::WITH_STEP, spec.job_id, spec.step);
    if let Ok(name) = std::ffi::CString::new(name) {
        let _ = nix::sys::prctl::set_name(&name);
    }
}

fn orders() -> std::io::Result<UnixStream> {
    use std::os::fd::AsFd as _;
    let stream = std::os::unix::net::UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

async fn serve(stream: UnixStream) -> i32 {
    let (mut from_node, mut to_node) = stream.into_split();
    let what = match wire::read_async(&mut from_node).await {
        Ok(Some(StepOrder::Launch(what))) => what,
        // Started ahead of a step that did not come.
        Ok(None) => return 0,
        _ => {
            eprintln!("slurmstepd: error: the first order was no launch");
            return 1;
        }
    };
    name_process(&what.spec);
    let shared = what.mpi.as_ref().is_some_and(|plan| plan.fault == Some(Fault::SegmentsKept));
    if !shared
        && let Err(error) =
            plimsoll_runtime::own_node::enter(&what.spec.node_name, &what.spec.conf_dir.join(HOSTS))
    {
        // It looks like the machine then, as everything that an ordinary user starts.
        eprintln!("slurmstepd: error: no host name and /dev/shm of the node's own: {error}");
    }
    if what.spec.container.is_none() || !what.spec.release.has_open_defects() {
        // Whatever the tasks leave behind becomes a child of this process, and is ended by it. What a container's runtime
        // leaves is lost to the releases (R-OPEN-13).
        let _ = nix::sys::prctl::set_child_subreaper(true);
    }
    let (events, mut inbox) = mpsc::unbounded_channel();
    let srun = match &what.io {
        StepIo::Srun { socket, cookie } => match UnixStream::connect(socket).await {
            Ok(stream) => {
                let (read, write) = stream.into_split();
                let link = SrunLink::new(write);
                let hello = FromStep::Hello { cookie: *cookie, node: what.spec.node_name.clone() };
                let _ = link.sender.send(hello).await;
                Some((link, read))
            }
            Err(error) => {
                let message = format!("cannot connect to srun at {}: {error}", socket.display());
                report(&mut to_node, &StepReport::LaunchFailed { errno: libc::ECONNREFUSED, message }).await;
                report(&mut to_node, &StepReport::Gone { lost: false }).await;
                return 1;
            }
        },
        StepIo::Files { .. } => None,
    };
    tokio::task::spawn_local(read_orders(from_node, events.clone()));
    // Before the first child exists, so that no end is missed.
    if let Ok(mut child) = signal(SignalKind::child()) {
        let events = events.clone();
        tokio::task::spawn_local(async move {
            while child.recv().await.is_some() && events.send(Event::Child).is_ok() {}
        });
    }
    let mut step = Step::launch(*what, srun, &events, &mut to_node).await;
    step.attend(&mut inbox, &mut to_node).await;
    step.finish(&mut inbox, &mut to_node).await
}

/// A step under way.
pub(super) struct Step {
    pub(super) spec: StepSpec,
    pub(super) launch: Launch,
    pub(super) srun: Option<SrunLink>,
    pub(super) outputs: JoinSet<()>,
    pub(super) pty: Option<OwnedFd>,
    pub(super) errors: Rc<RefCell<Option<std::fs::File>>>,
    pub(super) kill_wait: Duration,
    pub(super) kill_at: Option<Instant>,
    pub(super) node_lost: bool,
    pub(super) killed: bool,
    /// Whether a real release is meant, whose daemons are less thorough.
    pub(super) real: bool,
    /// When such a one gives up what does not end.
    pub(super) unkillable_at: Option<Instant>,
    pub(super) unkillable: Duration,
    /// Ends that srun is told of when all output has come.
    pub(super) held: Vec<FromStep>,
    /// The server of its ranks, with MPI.
    pub(super) mpi: Option<mpi::Server>,
    /// With what a rank has given all of it up.
    pub(super) aborted: Option<u8>,
}

impl Step {
    async fn launch(
        mut what: StepLaunch,
        srun: Option<(SrunLink, OwnedReadHalf)>,
        events: &mpsc::UnboundedSender<Event>,
        to_node: &mut OwnedWriteHalf,
    ) -> Self {
        let (mpi, launch) = match mpi::start(&mut what, events).await {
            Ok(server) => (server, launch::launch(&what, &mut |line| eprintln!("{line}"))),
            Err(failure) => (None, Launch { failure: Some(failure), ..Launch::default() }),
        };
        let errors = Rc::new(RefCell::new(launch::error_file(&what.spec, launch.failure.is_none())));
        let (srun, from_srun) = srun.map_or((None, None), |(link, read)| (Some(link), Some(read)));
        let kill_wait = Duration::from_millis(what.kill_wait_millis);
        let mut step = Self {
            real: what.spec.release.has_open_defects(),
            unkillable_at: None,
            unkillable: Duration::from_millis(what.unkillable_millis),
            held: Vec::new(),
            spec: what.spec,
            launch,
            srun,
            outputs: JoinSet::new(),
            pty: None,
            errors,
            kill_wait,
            kill_at: None,
            node_lost: false,
            killed: false,
            mpi,
            aborted: None,
        };
        step.carry(from_srun, events);
        if let Some(failure) = step.launch.failure.clone() {
            // The releases keep the reason to themselves.
            let message = if step.real { String::new() } else { failure.message };
            if !step.real {
                step.say(&format!("slurmstepd: error: {message}"));
            }
            step.tell(FromStep::LaunchFailed { errno: failure.errno, message: message.clone() }).await;
            report(to_node, &StepReport::LaunchFailed { errno: failure.errno, message }).await;
            step.kill_all();
        } else {
            let pids = step.launch.started.iter().map(|task| task.task.pid.unsigned_abs()).collect();
            step.tell(FromStep::Launched { pids }).await;
            report(to_node, &StepReport::Launched).await;
        }
        step
    }

    /// Starts to carry the tasks' streams.
    fn carry(&mut self, from_srun: Option<OwnedReadHalf>, events: &mpsc::UnboundedSender<Event>) {
        let mut inputs = Vec::new();
        let sender = self.srun.as_ref().map(|link| link.sender.clone());
        for (rank, ends) in std::mem::take(&mut self.launch.ends) {
            let Some(sender) = &sender else { continue };
            if let Some(stdin) = ends.stdin {
                let (chunks, queue) = mpsc::channel(PENDING_INPUT);
                tokio::task::spawn_local(forward_input(stdin, queue, ends.pty.is_some()));
                inputs.push((rank, chunks));
            }
            for (end, stream) in [(ends.stdout, Stream::Stdout), (ends.stderr, Stream::Stderr)] {
                if let Some(end) = end {
                    self.outputs.spawn_local(forward_output(end, rank, stream, sender.clone()));
                }
            }
            self.pty = self.pty.take().or(ends.pty);
        }
        if let Some(from) = from_srun {
            tokio::task::spawn_local(read_srun(from, inputs, events.clone()));
        }
        for task in &self.launch.started {
            let Ok(report) = task.task.report.try_clone() else { continue };
            let (errors, sender) = (Rc::clone(&self.errors), sender.clone());
            let release = self.spec.release;
            self.outputs.spawn_local(lines(report, move |line| {
                let line = words::said(release, line);
                if let Some(file) = errors.borrow_mut().as_mut() {
                    let _ = writeln!(file, "{line}");
                }
                if let Some(sender) = &sender {
                    let (sender, line) = (sender.clone(), line);
                    tokio::task::spawn_local(async move { sender.send(FromStep::Message(line)).await });
                }
            }));
        }
        // The clones above are the readers; the originals would keep no stream open, but have no more use.
        self.launch.started.iter_mut().for_each(|task| {
            if let Ok(null) = std::fs::File::open("/dev/null") {
                task.task.report = null.into();
            }
        });
    }

    async fn tell(&self, message: FromStep) {
        if let Some(link) = &self.srun {
            let _ = link.sender.send(message).await;
        }
    }

    /// A complaint: to the batch job's error file.
    fn say(&self, line: &str) {
        if self.srun.is_none()
            && let Some(file) = self.errors.borrow_mut().as_mut()
        {
            let _ = writeln!(file, "{line}");
        }
    }

    fn running(&self) -> bool {
        self.launch.started.iter().any(|task| task.exit.is_none())
    }

    pub(super) fn kill_all(&mut self) {
        self.killed = true;
        if self.real && self.unkillable_at.is_none() {
            self.unkillable_at = Some(Instant::now() + self.unkillable);
        }
        self.signal_all(Signal::SIGKILL);
    }

    /// Signals everything that descends from the tasks, the launcher of a real release excepted: its processes bear the
    /// daemon's own name, and are spared.
    fn signal_all(&self, signal: Signal) {
        let own = std::process::id().cast_signed();
        if !self.real || self.unkillable_at.is_some_and(|at| at <= Instant::now()) {
            procs::signal_descendants(own, signal);
            return;
        }
        let name = procs::command_line(own);
        // The deepest first, so that nobody sees its program end by a signal and goes on.
        for pid in procs::descendants(own).into_iter().rev() {
            if procs::command_line(pid) != name {
                // One that has gone meanwhile is no loss.
                let _ = nix::sys::signal::kill(Pid::from_raw(pid), signal);
            }
        }
    }

    fn signal_tasks(&self, number: i32) {
        let Ok(signal) = Signal::try_from(number) else { return };
        // R-OPEN-16: up to 25.11 nothing comes of a reader that is gone; behind it the container ends.
        let release = self.spec.release;
        let heard = signal == Signal::SIGPIPE && release.is_later() && release.at_least(Release::V26_05);
        if self.real && self.spec.container.is_some() {
            return self.signal_all(if heard { Signal::SIGKILL } else { signal });
        }
        for task in self.launch.started.iter().filter(|task| task.exit.is_none()) {
            // A task that ends at this moment needs no signal.
            let _ = killpg(Pid::from_raw(task.task.pid), signal);
        }
    }

    /// Waits for the tasks' ends and does what it is told meanwhile.
    async fn attend(&mut self, inbox: &mut mpsc::UnboundedReceiver<Event>, to_node: &mut OwnedWriteHalf) {
        self.collect();
        while self.running() {
            let soon = Instant::now() + KILL_AGAIN;
            // A release waits long before it kills again, and then whatever there is.
            let later = self.unkillable_at.filter(|_| self.real).map_or(soon, |at| at.max(soon));
            let again = self.killed.then_some(later);
            let event = match self.kill_at.into_iter().chain(again).min() {
                Some(at) => {
                    if let Ok(event) = tokio::time::timeout_at(at, inbox.recv()).await {
                        event
                    } else {
                        self.kill_at = None;
                        self.kill_all();
                        continue;
                    }
                }
                None => inbox.recv().await,
            };
            match event {
                Some(Event::FromMpi(message)) => self.hand_up(message, to_node).await,
                Some(event) => self.heed(event),
                None => self.kill_all(),
            }
        }
        // The server has nobody left to serve.
        self.mpi = None;
        report(to_node, &StepReport::Ended(self.highest())).await;
    }

    fn heed(&mut self, event: Event) {
        match event {
            Event::Child => self.collect(),
            Event::Order(StepOrder::Signal { signal, full }) => {
                self.signal_tasks(signal);
                if full && let Ok(signal) = Signal::try_from(signal) {
                    procs::signal_descendants(std::process::id().cast_signed(), signal);
                }
                if signal == libc::SIGKILL {
                    self.kill_all();
                }
            }
            Event::Order(StepOrder::Terminate { why, now, job }) => self.terminate(&why, now, job),
            Event::OrdersLost => {
                self.node_lost = true;
                // Without its end srun would wait for a node that is gone.
                if let Some(link) = self.srun.take() {
                    link.writer.abort();
                }
                self.outputs.abort_all();
                self.kill_all();
            }
            Event::FromSrun(ToStep::Signal(signal)) => {
                self.signal_tasks(signal);
                if signal == libc::SIGKILL {
                    self.kill_all();
                }
            }
            Event::FromSrun(ToStep::Window(columns, rows)) => {
                if let Some(pty) = &self.pty {
                    tasks::resize(pty, columns, rows);
                }
            }
            Event::FromSrun(ToStep::Abort) => self.terminate("", self.real, false),
            Event::Order(StepOrder::Peer { from, bytes }) => self.tell_server(ToServer::Peer { from, bytes }),
            Event::Order(StepOrder::PeerGone(node)) => self.tell_server(ToServer::PeerGone(node)),
            Event::Order(StepOrder::Abort { rank, code }) => self.abort(rank, code),
            Event::Order(StepOrder::Launch(_))
            | Event::FromSrun(ToStep::Input { .. })
            | Event::FromMpi(_) => {}
        }
    }

    fn tell_server(&self, message: ToServer) {
        if let Some(server) = &self.mpi {
            server.say(message);
        }
    }

    /// What the MPI server says goes by way of the controller to the other nodes.
    async fn hand_up(&mut self, message: FromServer, to_node: &mut OwnedWriteHalf) {
        let up = match message {
            FromServer::Peer { to, bytes } => StepReport::Peer { to, bytes },
            // A process hands on the lowest eight bits.
            FromServer::Abort { rank, code } => StepReport::Abort { rank, code: code.to_le_bytes()[0] },
            FromServer::Ready(_) | FromServer::Failed(_) => return,
        };
        report(to_node, &up).await;
    }

    /// A rank has given up: all of the step ends, and its exit code is the one that the rank has named.
    fn abort(&mut self, rank: u32, code: u8) {
        if self.aborted.is_some() {
            return;
        }
        self.aborted = Some(code);
        if self.launch.started.iter().any(|task| task.rank == rank)
            && let Some(link) = &self.srun
        {
            let line = format!(
                "slurmstepd: error: *** STEP {}.{} ON {}: rank {rank} aborted with exit code {code} ***",
                self.spec.job_id, self.spec.step, self.spec.node_name,
            );
            // Not awaited: a stalled srun must not keep the tasks alive.
            let _ = link.sender.try_send(FromStep::Message(line));
        }
        self.kill_all();
    }

    /// Cancels the step: a word to its user, SIGCONT, SIGTERM, and SIGKILL to all of it after KillWait.
    fn terminate(&mut self, why: &str, now: bool, job: bool) {
        if self.kill_at.is_some() {
            return;
        }
        let why = words::why(self.spec.release, why, now);
        self.say(&words::cancelled(&self.spec, &why, job));
        if let Some(link) = &self.srun {
            // Not awaited: a stalled srun must not keep its tasks alive.
            let _ = link.sender.try_send(FromStep::Cancelled { why });
        }
        if now {
            self.kill_all();
            return;
        }
        self.signal_tasks(libc::SIGCONT);
        self.signal_tasks(libc::SIGTERM);
        // The releases' node daemons wait five seconds at least.
        let wait = if self.real { self.kill_wait.max(self.unkillable / 12) } else { self.kill_wait };
        self.kill_at = Some(Instant::now() + wait);
    }

    /// Takes note of every child that has ended.
    fn collect(&mut self) {
        let (ended, _) = tasks::reap();
        for (pid, exit_code, core) in ended {
            let task = self.launch.started.iter_mut().find(|task| task.task.pid == pid);
            if let Some(Started { rank, exit, .. }) = task {
                let exit_code = match self.aborted {
                    Some(code) if i32::from(exit_code.signal) == libc::SIGKILL => ExitCode::exited(code),
                    _ => exit_code,
                };
                *exit = Some((exit_code, core));
                if exit_code.signal != 0
                    && let Some(prepared) = &self.launch.prepared
                {
                    prepared.note_forced_end();
                }
                let task = *rank;
                if self.real {
                    // Told when all output has come, or with the next end.
                    self.held.push(FromStep::TaskExit { task, exit_code, core });
                    continue;
                }
                // Not awaited here: the channel may be full of output that srun is slow to take.
                if let Some(link) = &self.srun {
                    let sender = link.sender.clone();
                    self.outputs.spawn_local(async move {
                        let _ = sender.send(FromStep::TaskExit { task, exit_code, core }).await;
                    });
                }
            }
        }
    }

    fn highest(&self) -> ExitCode {
        let failed = if self.launch.failure.is_some() { ExitCode::exited(1) } else { ExitCode::default() };
        let ends = self.launch.started.iter().filter_map(|task| task.exit).map(|(exit, _)| exit);
        ends.chain([failed]).max_by_key(|exit| exit.shell_code()).unwrap_or_default()
    }
}
