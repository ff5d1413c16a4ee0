//! A controller and step daemons that say what a test tells them to, for what a mock cluster does not do at will: to
//! fail, to vanish, to be late.

use std::ffi::OsString;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::JoinHandle;

use plimsoll_cluster::proto::control::{Allocation, StepGrant, StepRequest};
use plimsoll_cluster::proto::stream::Stream;
use plimsoll_cluster::proto::{FromStep, Reply, Request, ToStep};
use plimsoll_cluster::view::ExitCode;
use plimsoll_cluster::wire;
use plimsoll_launcher::step::StepId;
use tempfile::TempDir;

/// The program.
pub const PLIMSOLL: &str = env!("CARGO_BIN_EXE_plimsoll");
/// The job that every allocation gets.
pub const JOB: u32 = 5;

/// A cluster's folder with a controller that takes one connection.
pub struct Fake {
    dir: TempDir,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    /// Starts a controller that serves one connection as `serve` says.
    pub fn new(serve: impl FnOnce(Client) + Send + 'static) -> Self {
        let dir = tempfile::Builder::new().prefix("plimsoll-fake-").tempdir().unwrap();
        std::fs::create_dir(dir.path().join("io")).unwrap();
        std::fs::write(dir.path().join("slurm.conf"), "ClusterName=fake\nKillWait=1\n").unwrap();
        let listener = UnixListener::bind(dir.path().join("ctld.sock")).unwrap();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            serve(Client(stream));
        });
        Self { dir, thread: Some(thread) }
    }

    /// A controller that grants an allocation and a step on nodes `n1` … with these ranks, and goes on as `play` says.
    pub fn with_step(
        layout: &'static [&'static [u32]],
        play: impl FnOnce(&mut Played) + Send + 'static,
    ) -> Self {
        Self::new(move |mut client| {
            let job = client.hear();
            assert!(matches!(job, Request::Allocate(_)), "{job:?}");
            client.grant();
            let Request::CreateStep(request) = client.hear() else { panic!("no step was asked for") };
            let names = (1..).map(|index| format!("n{index}"));
            let layout: Vec<_> = names.zip(layout).map(|(name, ranks)| (name, ranks.to_vec())).collect();
            let grant = StepGrant {
                job_id: JOB,
                step: StepId::Number(0),
                layout: layout.clone(),
                release: plimsoll_launcher::Release::Guide,
            };
            client.say(&Reply::StepGranted(Box::new(grant)));
            let daemons = layout.iter().map(|(name, _)| Daemon::connect(&request, name)).collect();
            play(&mut Played { client: Some(client), daemons, request: *request });
        })
    }

    /// The cluster's folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A client command of this cluster.
    pub fn command(&self, tool: &str) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(PLIMSOLL);
        command.arg(tool).env_clear().env("PATH", "/usr/bin:/bin").env("SLURM_CONF", self.conf());
        command.timeout(std::time::Duration::from_secs(20));
        command
    }

    /// The cluster's `slurm.conf`.
    pub fn conf(&self) -> std::path::PathBuf {
        self.dir.path().join("slurm.conf")
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take()
            && !std::thread::panicking()
        {
            thread.join().unwrap();
        }
    }
}

/// A connection of a client command.
pub struct Client(UnixStream);

impl Client {
    /// The next request.
    pub fn hear(&mut self) -> Request {
        self.hear_or_end().expect("the client hung up")
    }

    /// The next request, or the end.
    pub fn hear_or_end(&mut self) -> Option<Request> {
        wire::read(&mut self.0).unwrap()
    }

    /// Replies.
    pub fn say(&mut self, reply: &Reply) {
        wire::write(&mut self.0, reply).unwrap();
    }

    /// Grants the allocation that was asked for.
    pub fn grant(&mut self) {
        let env = vec![(OsString::from("SLURM_JOB_ID"), OsString::from(JOB.to_string()))];
        let release = plimsoll_launcher::Release::Guide;
        self.say(&Reply::Granted(Box::new(Allocation {
            job_id: JOB,
            nodes: vec!["n1".into()],
            env,
            release,
        })));
    }
}

/// A step that is being played.
pub struct Played {
    /// The controller's end; without it the controller is gone.
    pub client: Option<Client>,
    /// The step daemons, one a node.
    pub daemons: Vec<Daemon>,
    /// What was asked for.
    pub request: StepRequest,
}

impl Played {
    /// All nodes say that their tasks run.
    pub fn launch(&mut self) {
        for daemon in &mut self.daemons {
            daemon.say(&FromStep::Launched { pids: vec![1] });
        }
    }

    /// All nodes say that they are done, and srun says goodbye with this exit code.
    pub fn finish(&mut self, exit_code: ExitCode) {
        for daemon in &mut self.daemons {
            daemon.say(&FromStep::Finished);
        }
        let client = self.client.as_mut().unwrap();
        assert_eq!(client.hear(), Request::Complete { job_id: JOB, exit_code: Some(exit_code) });
        client.say(&Reply::Done);
    }
}

/// A step daemon.
pub struct Daemon(UnixStream);

impl Daemon {
    /// Connects to srun, as the daemon of a node.
    pub fn connect(request: &StepRequest, node: &str) -> Self {
        let mut daemon = Self(UnixStream::connect(&request.socket).unwrap());
        daemon.say(&FromStep::Hello { cookie: request.cookie, node: node.to_owned() });
        daemon
    }

    /// Says something to srun.
    pub fn say(&mut self, message: &FromStep) {
        wire::write(&mut self.0, message).unwrap();
    }

    /// The next message of srun.
    pub fn hear(&mut self) -> ToStep {
        wire::read(&mut self.0).unwrap().expect("srun hung up")
    }

    /// Skips input up to the first other message.
    pub fn hear_command(&mut self) -> ToStep {
        loop {
            match self.hear() {
                ToStep::Input { .. } => {}
                other => return other,
            }
        }
    }

    /// A task writes to its standard output.
    pub fn output(&mut self, task: u32, text: &str) {
        self.say(&FromStep::Output { task, stream: Stream::Stdout, bytes: text.as_bytes().to_vec() });
    }

    /// A task ends.
    pub fn exit(&mut self, task: u32, exit_code: ExitCode) {
        self.say(&FromStep::TaskExit { task, exit_code, core: exit_code.signal == 11 });
    }
}
