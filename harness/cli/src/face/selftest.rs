//! `plimsoll selftest`: the suite against every known defect.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plimsoll_launcher::Release;
use plimsoll_record::{exit, folder};
use plimsoll_suites::machine::Machine;
use plimsoll_suites::runner::{Bench, Filter};
use plimsoll_suites::selftest::{self, Defect, Matrix, Selftest};
use plimsoll_suites::world::MockWorld;

use super::args::{Format, SelftestArgs};
use super::error::Error;
use super::{list, out, signals, surroundings, targets};

/// Factor on every deadline of a case: a defect that makes commands hang must not keep the others waiting, and a step of the
/// mock takes a hundredth of what is left.
const TIME_SCALE: f64 = 0.3;
/// Where the matrix goes where nothing else is said.
const FILE: &str = "selftest.json";

/// Runs selftest; gives the exit code of the contract.
pub fn run(options: &SelftestArgs) -> Result<i32, Error> {
    let filter = Filter::new(&options.filter).map_err(Error::usage)?;
    let defects: Vec<Defect> = selftest::all().filter(|defect| filter.chooses(&defect.id())).collect();
    if defects.is_empty() {
        return Err(Error {
            message: format!(
                "no defect is chosen by {:?}; `plimsoll list defects` names them",
                options.filter
            ),
            code: exit::NOTHING_RAN,
        });
    }
    let machine = Machine::new(options.user.as_deref()).map_err(Error::usage)?;
    let reachable = targets::program(&machine.user)?;
    let mock = MockWorld {
        program: reachable.path.clone(),
        release: Release::Guide,
        machine: machine.clone(),
        nodes: 1,
        time_scale: 1.0,
    };
    let evidence = tempfile::Builder::new().prefix("plimsoll-selftest-").tempdir().map_err(Error::broken)?;
    let (runtime, stop) = signals::runtime()?;
    let bench = Bench {
        world: &mock,
        release: Release::Guide,
        machine: &machine,
        record: evidence.path(),
        runtime: runtime.handle().clone(),
        stop,
        program: reachable.path.clone(),
        time_scale: TIME_SCALE * options.time_scale,
        repeat_options: Vec::new(),
    };
    let jobs = options.jobs.map_or_else(|| 2 * cores(), usize::from);
    let whole = options.filter.is_empty();
    let work = Selftest { bench, mock: &mock, jobs, fast: options.fast, defects, whole };
    let bar = ProgressBar::new(0);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} runs, {elapsed}") {
        bar.set_style(style);
    }
    let matrix = selftest::run(&work, &|done, planned| {
        bar.set_length(planned as u64);
        bar.set_position(done as u64);
    })
    .map_err(Error::broken)?;
    bar.finish_and_clear();
    let file = options.json.clone().unwrap_or_else(|| Path::new(folder::DEFAULT_PARENT).join(FILE));
    store(&file, &matrix)?;
    match options.format {
        Format::Human => {
            out::print(selftest::render(&matrix));
            out::line(format_args!("matrix: {}", file.display()));
        }
        Format::Json => list::print_json(&matrix)?,
    }
    Ok(matrix.exit_code())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The matrix and the build that it is of, for certificates.
#[derive(serde::Serialize)]
struct Stored<'a> {
    #[serde(flatten)]
    matrix: &'a Matrix,
    plimsoll: &'static str,
    program: Option<String>,
}

fn store(file: &PathBuf, matrix: &Matrix) -> Result<(), Error> {
    let stored = Stored { matrix, plimsoll: env!("CARGO_PKG_VERSION"), program: surroundings::program() };
    let text = serde_json::to_string_pretty(&stored).map_err(Error::broken)?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(file, text + "\n")).map_err(
        |cause| Error::broken(format!("cannot write {}: {cause}; name a file that is yours", file.display())),
    )
}
