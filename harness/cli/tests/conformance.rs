//! Every case under every profile as a test of its own, `PROFILE::CASE`, on a mock that behaves as the guide promises. The
//! same runner as `plimsoll run`, in this process; what is unsupported here is an ignored test with its reason.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use plimsoll_launcher::Release;
use plimsoll_profiles::Wanted;
use plimsoll_record::Verdict;
use plimsoll_suites::case::Case;
use plimsoll_suites::catalogue;
use plimsoll_suites::machine::Machine;
use plimsoll_suites::profiles;
use plimsoll_suites::runner::{self, Bench, Filter, Pair, Planning};
use plimsoll_suites::stop::Stop;
use plimsoll_suites::target::Target;
use plimsoll_suites::world::MockWorld;

const PROGRAM: &str = env!("CARGO_BIN_EXE_plimsoll");
const RELEASE: Release = Release::Guide;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let machine = match Machine::new(None) {
        Ok(machine) => machine,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let cases: Vec<&'static Case> = catalogue::all().collect();
    let targets = match profiles::targets(&[], Wanted::Auto, Path::new(PROGRAM)) {
        Ok(targets) => targets,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let planning = Planning { release: RELEASE, filter: Filter::default(), stress: 1, seed: 0 };
    let trials =
        runner::plan(&cases, &targets, &planning).into_iter().map(|pair| trial(pair, &machine)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(pair: Pair<'_>, machine: &Machine) -> Trial {
    let unmet = runner::unmet(machine, pair);
    let (case, target, machine) = (pair.case, pair.target.clone(), machine.clone());
    let name = format!("{}::{}", target.id, case.id);
    let ignored = unmet.is_some();
    Trial::test(name, move || run(case, &target, &machine)).with_ignored_flag(ignored)
}

fn run(case: &'static Case, target: &Target, machine: &Machine) -> Result<(), Failed> {
    let record = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let program = PathBuf::from(PROGRAM);
    let world = MockWorld {
        program: program.clone(),
        release: RELEASE,
        machine: machine.clone(),
        nodes: 1,
        time_scale: 1.0,
    };
    let bench = Bench {
        world: &world,
        release: RELEASE,
        machine,
        record: record.path(),
        runtime: runtime.handle().clone(),
        stop: Stop::new(),
        program,
        time_scale: 1.0,
        repeat_options: Vec::new(),
    };
    let result = runner::run_one(&bench, Pair { case, target, attempt: 1 }).ok_or("interrupted")?;
    let reason = result.reason.unwrap_or_default();
    match result.verdict {
        Verdict::Pass => Ok(()),
        Verdict::Unsupported => {
            eprintln!("unsupported: {reason}");
            Ok(())
        }
        verdict => {
            let seen = result.seen.unwrap_or_default();
            Err(format!("{verdict}: {reason}\n{seen}\nrepeat: {}", result.repeat).into())
        }
    }
}
