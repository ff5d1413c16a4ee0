//! A deviating client command: the true one, with what its deviation makes of its words, its streams and its end.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{SigSet, Signal};
use plimsoll_scrun::wrong::Wrong;

use super::ClientDeviation as D;
use super::change;
use crate::client;

/// Exit code of a command that cannot be run at all.
const BROKEN: i32 = 2;
/// How much of an input is forwarded where it is cut, and of an output.
const INPUT_KEPT: u64 = 100;
const OUTPUT_KEPT: u64 = 64 << 10;

/// The script that stands in the place of a client command of a mock.
pub fn script(program: &Path, deviation: D, tool: &str) -> String {
    let program = program.display().to_string().replace('\'', r"'\''");
    format!("#!/bin/sh\nexec '{program}' deviant {} {tool} \"$@\"\n", deviation.id())
}

/// The script that stands in the place of a mock's scrun: which cluster is meant it can tell by its own path alone.
pub fn scrun_script(program: &Path, wrong: Wrong) -> String {
    let program = program.display().to_string().replace('\'', r"'\''");
    format!(
        "#!/bin/sh\n: \"${{SLURM_CONF:=$(dirname \"$(dirname \"$0\")\")/slurm.conf}}\"\nexport SLURM_CONF\n\
         exec '{program}' deviant {} scrun \"$@\"\n",
        wrong.id()
    )
}

/// Runs `deviant ID TOOL ARGUMENT…`, that word left out; gives the exit code.
pub fn run(args: &[OsString]) -> i32 {
    let word = |at: usize| args.get(at).and_then(|word| word.to_str());
    if let Some(wrong) = word(0).and_then(Wrong::find) {
        return client::scrun::run_wrong(args.get(2..).unwrap_or_default(), Some(wrong));
    }
    let (Some(deviation), Some(tool)) = (word(0).and_then(D::find), word(1)) else {
        eprintln!("deviant: no such deviation or client command: {args:?}");
        return BROKEN;
    };
    let args = args.get(2..).unwrap_or_default();
    act(deviation, tool, args).unwrap_or_else(|error| {
        eprintln!("deviant {tool}: {error}");
        BROKEN
    })
}

fn act(deviation: D, tool: &str, args: &[OsString]) -> io::Result<i32> {
    let here = std::env::current_dir()?;
    let changed = change::arguments(deviation, tool, args, &here);
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(tool).args(&changed);
    match (deviation, tool) {
        (D::CodeLost, "srun") => {
            client::run(tool, args);
            Ok(0)
        }
        (D::CodeOne, _) => Ok(client::run(tool, args).min(1)),
        (D::FailureHangs, _) => {
            let code = client::run(tool, args);
            if code != 0 {
                wait_for_ever();
            }
            Ok(code)
        }
        (D::Banner, "srun") => {
            println!("srun: a line of its own");
            Ok(client::run(tool, args))
        }
        (D::SignalLost, "scancel") if change::has(args, "-s") => Ok(0),
        (D::CancelLost, "scancel") => Ok(0),
        (D::InputLost, "srun") => Err(command.stdin(Stdio::null()).exec()),
        (D::StreamsJoined, "srun") => Err(command.stderr(io::stdout().as_fd().try_clone_to_owned()?).exec()),
        (D::ErrorsSilent, _) => Err(command.stderr(Stdio::null()).exec()),
        (D::VariableIgnored, _) => {
            for name in change::VARIABLES {
                command.env_remove(name);
            }
            Err(command.exec())
        }
        (D::Inherited, "srun") if !change::has(args, "--container") => {
            if let Some(container) = container_of_job(args)? {
                command.env("SRUN_CONTAINER", container);
            }
            Err(command.exec())
        }
        (D::DirectivesIgnored, "sbatch") => without_directives(&mut command, tool, args),
        (D::InputCut, "srun") => fed(command, INPUT_KEPT, true),
        (D::InputNeverEnds, "srun") => fed(command, u64::MAX, false),
        (D::InterruptDeaf, "srun") => {
            let mut child = command.spawn()?;
            SigSet::from_iter([Signal::SIGINT]).thread_block()?;
            code(&mut child)
        }
        (D::OutputCut, "srun") => filtered(command, |output| {
            let end = output.len().min(usize::try_from(OUTPUT_KEPT).unwrap_or(usize::MAX));
            output[..end].to_vec()
        }),
        (D::ContainerHidden, "scontrol") => {
            filtered(command, |output| rewritten(output, "Container=", |_| None))
        }
        (D::StateWrong, "scontrol") => filtered(command, |output| {
            let output = rewritten(output, "JobState=", |_| Some("COMPLETED"));
            rewritten(&output, "ExitCode=", |_| Some("0:0"))
        }),
        _ => Err(command.exec()),
    }
}

/// Never comes back; a signal ends the process.
fn wait_for_ever() {
    loop {
        nix::unistd::pause();
    }
}

fn code(child: &mut Child) -> io::Result<i32> {
    let status = child.wait()?;
    Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}

/// Runs a command whose standard input is the first bytes of this one's, and ends with it or stays open.
fn fed(mut command: Command, most: u64, ends: bool) -> io::Result<i32> {
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let to = child.stdin.take();
    std::thread::spawn(move || {
        let Some(mut to) = to else { return };
        // A command that does not read to the end closes the pipe, which is its right.
        let _ = io::copy(&mut io::stdin().lock().take(most), &mut to);
        if !ends {
            wait_for_ever();
        }
    });
    code(&mut child)
}

/// Runs a command and prints what is made of its output.
fn filtered(mut command: Command, change: impl FnOnce(&[u8]) -> Vec<u8>) -> io::Result<i32> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut output = Vec::new();
    if let Some(mut from) = child.stdout.take() {
        from.read_to_end(&mut output)?;
    }
    io::stdout().write_all(&change(&output))?;
    code(&mut child)
}

/// A text in which the values behind a key are others, or the key is gone with its value.
fn rewritten(text: &[u8], key: &str, value: impl Fn(&str) -> Option<&'static str>) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let mut out = String::new();
    for piece in text.split_inclusive([' ', '\n']) {
        let word = piece.trim_end();
        match word.strip_prefix(key) {
            Some(old) => {
                if let Some(new) = value(old) {
                    out.extend([key, new]);
                }
                out.push_str(&piece[word.len()..]);
            }
            None => out.push_str(piece),
        }
    }
    out.into_bytes()
}

/// The container of the job that srun's --jobid names.
fn container_of_job(args: &[OsString]) -> io::Result<Option<OsString>> {
    let value = args.iter().position(|word| word == "--jobid").and_then(|at| args.get(at + 1));
    let Some(job) = value else { return Ok(None) };
    let mut squeue = Command::new(std::env::current_exe()?);
    let output = squeue.args(["squeue", "-h", "-O", "Container:1000", "-j"]).arg(job).output()?;
    let container = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(Some(container).filter(|container| container.starts_with('/')).map(OsString::from))
}

/// Submits a script without its #SBATCH lines, by standard input.
fn without_directives(command: &mut Command, tool: &str, args: &[OsString]) -> io::Result<i32> {
    let at = change::options_end(args);
    let text = args.get(at).map(std::fs::read_to_string);
    let Some(Ok(text)) = text else { return Err(command.exec()) };
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("#SBATCH")).collect();
    let mut child =
        Command::new(std::env::current_exe()?).arg(tool).args(&args[..at]).stdin(Stdio::piped()).spawn()?;
    if let Some(mut to) = child.stdin.take() {
        to.write_all((kept.join("\n") + "\n").as_bytes())?;
    }
    code(&mut child)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_rewritten_where_they_stand() {
        let text = b"JobState=FAILED Reason=x\n   Container=/b\n";
        assert_eq!(rewritten(text, "JobState=", |_| Some("OK")), b"JobState=OK Reason=x\n   Container=/b\n");
        assert_eq!(rewritten(text, "Container=", |_| None), b"JobState=FAILED Reason=x\n   \n");
    }

    #[test]
    fn a_script_calls_the_true_command_by_way_of_its_deviation() {
        let text = script(Path::new("/it's/plimsoll"), D::CodeLost, "srun");
        assert_eq!(text, "#!/bin/sh\nexec '/it'\\''s/plimsoll' deviant code-lost srun \"$@\"\n");
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        assert_eq!(run(&["no-such".into(), "srun".into()]), BROKEN);
    }
}
