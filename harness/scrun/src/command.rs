//! The operations as their callers see them: exit code 0, or 1 and one message in the log.

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::anchor::{self, Order};
use crate::args::{self, Create, Global, Operation};
use crate::bundle::Bundle;
use crate::cluster::Cluster;
use crate::inputs;
use crate::log::{Format, Log, Settings};
use crate::place::{self, Place, PlaceError, State};
use crate::site::Site;
use crate::status::Status;
use crate::wire::{self, Reply, Request};
use crate::wrong::Wrong;

/// The exit code of whatever failed.
const FAILED: i32 = 1;

const HELP: &str = "\
Usage: scrun [GLOBAL OPTIONS...] create [CREATE OPTIONS] <container-id>
       scrun [GLOBAL OPTIONS...] start <container-id>
       scrun [GLOBAL OPTIONS...] state <container-id>
       scrun [GLOBAL OPTIONS...] kill <container-id> [signal]
       scrun [GLOBAL OPTIONS...] delete [--force] <container-id>
       scrun [GLOBAL OPTIONS...] version

Global options:
  --root=DIR             folder of the containers
  -f FILE                slurm.conf
  --log=FILE             log there, not to standard error
  --log-format=json|text
  --debug, -v            say more
  -V, --version          show the release
  --cgroup-manager, --rootless, --systemd-cgroup are taken and ignored

Create options:
  -b, --bundle=DIR       the bundle (default: the working directory)
  --console-socket=FILE  where the master of the terminal goes
  --pid-file=FILE        where the process id goes
  --no-pivot, --no-new-keyring, --preserve-fds are taken and ignored
";

/// Runs scrun with the arguments behind its name, which is `called`; gives the exit code. `wrong` is for selftest alone.
pub fn run(called: &OsStr, args: &[OsString], cluster: &'static dyn Cluster, wrong: Option<Wrong>) -> i32 {
    if let [word, fd, order] = args
        && word == ANCHOR
    {
        return anchor::run(&fd.to_string_lossy(), Path::new(order), cluster, wrong);
    }
    let (global, operation) = match args::parse(args) {
        Ok(parsed) => parsed,
        Err(error) => {
            eprintln!("scrun: error: {error}\nTry \"scrun --help\" for more information");
            return FAILED;
        }
    };
    let mut format = global.format;
    if wrong == Some(Wrong::LogAlwaysText) {
        format = Format::Text;
    }
    let settings = Settings::new(global.log.clone(), format, global.debug, global.verbose, &env);
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("scrun: error: {error}");
            return FAILED;
        }
    };
    let log = settings.open();
    let call = Call { called, args, global, cluster, wrong, log };
    match call.operate(operation) {
        Ok(()) => 0,
        Err(_) if wrong == Some(Wrong::ErrorsNameless) => {
            call.log.error("it did not work");
            FAILED
        }
        Err(error) => {
            call.log.error(&error);
            FAILED
        }
    }
}

/// The hidden operation that is the anchor.
const ANCHOR: &str = "anchor";

fn env(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// One call.
struct Call<'a> {
    called: &'a OsStr,
    args: &'a [OsString],
    global: Global,
    cluster: &'static dyn Cluster,
    wrong: Option<Wrong>,
    log: Log,
}

impl Call<'_> {
    fn operate(&self, operation: Operation) -> Result<(), String> {
        self.log.debug(&format!("called with {:?}", self.args));
        match operation {
            Operation::Help => print(HELP),
            Operation::Version => {
                let site = self.site()?;
                let release = self.cluster.release(&site.conf)?;
                print(&format!("slurm {}\n", release.version()))
            }
            Operation::Create(create) => self.create(&create),
            Operation::Start(id) => self.start(&id),
            Operation::State(id) => self.state(&id),
            Operation::Kill(id, signal) => self.kill(&id, signal),
            Operation::Delete(id, force) => self.delete(&id, force),
            Operation::Unsupported(_) if self.wrong == Some(Wrong::OthersTaken) => Ok(()),
            Operation::Unsupported(name) => {
                if self.wrong == Some(Wrong::OthersEnd)
                    && let Some(id) = self.args.last().and_then(|word| word.to_str())
                {
                    let _ = self.kill(id, nix::libc::SIGKILL);
                }
                Err(format!("{name} is not supported by scrun: the container is a job on another node"))
            }
        }
    }

    fn site(&self) -> Result<Site, String> {
        Site::find(self.global.conf.as_deref(), &env, self.called).map_err(|error| error.to_string())
    }

    fn place(&self, id: &str) -> Result<Place, String> {
        let asked = self.global.root.as_deref();
        let uid = nix::unistd::geteuid().as_raw();
        let root = match place::root(asked, uid, &env) {
            Err(PlaceError::Root) if self.wrong == Some(Wrong::RootGuessed) => Ok("/tmp/scrun".into()),
            root => root,
        };
        Ok(Place::new(&root.map_err(|error| error.to_string())?, id))
    }

    fn found(&self, id: &str) -> Result<Place, String> {
        let place = self.place(id)?;
        place.check().map_err(|error| error.to_string())?;
        Ok(place)
    }

    fn create(&self, create: &Create) -> Result<(), String> {
        let order = self.order(create)?;
        let place = order.place();
        if self.wrong == Some(Wrong::NameTaken) {
            place.remove().map_err(|error| error.to_string())?;
        }
        place.make().map_err(|error| error.to_string())?;
        let started = self.start_anchor(&place, &order).and_then(|pid| match &create.pid_file {
            Some(path) => std::fs::write(path, pid.to_string())
                .map_err(|error| format!("cannot write the pid file {}: {error}", path.display())),
            None => Ok(()),
        });
        if started.is_err() {
            // Nothing may be left of what did not come about; a started anchor goes first.
            let _ = wire::ask(&place.socket(), &Request::Delete);
            place.remove().map_err(|error| error.to_string())?;
        }
        started
    }

    /// Everything that can be said before there is a job is said before there is one.
    fn order(&self, create: &Create) -> Result<Order, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let site = self.site()?;
        if self.wrong != Some(Wrong::AuthTaken) {
            site.check_auth(&env).map_err(|error| text(&error))?;
        }
        let release = self.cluster.release(&site.conf)?;
        let mut conf = site.oci_conf(release);
        if self.wrong == Some(Wrong::OciConfMissingTaken) {
            conf = Ok(conf.unwrap_or_default());
        }
        let conf = conf.map_err(|error| text(&error))?;
        let script = site.check_script();
        let script = match script {
            Err(_) if self.wrong == Some(Wrong::ScriptMissingTaken) => None,
            checked => checked.map(|()| Some(site.script())).map_err(|error| text(&error))?,
        };
        let here =
            std::env::current_dir().map_err(|error| format!("there is no working directory: {error}"))?;
        let dir = here.join(create.bundle.as_deref().unwrap_or(Path::new("")));
        let bundle = Bundle::load(&dir).map_err(|error| text(&error))?;
        if bundle.terminal && create.console_socket.is_none() {
            return Err(format!("{}: a terminal is wanted, but no --console-socket is given", dir.display()));
        }
        let command = match bundle.command() {
            Err(_) if self.wrong == Some(Wrong::CommandUnchecked) => bundle.args.clone(),
            command => command.map_err(|error| text(&error))?,
        };
        let mut inputs = inputs::of_job(&env, &bundle.env);
        let job = inputs::existing_job(&env, &bundle.env).filter(|_| self.wrong != Some(Wrong::JobIgnored));
        inputs.retain(|(name, _)| match self.wrong {
            Some(Wrong::NodesIgnored) => name != "SLURM_JOB_NUM_NODES",
            Some(Wrong::LimitIgnored) => name != "SLURM_TIMELIMIT",
            _ => true,
        });
        Ok(Order {
            root: self.place(&create.id)?.root().to_owned(),
            id: create.id.clone(),
            srun: conf.srun_path.map_or_else(|| site.tool("srun"), PathBuf::from),
            srun_args: conf.srun_args,
            conf: site.conf,
            bundle,
            command,
            pid_file: create.pid_file.clone(),
            console_socket: create.console_socket.as_ref().map(|path| here.join(path)),
            log: self.log.settings().clone(),
            release,
            script,
            inputs,
            job,
        })
    }

    /// Starts the anchor and waits for its word; gives its pid.
    fn start_anchor(&self, place: &Place, order: &Order) -> Result<u32, String> {
        let failed = |error: std::io::Error| format!("cannot start the anchor: {error}");
        let state = order.first_state(std::process::id());
        place.write_state(&state).map_err(|error| error.to_string())?;
        let text = serde_json::to_vec(order).map_err(|error| failed(error.into()))?;
        std::fs::write(place.order(), text).map_err(failed)?;
        let (mut reader, writer) = std::io::pipe().map_err(failed)?;
        // The one descriptor beside the streams that goes along.
        fcntl(&writer, FcntlArg::F_SETFD(FdFlag::empty())).map_err(|error| failed(error.into()))?;
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.args(wrong_words(self.wrong)).arg("scrun").arg(ANCHOR);
        command.arg(writer.as_raw_fd().to_string()).arg(place.order());
        if order.console_socket.is_some() {
            // The container's streams are the terminal's; the caller waits for the end of those that it gave to create.
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        }
        // By this the anchor is known to belong to its cluster.
        let child = command.env("SLURM_CONF", &order.conf).spawn().map_err(failed)?;
        drop(writer);
        let mut word = Vec::new();
        reader.read_to_end(&mut word).map_err(failed)?;
        match serde_json::from_slice(&word) {
            Ok(Reply::Refused(words)) => Err(words),
            Ok(_) => Ok(child.id()),
            Err(_) => Err("the anchor ended before the container was created".to_owned()),
        }
    }

    fn start(&self, id: &str) -> Result<(), String> {
        let place = self.found(id)?;
        match wire::ask(&place.socket(), &Request::Start) {
            Some(Reply::Refused(_)) if self.wrong == Some(Wrong::StartTwice) => Ok(()),
            Some(Reply::Refused(words)) => Err(words),
            Some(_) => Ok(()),
            None => Err(format!("container `{id}` is stopped, and only one that is created can be started")),
        }
    }

    fn state(&self, id: &str) -> Result<(), String> {
        let mut state = current(&self.found(id)?)?;
        if self.wrong == Some(Wrong::StateRunning) {
            state.status = Status::Running;
        }
        let mut value = serde_json::to_value(&state).map_err(|error| error.to_string())?;
        // A pid stands for a process that is there.
        if state.status == Status::Stopped || self.wrong == Some(Wrong::StateWithoutPid) {
            value["pid"] = 0.into();
        }
        print(&format!("{value:#}\n"))
    }

    fn kill(&self, id: &str, signal: i32) -> Result<(), String> {
        let place = self.found(id)?;
        if self.wrong == Some(Wrong::KillNothing) {
            return Ok(());
        }
        match wire::ask(&place.socket(), &Request::Kill(signal)) {
            Some(Reply::Refused(words)) => Err(words),
            Some(_) => Ok(()),
            None => Err(format!("container `{id}` is not running")),
        }
    }

    fn delete(&self, id: &str, force: bool) -> Result<(), String> {
        let place = self.place(id)?;
        if let Err(error) = place.check() {
            return if force { Ok(()) } else { Err(error.to_string()) };
        }
        match wire::ask(&place.socket(), &Request::Delete) {
            Some(Reply::Refused(words)) => return Err(words),
            Some(_) => {}
            None => self.end_orphan(&place, id),
        }
        if self.wrong == Some(Wrong::DeleteLeaves) {
            return Ok(());
        }
        place.remove().map_err(|error| error.to_string())
    }

    /// An anchor that was killed may have left a step in a job that was not its own.
    fn end_orphan(&self, place: &Place, id: &str) {
        let (Ok(state), Ok(site)) = (place.read_state(), self.site()) else { return };
        if let (Some(job), None) = (state.job_id, state.exit_code) {
            // The job may have gone with the anchor, which is what is wanted.
            let _ = self.cluster.signal(&site.conf, job, id, nix::libc::SIGKILL);
        }
    }
}

fn print(text: &str) -> Result<(), String> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}

/// The state that the anchor tells, or the last one that it wrote.
fn current(place: &Place) -> Result<State, String> {
    if let Some(Reply::State(state)) = wire::ask(&place.socket(), &Request::State) {
        return Ok(*state);
    }
    let mut state = place.read_state().map_err(|error| error.to_string())?;
    // Whatever it was at, it is over.
    state.status = Status::Stopped;
    Ok(state)
}

/// The words in front of `scrun` by which the program becomes a wrong one again.
fn wrong_words(wrong: Option<Wrong>) -> Vec<OsString> {
    wrong.map_or_else(Vec::new, |wrong| vec!["deviant".into(), wrong.id().into()])
}
