//! `plimsoll record`: looks, runs the command, notes its end, and ends the same way.

use std::ffi::OsString;
use std::time::Instant;

use nix::sys::signal::Signal;

use super::args;
use super::call::End;
use super::child::{Ended, watch};
use super::observe::{before, not_captured, now, spool_after};
use super::store::Store;
use crate::sys::die_by;

/// Exit code for a command line that is none.
const USAGE: i32 = 2;

/// Runs `plimsoll record` with the arguments behind that word; gives the recorded command's exit code, or ends this
/// process by the signal that ended the command.
pub fn run(args: &[OsString]) -> i32 {
    let args = match args::parse(args) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("plimsoll record: {error}");
            return USAGE;
        }
    };
    let mut call = before(&args);
    let store = Store::begin(&args.into, &call);
    let clock = Instant::now();
    let outcome = watch(&args, not_captured(args.operation, call.stdio));
    let micros = u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX);
    let (exit, signal, error) = match &outcome.ended {
        Ended::Exit(code) => (Some(*code), None, None),
        Ended::Signal(signal) => (None, Some(*signal), None),
        Ended::NotStarted { code, error } => (Some(*code), None, Some(error.to_string())),
    };
    let (stdout, stderr) = (outcome.stdout, outcome.stderr);
    let spool = spool_after(&call);
    call.end = Some(End { ended: now(), micros, exit, signal, error, stdout, stderr, spool });
    store.finish(&call);
    match outcome.ended {
        Ended::Exit(code) => code,
        Ended::Signal(number) => {
            if let Ok(signal) = Signal::try_from(number) {
                die_by(signal);
            }
            128 + number
        }
        Ended::NotStarted { code, error } => {
            eprintln!("{}: {error}", args.command[0].display());
            code
        }
    }
}
