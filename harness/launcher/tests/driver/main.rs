//! The driver with real processes: a step a process, as a step daemon is, under a runtime made of a shell script and under
//! crun and runc where they are installed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod clean_up;
mod create_start;
mod host;
mod real;
mod run_mode;
mod set_up;
mod step;
mod world;

use libtest_mimic::{Arguments, Trial};

/// A test: its name and what it does.
type Test = (&'static str, fn());

fn main() {
    if let Some(folder) = std::env::var_os(step::FOLDER) {
        step::run(folder.as_ref());
        return;
    }
    let arguments = Arguments::from_args();
    let tests =
        [host::TESTS, set_up::TESTS, run_mode::TESTS, create_start::TESTS, clean_up::TESTS, real::TESTS];
    let trials = tests.into_iter().flatten().map(|(name, test)| {
        Trial::test(*name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
