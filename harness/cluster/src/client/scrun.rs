//! `scrun` on the mock: what [`plimsoll_scrun`] needs of a cluster, asked of the controller as the other commands do.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use plimsoll_launcher::Release;
use plimsoll_scrun::cluster::{Allocation, Cluster, End, Job, Wanted};
use plimsoll_scrun::wrong::Wrong;

use super::connect::Controller;
use super::environment;
use super::options::parse;
use super::place::Place;
use super::request::{JobOptions, Tool, table};
use crate::proto::control::Target;
use crate::proto::{Reply, Request};
use crate::slurm_env::{Env, lay_over};
use crate::view::{ExitCode, JobState, JobView};
use crate::{hostlist, time, wire};

/// The controller notes the end of a job at once; one that does not is busy with its own end.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// Runs `scrun` with the arguments behind its name; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    run_wrong(args, None)
}

/// The same, wrong on purpose.
pub fn run_wrong(args: &[OsString], wrong: Option<Wrong>) -> i32 {
    let called = std::env::args_os().next().unwrap_or_default();
    plimsoll_scrun::run(&called, args, &Mock, wrong)
}

/// The mock cluster of a `slurm.conf`.
struct Mock;

fn text(error: &dyn std::fmt::Display) -> String {
    error.to_string()
}

fn ask(conf: &Path, request: &Request) -> Result<Reply, String> {
    let mut controller = Controller::connect_to(conf).map_err(|error| text(&error))?;
    match controller.ask(request).map_err(|error| text(&error))? {
        Reply::Error(refusal) => Err(text(&refusal)),
        reply => Ok(reply),
    }
}

fn jobs(conf: &Path, id: u32) -> Result<Vec<JobView>, String> {
    match ask(conf, &Request::Jobs(vec![id]))? {
        Reply::Jobs(jobs) => Ok(jobs),
        other => Err(format!("unexpected answer {other:?}")),
    }
}

impl Cluster for Mock {
    fn release(&self, conf: &Path) -> Result<Release, String> {
        match ask(conf, &Request::Config)? {
            Reply::Config(config) => Ok(config.release),
            other => Err(format!("unexpected answer {other:?}")),
        }
    }

    fn allocate(&self, conf: &Path, wanted: &Wanted) -> Result<Box<dyn Allocation>, String> {
        let options = options(&wanted.inputs)?;
        let name = options.name.clone().map_or_else(|| wanted.command.clone(), |(name, _)| name);
        let mut env = environment::for_new_job(environment::capture());
        env.retain(|(name, _)| !name.as_encoded_bytes().starts_with(b"_OCI_"));
        lay_over(&mut env, environment::limits());
        let mut job = options.into_request(name, Some(wanted.command.clone()), env, &Place::here());
        job.container = Some(wanted.bundle.clone().into());
        job.container_id = Some(wanted.id.clone()).filter(|id| !id.is_empty());
        let mut controller = Controller::connect_to(conf).map_err(|error| text(&error))?;
        controller.send(&Request::Allocate(Box::new(job))).map_err(|error| text(&error))?;
        loop {
            match controller.reply().map_err(|error| text(&error))? {
                Reply::Granted(granted) => {
                    let job = job_of(conf, granted.job_id, granted.env)?;
                    return Ok(Box::new(Own::new(job, controller)?));
                }
                Reply::Ended { job_id, .. } => {
                    return Err(format!("job {job_id} was cancelled while it waited"));
                }
                Reply::Error(refusal) => return Err(super::allocate::refusal("no job", &refusal)),
                _ => {}
            }
        }
    }

    fn find(&self, conf: &Path, job: &str) -> Result<Job, String> {
        let id = job.parse().map_err(|_| format!("SLURM_JOB_ID={job}: no job id"))?;
        let failed = |words: &dyn std::fmt::Display| format!("SLURM_JOB_ID={job}: {words}");
        let jobs = jobs(conf, id).map_err(|error| failed(&error))?;
        let view = jobs.first().ok_or_else(|| failed(&"there is no such job"))?;
        if view.state != JobState::Running {
            return Err(failed(&format_args!("the job is {}, not running", view.state)));
        }
        let mut env = Env::new();
        let mut set =
            |name: &str, value: &dyn std::fmt::Display| env.push((name.into(), value.to_string().into()));
        set("SLURM_JOB_ID", &id);
        set("SLURM_JOBID", &id);
        set("SLURM_JOB_NAME", &view.name);
        set("SLURM_JOB_NODELIST", &hostlist::compress(&view.nodes));
        set("SLURM_JOB_NUM_NODES", &view.nodes.len());
        set("SLURM_NNODES", &view.nodes.len());
        set("SLURM_JOB_PARTITION", &view.partition);
        Ok(Job { id, user: (view.user.clone(), view.uid), group: (view.group.clone(), view.gid), env })
    }

    fn signal(&self, conf: &Path, job: u32, id: &str, signal: i32) -> Result<bool, String> {
        let jobs = jobs(conf, job)?;
        let mut reached = false;
        for step in jobs.iter().flat_map(|job| &job.steps) {
            if step.container_id.as_deref() != Some(id) || step.state != JobState::Running {
                continue;
            }
            let target = Target::Step(job, step.id);
            let request = Request::Signal { target, signal: Some(signal), batch: false, full: false };
            // A step that has ended meanwhile needs none.
            reached |= ask(conf, &request).is_ok();
        }
        Ok(reached)
    }
}

/// What srun's variables ask of a job.
fn options(inputs: &[(String, OsString)]) -> Result<JobOptions, String> {
    let env = |name: &str| inputs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut options = JobOptions::default();
    let parsed = parse(&table(Tool::Srun, &[]), &[], false, &env).map_err(|error| text(&error))?;
    for given in &parsed.given {
        let taken = options.take(given, time::now());
        taken.map_err(|error| format!("{}: {error}", given.from.unwrap_or(given.name)))?;
    }
    if let Some(nodes) = env("SLURM_JOB_NODELIST") {
        options.job.nodelist = hostlist::expand(&nodes.to_string_lossy()).map_err(|error| text(&error))?;
    }
    Ok(options)
}

/// A job of the controller's, with its variables.
fn job_of(conf: &Path, id: u32, env: Env) -> Result<Job, String> {
    let jobs = jobs(conf, id)?;
    let view = jobs.first().ok_or_else(|| format!("job {id} has gone"))?;
    Ok(Job { id, user: (view.user.clone(), view.uid), group: (view.group.clone(), view.gid), env })
}

/// An allocation on its connection.
struct Own {
    job: Job,
    /// For what is said.
    to: Mutex<UnixStream>,
    /// For what is heard, by the one who waits.
    from: Mutex<Controller>,
    ended: Mutex<bool>,
    changed: Condvar,
}

impl Own {
    fn new(job: Job, controller: Controller) -> Result<Self, String> {
        let to = controller.writer().map_err(|error| text(&error))?;
        Ok(Self {
            job,
            to: Mutex::new(to),
            from: Mutex::new(controller),
            ended: Mutex::new(false),
            changed: Condvar::new(),
        })
    }

    fn hear(&self) -> End {
        let mut from = self.from.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match from.reply() {
                Ok(Reply::Done) => return End::GivenBack,
                Ok(Reply::Ended { state, .. }) => return End::Taken(state.to_string()),
                Ok(_) => {}
                Err(error) => return End::Taken(error.to_string()),
            }
        }
    }
}

impl Allocation for Own {
    fn job(&self) -> &Job {
        &self.job
    }

    fn wait(&self) -> End {
        let end = self.hear();
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
        end
    }

    fn give_back(&self, code: i32) {
        let number = |code: i32| u8::try_from(code).unwrap_or(1);
        let exit_code =
            if code > 128 { ExitCode::signaled(number(code - 128)) } else { ExitCode::exited(number(code)) };
        let request = Request::Complete { job_id: self.job.id, exit_code: Some(exit_code) };
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        if wire::write(&mut *to, &request).is_ok() {
            let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.changed.wait_timeout_while(ended, GOODBYE_WITHIN, |ended| !*ended));
        }
    }
}
