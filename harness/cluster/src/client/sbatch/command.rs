//! The command itself: script and options in, a job id out.

use std::ffi::OsString;
use std::io::Write as _;

use super::options::{self, SbatchOptions};
use super::script::{self, Script};
use crate::client::allocate::refusal;
use crate::client::ask;
use crate::client::connect::{ConnectError, Controller};
use crate::client::environment;
use crate::client::options::process_env;
use crate::client::place::Place;
use crate::client::say::Voice;
use crate::client::srun::umask;
use crate::proto::control::BatchRequest;
use crate::proto::{Reply, Request};
use crate::slurm_env::{Env, lay_over};
use crate::view::{ExitCode, JobState};

/// Runs `sbatch` with the arguments behind its name; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    submit(args).unwrap_or_else(|code| code)
}

fn submit(args: &[OsString]) -> Result<i32, i32> {
    let early = Voice::new("sbatch");
    let parsed = options::split(args, &process_env).map_err(|error| error.report(early))?;
    // What is asked about the command itself needs no script.
    if let Ok(SbatchOptions { shared, .. }) = options::read(&parsed, b"")
        && let Some(what) = shared.show
    {
        return Ok(show(what));
    }
    let place = Place::here();
    let wrapped =
        parsed.given.iter().rfind(|given| given.name == "wrap").and_then(|given| given.value.as_deref());
    let script = match wrapped {
        Some(_) if !parsed.words.is_empty() => {
            early.error("Script arguments not permitted with --wrap option");
            return Err(1);
        }
        Some(command) => Ok(script::wrap(command)),
        None => script::read(parsed.words.first().map(OsString::as_os_str), &place.dir, process_env("PATH")),
    };
    let script = script.map_err(|error| {
        for line in error.to_string().lines() {
            early.error(line);
        }
        1
    })?;
    let options = options::read(&parsed, &script.text).map_err(|error| error.report(early))?;
    let args = parsed.words.get(1..).unwrap_or_default().to_vec();
    send(options, script, args, &place)
}

fn show(what: &str) -> i32 {
    if what == "version" {
        return ask::print_version("sbatch");
    }
    i32::from(std::io::stdout().write_all(options::help_text(what == "usage").as_bytes()).is_err())
}

fn send(options: SbatchOptions, script: Script, args: Vec<OsString>, place: &Place) -> Result<i32, i32> {
    let voice = options.shared.voice("sbatch");
    let (wait, parsable) = (options.wait, options.parsable);
    let request = request(options, script, args, place);
    let failed = |error: ConnectError| {
        voice.error(format_args!("Batch job submission failed: {error}"));
        1
    };
    let mut controller = Controller::connect().map_err(failed)?;
    let job_id = match controller.ask(&request).map_err(failed)? {
        Reply::Submitted(job_id) => job_id,
        Reply::Error(error) => {
            voice.error(refusal("Batch job submission failed", &error));
            return Err(1);
        }
        other => {
            voice.error(format_args!("Batch job submission failed: unexpected answer {other:?}"));
            return Err(1);
        }
    };
    if parsable {
        tell(&format!("{job_id}\n"));
    } else if !voice.quiet {
        tell(&format!("Submitted batch job {job_id}\n"));
    }
    if wait { wait_for_end(&mut controller, voice) } else { Ok(0) }
}

/// A reader that is gone does not undo the job.
fn tell(line: &str) {
    let mut stdout = std::io::stdout();
    let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
}

fn request(mut options: SbatchOptions, script: Script, args: Vec<OsString>, place: &Place) -> Request {
    let [stdin, stdout, stderr] = std::mem::take(&mut options.shared.streams)
        .map(|stream| stream.map(|pattern| pattern.to_string_lossy().into_owned()));
    let batch = BatchRequest {
        script: script.text,
        args: args.clone(),
        stdin,
        stdout,
        stderr,
        append: options.shared.append,
        array: options.array.take(),
        umask: umask(),
        warn: options.shared.warn.map(|warn| (warn.signal, warn.seconds, warn.batch_only)),
    };
    let env = job_env(&options);
    let name = name(&options, script.path.as_deref());
    let command = script.path.map(|path| {
        let words = std::iter::once(path.into_os_string()).chain(args);
        words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    });
    let job = Box::new(options.shared.into_request(name, command, env, place));
    Request::Submit { job, batch, wait: options.wait }
}

/// `--job-name`, the script's own name, or what stands for a script without one.
fn name(options: &SbatchOptions, path: Option<&std::path::Path>) -> String {
    if let Some((name, _)) = &options.shared.name {
        return name.clone();
    }
    match path.and_then(std::path::Path::file_name) {
        Some(name) => name.to_string_lossy().into_owned(),
        None if options.wrap.is_some() => "wrap".to_owned(),
        None => "sbatch".to_owned(),
    }
}

/// The environment of the job: what `--export` chooses, which sruns inside then go by too.
fn job_env(options: &SbatchOptions) -> Env {
    let spec = options.shared.export.as_deref();
    let own = environment::for_new_job(environment::capture());
    let mut env = if environment::wants_login(spec) { environment::login() } else { Env::new() };
    lay_over(&mut env, environment::export(spec, own));
    lay_over(&mut env, environment::limits());
    if let Some(spec) = spec {
        lay_over(&mut env, vec![("SLURM_EXPORT_ENV".into(), spec.to_owned())]);
    }
    env
}

/// Waits for the job's end; its exit code, 1 where a signal or the cluster ended it.
fn wait_for_end(controller: &mut Controller, voice: Voice) -> Result<i32, i32> {
    loop {
        match controller.reply() {
            Ok(Reply::Ended { state, exit_code, .. }) => return Ok(waited_code(state, exit_code)),
            Ok(Reply::Error(error)) => {
                voice.error(error);
                return Err(1);
            }
            Ok(_) => {}
            Err(error) => {
                voice.error(error);
                return Err(1);
            }
        }
    }
}

fn waited_code(state: JobState, exit_code: ExitCode) -> i32 {
    match exit_code {
        ExitCode { code: 0, signal: 0 } => i32::from(state != JobState::Completed),
        ExitCode { signal: 0, code } => code.into(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(JobState::Completed, ExitCode::exited(0), 0)]
    #[case(JobState::Failed, ExitCode::exited(4), 4)]
    #[case(JobState::Failed, ExitCode::signaled(9), 1)]
    #[case(JobState::Cancelled, ExitCode::exited(0), 1)]
    fn the_exit_code_is_the_jobs(#[case] state: JobState, #[case] exit_code: ExitCode, #[case] code: i32) {
        assert_eq!(waited_code(state, exit_code), code);
    }

    #[test]
    fn a_job_is_named_after_its_script() {
        let path = std::path::Path::new("/x/job.sh");
        assert_eq!(name(&SbatchOptions::default(), Some(path)), "job.sh");
        assert_eq!(name(&SbatchOptions::default(), None), "sbatch");
        let wrapped = SbatchOptions { wrap: Some("x".into()), ..SbatchOptions::default() };
        assert_eq!(name(&wrapped, None), "wrap");
    }
}
