//! The life of a container from its anchor's side: a job, stage in, the step, stage out, the end.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;

use super::host::AnchorHost;
use super::shared::Next;
use super::{Anchor, BROKEN, Report};
use crate::cluster::{Allocation, End, Job, Wanted};
use crate::console;
use crate::log::Level;
use crate::outputs::{self, Facts};
use crate::script::{Changes, Container, Host, Script};
use crate::status::Event;
use crate::wire::Reply;
use crate::wrong::Wrong;

/// The exit code of a container whose job was taken away before it ran, as one of SIGTERM.
const TAKEN: i32 = 128 + nix::libc::SIGTERM;

/// Lives it; gives the exit code.
pub(super) fn live(anchor: &Arc<Anchor>, report: &mut Report) -> i32 {
    let (code, allocation) = match begin(anchor) {
        Ok(begun) => {
            if !report.say(&Reply::Done) {
                // Nobody waits for the container any more.
                anchor.shared.end(nix::libc::SIGKILL);
            }
            let code = middle(anchor, &begun);
            (code, begun.allocation)
        }
        Err((words, allocation)) => {
            anchor.log.debug(&words);
            report.say(&Reply::Refused(words));
            (BROKEN, allocation)
        }
    };
    let code = match anchor.wrong {
        Some(Wrong::CodeLost) => 0,
        Some(Wrong::CodeOne) => code.min(1),
        // R-OPEN-9, as seen on 24.11 and 26.05.
        _ if anchor.order.release.has_open_defects() => 0,
        _ => code,
    };
    if let Some(allocation) = allocation {
        allocation.give_back(code);
    }
    // Ended is possible from everywhere.
    let _ = anchor.shared.happen(Event::Ended);
    anchor.shared.change(|state| state.exit_code = Some(code));
    // A socket that nobody listens to any more would only make others wait.
    let _ = std::fs::remove_file(anchor.shared.place().socket());
    anchor.shared.finish();
    code
}

/// A container that is created.
struct Begun {
    allocation: Option<Arc<dyn Allocation>>,
    job: Job,
    script: Option<Script>,
    container: Container,
    changes: Changes,
    terminal: Option<File>,
}

type Failed = (String, Option<Arc<dyn Allocation>>);

/// Up to `created`.
fn begin(anchor: &Arc<Anchor>) -> Result<Begun, Failed> {
    let (job, allocation) = job(anchor).map_err(|words| (words, None))?;
    anchor.shared.change(|state| state.job_id = Some(job.id));
    let staged = stage_in(anchor, &job);
    let (script, container, changes) = match staged {
        Ok(staged) => staged,
        Err(words) => {
            let words = match (anchor.shared.taken(), anchor.shared.ended_by()) {
                (Some(taken), _) => format!("job {} was ended while files were staged in: {taken}", job.id),
                (None, Some(signal)) => format!("signal {signal} ended it while files were staged in"),
                (None, None) => words,
            };
            return Err((words, allocation));
        }
    };
    // An engine waits for the terminal while it waits for create.
    let terminal = anchor.order.console_socket.as_ref().map(|socket| console::open(socket)).transpose();
    let terminal = match terminal {
        Ok(terminal) => terminal,
        Err(error) => return Err((format!("cannot hand over a terminal: {error}"), allocation)),
    };
    if anchor.shared.happen(Event::Staged).is_err() {
        return Err(("it was ended while it was created".to_owned(), allocation));
    }
    Ok(Begun { allocation, job, script, container, changes, terminal })
}

/// A job of its own, or the one that was named.
fn job(anchor: &Arc<Anchor>) -> Result<(Job, Option<Arc<dyn Allocation>>), String> {
    let order = &anchor.order;
    if let Some(named) = &order.job {
        return anchor.cluster.find(&order.conf, named).map(|job| (job, None));
    }
    let first = order.bundle.args.first().map_or("", String::as_str);
    let wanted = Wanted {
        inputs: order.inputs.clone(),
        bundle: order.bundle.dir.clone(),
        id: if anchor.wrong == Some(Wrong::IdHidden) { String::new() } else { order.id.clone() },
        command: first.rsplit('/').next().unwrap_or(first).to_owned(),
    };
    let allocation: Arc<dyn Allocation> = anchor.cluster.allocate(&order.conf, &wanted)?.into();
    let (held, waiting) = (Arc::clone(&allocation), Arc::clone(anchor));
    std::thread::spawn(move || {
        if let End::Taken(words) = held.wait()
            && waiting.wrong != Some(Wrong::LossUnseen)
        {
            waiting.shared.take(words);
        }
    });
    Ok((allocation.job().clone(), Some(allocation)))
}

fn stage_in(anchor: &Arc<Anchor>, job: &Job) -> Result<(Option<Script>, Container, Changes), String> {
    let order = &anchor.order;
    let container = Container {
        id: order.id.clone(),
        bundle: order.bundle.dir.clone(),
        root: order.bundle.rootfs.clone(),
        spool: anchor.shared.place().spool(),
        config: order.bundle.config_file(),
        job: job.id,
        uid: job.user.1,
        gid: job.group.1,
        env: job.env.clone(),
    };
    let Some(path) = &order.script else { return Ok((None, container, Changes::default())) };
    let env = environment(anchor, job, &Changes::default());
    let host: Rc<dyn Host> = Rc::new(AnchorHost { anchor: Arc::clone(anchor), env });
    let script = Script::load(path, &host).map_err(|error| error.to_string())?;
    if let Some(missing) = script.missing().first() {
        return Err(format!("{}: function {missing} is missing", path.display()));
    }
    match script.stage_in(&container) {
        Ok(changes) => Ok((Some(script), container, changes)),
        Err(_) if anchor.wrong == Some(Wrong::ScriptFailureTaken) => {
            Ok((Some(script), container, Changes::default()))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// From `created` to the end.
fn middle(anchor: &Arc<Anchor>, begun: &Begun) -> i32 {
    if anchor.wrong == Some(Wrong::CreateStarts) {
        let shared = Arc::clone(anchor);
        std::thread::spawn(move || shared.shared.start());
    }
    let code = match anchor.shared.next() {
        Next::Start => step(anchor, begun),
        Next::End(signal) => 128 + signal,
        Next::Taken(words) => {
            anchor.log.line(Level::Info, &format!("job {} was ended: {words}", begun.job.id));
            TAKEN
        }
    };
    let skipped = anchor.wrong == Some(Wrong::StageOutSkipped);
    let Some(script) = begun.script.as_ref().filter(|_| !skipped) else { return code };
    match script.stage_out(&begun.container, &begun.changes) {
        Ok(()) => code,
        Err(error) => {
            anchor.log.error(&error.to_string());
            // What the container made is lost: that is no success.
            if code == 0 { BROKEN } else { code }
        }
    }
}

/// Runs the step; gives the container's exit code.
fn step(anchor: &Arc<Anchor>, begun: &Begun) -> i32 {
    let spawned = command(anchor, begun).and_then(|mut command| command.spawn());
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            anchor.log.error(&format!("cannot run {}: {error}", anchor.order.srun.display()));
            return BROKEN;
        }
    };
    // It was created, or it would not be here.
    let _ = anchor.shared.happen(Event::Started);
    match child.wait() {
        Ok(status) => status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
        Err(error) => {
            anchor.log.error(&format!("srun is lost: {error}"));
            BROKEN
        }
    }
}

fn command(anchor: &Arc<Anchor>, begun: &Begun) -> std::io::Result<Command> {
    let order = &anchor.order;
    let mut command = Command::new(&order.srun);
    // What there is to say is the container's.
    command.arg("--quiet");
    if anchor.wrong != Some(Wrong::SrunArgsIgnored) {
        command.args(&order.srun_args);
    }
    let bundle = begun.changes.bundle.as_ref().unwrap_or(&order.bundle.dir);
    command.arg("--container").arg(bundle);
    if anchor.wrong != Some(Wrong::IdHidden) {
        command.args(["--container-id", &order.id]);
    }
    if order.bundle.terminal && anchor.wrong != Some(Wrong::TerminalIgnored) {
        command.arg("--pty");
    }
    command.args(&order.command);
    command.env_clear().envs(environment(anchor, &begun.job, &begun.changes));
    if let Some(terminal) = &begun.terminal {
        command.stdin(terminal.try_clone()?).stdout(terminal.try_clone()?).stderr(terminal.try_clone()?);
    }
    match anchor.wrong {
        Some(Wrong::InputLost) => drop(command.stdin(Stdio::null())),
        Some(Wrong::OutputLost) => drop(command.stdout(Stdio::null())),
        Some(Wrong::StreamsJoined) => drop(command.stderr(std::io::stdout())),
        _ => {}
    }
    Ok(command)
}

/// What srun and the script's commands see: next to nothing of the engine's, the job's variables and scrun's own.
fn environment(anchor: &Arc<Anchor>, job: &Job, changes: &Changes) -> Vec<(OsString, OsString)> {
    let order = &anchor.order;
    let place = anchor.shared.place();
    let kept = ["PATH", "HOME", "LANG"].into_iter();
    let mut env: Vec<(OsString, OsString)> =
        kept.filter_map(|name| Some((name.into(), std::env::var_os(name)?))).collect();
    let bin: Option<PathBuf> = order.srun.parent().map(PathBuf::from).filter(|dir| dir.is_absolute());
    if let (Some(bin), Some((_, path))) = (bin, env.iter_mut().find(|(name, _)| name == "PATH")) {
        let mut new = bin.into_os_string();
        new.push(":");
        new.push(&*path);
        *path = new;
    }
    env.push(("SLURM_CONF".into(), order.conf.clone().into()));
    env.extend(order.inputs.iter().map(|(name, value)| (name.into(), value.clone())));
    for (name, value) in &job.env {
        env.retain(|(known, _)| known != name);
        env.push((name.clone(), value.clone()));
    }
    if anchor.wrong != Some(Wrong::OutputsMissing) {
        env.extend(outputs::variables(&Facts {
            id: &order.id,
            pid: std::process::id(),
            submitted: &order.bundle,
            bundle: changes.bundle.as_ref().unwrap_or(&order.bundle.dir),
            rootfs: changes.root.as_ref().unwrap_or(&order.bundle.rootfs),
            pid_file: order.pid_file.as_ref(),
            socket: &place.socket(),
            spool: &place.spool(),
            root: place.root(),
            log: order.log.file.as_ref(),
            format: order.log.format,
            user: (&job.user.0, job.user.1),
            group: (&job.group.0, job.group.1),
        }));
    }
    env
}
