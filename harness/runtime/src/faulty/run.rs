//! A faulty runtime at work: the built-in one, with what the fault makes of its words, its streams and its end.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};
use serde_json::Value;

use super::{Fault, config, state, words};
use crate::builtin;

/// Exit code of everything that failed, as the built-in runtime has it.
const FAILED: i32 = 1;
/// How much of a program's output is handed on where it is cut.
const OUTPUT_KEPT: usize = 64 << 10;
/// How much of an id counts where it is cut.
const ID_KEPT: usize = 2;
/// The name by which the built-in runtime calls itself.
const NAME: &str = "plimsoll runtime";

/// Runs `faulty ID WORD…`, that first word left out; gives the exit code.
pub fn run(args: &[OsString]) -> i32 {
    let fault = args.first().and_then(|word| word.to_str()).and_then(Fault::find);
    let (Some(fault), Some(args)) = (fault, args.get(1..)) else {
        eprintln!("faulty runtime: no such fault: {args:?}");
        return FAILED;
    };
    act(fault, args).unwrap_or_else(|error| {
        eprintln!("faulty runtime: {error}");
        FAILED
    })
}

fn act(fault: Fault, args: &[OsString]) -> io::Result<i32> {
    let operation = words::operation(args).map_or("", |(_, operation)| operation);
    if fault == Fault::IdsCut {
        return Ok(sound(&words::shortened(args, ID_KEPT)));
    }
    match operation {
        "create" | "run" => launch(fault, operation, args),
        "state" => ask(fault, args),
        _ => Ok(others(fault, operation, args)),
    }
}

/// The built-in runtime, in this process.
fn sound(args: &[OsString]) -> i32 {
    builtin::run(NAME, args)
}

/// The built-in runtime, in a process of its own.
fn apart(args: &[OsString]) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("runtime").args(args);
    Ok(command)
}

fn launch(fault: Fault, operation: &str, args: &[OsString]) -> io::Result<i32> {
    if let Some(code) = of_streams(fault, args)? {
        return Ok(code);
    }
    let bundle = words::value(args, "--bundle").map_or_else(|| PathBuf::from("."), PathBuf::from);
    let own = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    if let Ok(text) = std::fs::read(bundle.join("config.json"))
        && let Ok(parsed) = serde_json::from_slice::<Value>(&text)
    {
        if fault == Fault::OnHost {
            return on_host(&parsed);
        }
        if let Some(changed) = config::changed(fault, parsed, own) {
            return with_config(&changed, operation, args);
        }
    }
    match (fault, operation) {
        (Fault::CodeLost, "run") => {
            sound(args);
            Ok(0)
        }
        (Fault::CodeOne, "run") => Ok(sound(args).min(1)),
        (Fault::SignalIsSuccess, "run") => Ok(Some(sound(args)).filter(|code| *code <= 128).unwrap_or(0)),
        (Fault::NeverEnds, "run") => {
            sound(args);
            wait_for_ever()
        }
        (Fault::RunFails, "run") | (Fault::CreateFails, "create") => Ok(FAILED),
        (Fault::CreateNothing, "create") => Ok(0),
        (Fault::CreateHangs, "create") => wait_for_ever(),
        (Fault::CreateStarts, "create") => {
            let code = sound(args);
            let (at, _) = words::operation(args).unwrap_or_default();
            let mut start = args[..at].to_vec();
            start.push("start".into());
            start.extend(args.last().cloned());
            Ok(code.max(sound(&start)))
        }
        (Fault::Detaches, "run") => {
            let mut command = apart(args)?;
            command.process_group(0).spawn()?;
            Ok(0)
        }
        (Fault::Talks, "run") => {
            let code = sound(args);
            Command::new("/bin/sh").args(["-c", "echo still here; exec sleep 1"]).process_group(0).spawn()?;
            Ok(code)
        }
        _ => Ok(sound(args)),
    }
}

/// Faults of the streams that a program gets.
fn of_streams(fault: Fault, args: &[OsString]) -> io::Result<Option<i32>> {
    match fault {
        Fault::InputLost => dup2_stdin(std::fs::File::open("/dev/null")?)?,
        Fault::StreamsJoined => dup2_stderr(io::stdout().as_fd())?,
        // To the program a stream that nobody reads is a closed one.
        Fault::StreamsClosed => dup2_stdout(io::pipe()?.1)?,
        Fault::Banner => println!("a runtime of many words"),
        Fault::Warns => eprintln!("warning: a runtime of many words"),
        Fault::OutputCut => {
            let mut child = apart(args)?.stdout(Stdio::piped()).spawn()?;
            let mut output = Vec::new();
            if let Some(mut from) = child.stdout.take() {
                from.read_to_end(&mut output)?;
            }
            io::stdout().write_all(&output[..output.len().min(OUTPUT_KEPT)])?;
            return code(&mut child).map(Some);
        }
        _ => {}
    }
    Ok(None)
}

/// Makes the container by another configuration than the bundle's.
fn with_config(changed: &Value, operation: &str, args: &[OsString]) -> io::Result<i32> {
    let file = memfd_create(c"config.json", MFdFlags::empty())?;
    let mut file = std::fs::File::from(file);
    file.write_all(changed.to_string().as_bytes())?;
    let path = {
        use std::os::fd::AsRawFd as _;
        format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd())
    };
    let mut args = args.to_vec();
    let (at, _) = words::operation(&args).unwrap_or_default();
    args.splice(at..=at, [OsString::from(operation), "--config".into(), path.into()]);
    let code = sound(&args);
    drop(file);
    Ok(code)
}

/// Becomes the program without making a container.
fn on_host(config: &Value) -> io::Result<i32> {
    let words = config::arguments(config);
    let Some((program, rest)) = words.split_first() else { return Ok(FAILED) };
    let env = config["process"]["env"].as_array().cloned().unwrap_or_default();
    let pairs = env.iter().filter_map(|entry| entry.as_str()?.split_once('='));
    Err(Command::new(program).args(rest).env_clear().envs(pairs).current_dir(Path::new("/")).exec())
}

fn ask(fault: Fault, args: &[OsString]) -> io::Result<i32> {
    match fault {
        Fault::StateFails => return Ok(FAILED),
        Fault::StateHangs => return wait_for_ever(),
        _ => {}
    }
    if state::answer(fault, Value::Null).is_none() && !has_answer(fault) {
        return Ok(sound(args));
    }
    let output = apart(args)?.stderr(Stdio::inherit()).output()?;
    let Some(code) = output.status.code().filter(|code| *code == 0) else {
        return Ok(output.status.code().unwrap_or(FAILED));
    };
    let parsed = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let text = state::answer(fault, parsed).unwrap_or_default();
    if fault == Fault::StateOnStderr {
        io::stderr().write_all(text.as_bytes())?;
    } else {
        io::stdout().write_all(text.as_bytes())?;
    }
    Ok(code)
}

/// Whether a fault is about answers, though it makes nothing of an empty one.
fn has_answer(fault: Fault) -> bool {
    matches!(fault, Fault::StateWithoutPid)
}

fn others(fault: Fault, operation: &str, args: &[OsString]) -> i32 {
    match (fault, operation) {
        (Fault::StartNothing, "start") | (Fault::KillNothing, "kill") | (Fault::DeleteNothing, "delete") => 0,
        (Fault::StartFails, "start") | (Fault::KillFails, "kill") | (Fault::DeleteFails, "delete") => {
            sound(args);
            FAILED
        }
        (Fault::StartHangs, "start") | (Fault::DeleteHangs, "delete") => wait_for_ever().unwrap_or(FAILED),
        (Fault::KillIsTerm, "kill") => {
            let names = ["KILL", "SIGKILL", "9", "USR1", "SIGUSR1", "INT", "SIGINT"];
            let is_signal = |word: &OsString| word.to_str().is_some_and(|word| names.contains(&word));
            let args: Vec<OsString> =
                args.iter().map(|word| if is_signal(word) { "TERM".into() } else { word.clone() }).collect();
            sound(&args)
        }
        _ => sound(args),
    }
}

/// Never comes back; a signal ends the process.
fn wait_for_ever() -> io::Result<i32> {
    loop {
        nix::unistd::pause();
    }
}

fn code(child: &mut Child) -> io::Result<i32> {
    let status = child.wait()?;
    Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}
