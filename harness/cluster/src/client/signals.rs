//! Signals in a client command: their names and what they are called when a task ends by one, and a descriptor from
//! which those sent to the command itself are read, so that one `poll` waits for everything.

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// The highest signal number of Linux.
const MAX_SIGNAL: i32 = 64;
/// `--signal` without `@SECONDS` warns a minute before the end (srun(1)).
const WARN_SECONDS: u32 = 60;

/// Reads a signal: `15`, `TERM` or `SIGTERM`, in any case.
pub fn parse(text: &str) -> Option<i32> {
    if let Ok(number) = text.parse::<i32>() {
        return (1..=MAX_SIGNAL).contains(&number).then_some(number);
    }
    let upper = text.to_ascii_uppercase();
    let name = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
    name.parse::<Signal>().ok().map(|signal| signal as i32)
}

/// What `--signal=[B:]SIGNAL[@SECONDS]` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warn {
    /// The signal.
    pub signal: i32,
    /// Seconds before the time limit.
    pub seconds: u32,
    /// Whether the batch script alone gets it.
    pub batch_only: bool,
}

/// Reads `[B:]SIGNAL[@SECONDS]`.
pub fn parse_warn(text: &str) -> Option<Warn> {
    let (batch_only, rest) = match text.split_once(':') {
        Some((flags, rest)) if !flags.is_empty() && flags.bytes().all(|flag| matches!(flag, b'B' | b'R')) => {
            (flags.contains('B'), rest)
        }
        Some(_) => return None,
        None => (false, text),
    };
    let (signal, seconds) = match rest.split_once('@') {
        Some((signal, seconds)) => (signal, seconds.parse().ok()?),
        None => (rest, WARN_SECONDS),
    };
    Some(Warn { signal: parse(signal)?, seconds, batch_only })
}

/// A job's reason where a signal ended it, as releases behind the first one show it: `RaisedSignal:9(Killed)`.
pub fn raised(signal: u8) -> String {
    format!("RaisedSignal:{signal}({})", describe(signal).replace(' ', "_"))
}

/// What the system calls a signal when it ends a process: `Killed`, `Segmentation fault`.
pub fn describe(signal: u8) -> String {
    let text = match Signal::try_from(i32::from(signal)) {
        Ok(Signal::SIGHUP) => "Hangup",
        Ok(Signal::SIGINT) => "Interrupt",
        Ok(Signal::SIGQUIT) => "Quit",
        Ok(Signal::SIGILL) => "Illegal instruction",
        Ok(Signal::SIGTRAP) => "Trace/breakpoint trap",
        Ok(Signal::SIGABRT) => "Aborted",
        Ok(Signal::SIGBUS) => "Bus error",
        Ok(Signal::SIGFPE) => "Floating point exception",
        Ok(Signal::SIGKILL) => "Killed",
        Ok(Signal::SIGUSR1) => "User defined signal 1",
        Ok(Signal::SIGSEGV) => "Segmentation fault",
        Ok(Signal::SIGUSR2) => "User defined signal 2",
        Ok(Signal::SIGPIPE) => "Broken pipe",
        Ok(Signal::SIGALRM) => "Alarm clock",
        Ok(Signal::SIGTERM) => "Terminated",
        Ok(Signal::SIGSTKFLT) => "Stack fault",
        Ok(Signal::SIGXCPU) => "CPU time limit exceeded",
        Ok(Signal::SIGXFSZ) => "File size limit exceeded",
        Ok(Signal::SIGVTALRM) => "Virtual timer expired",
        Ok(Signal::SIGPROF) => "Profiling timer expired",
        Ok(Signal::SIGIO) => "I/O possible",
        Ok(Signal::SIGPWR) => "Power failure",
        Ok(Signal::SIGSYS) => "Bad system call",
        _ => return format!("Unknown signal {signal}"),
    };
    text.to_owned()
}

/// The signals that are held back from their default action and read here instead, until the process ends.
#[derive(Debug)]
pub struct Signals {
    fd: SignalFd,
    kept: Vec<Signal>,
}

impl Signals {
    /// Holds these back. A child inherits that, unless it is undone before it starts.
    pub fn hold(signals: &[Signal]) -> nix::Result<Self> {
        let set: SigSet = signals.iter().copied().collect();
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&set), None)?;
        let fd = SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        Ok(Self { fd, kept: Vec::new() })
    }

    /// The next signal that came, if one did.
    pub fn take(&mut self) -> Option<Signal> {
        let info = self.fd.read_signal().ok()??;
        Signal::try_from(i32::try_from(info.ssi_signo).ok()?).ok()
    }

    /// Keeps a signal that came too early for whoever it is meant for.
    pub fn keep(&mut self, signal: Signal) {
        self.kept.push(signal);
    }

    /// Those that were kept.
    pub fn kept(&mut self) -> Vec<Signal> {
        std::mem::take(&mut self.kept)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("15", Some(15))]
    #[case("term", Some(15))]
    #[case("SIGUSR1", Some(10))]
    #[case("0", None)]
    #[case("65", None)]
    #[case("FOO", None)]
    fn signals_have_numbers_and_names(#[case] text: &str, #[case] signal: Option<i32>) {
        assert_eq!(parse(text), signal);
    }

    #[rstest]
    #[case("USR1", Some((10, 60, false)))]
    #[case("B:USR1@5", Some((10, 5, true)))]
    #[case("R:12@0", Some((12, 0, false)))]
    #[case("X:USR1", None)]
    #[case("USR1@x", None)]
    fn a_warning_is_a_signal_and_a_time(#[case] text: &str, #[case] warn: Option<(i32, u32, bool)>) {
        let shown = parse_warn(text).map(|warn| (warn.signal, warn.seconds, warn.batch_only));
        assert_eq!(shown, warn);
    }

    #[test]
    fn signals_are_told_in_words() {
        assert_eq!(describe(9), "Killed");
        assert_eq!(describe(11), "Segmentation fault");
        assert_eq!(describe(40), "Unknown signal 40");
    }
}
