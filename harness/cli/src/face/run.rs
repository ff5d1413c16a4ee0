//! `plimsoll run`: plan, run, record, report.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;

use plimsoll_launcher::Release;
use plimsoll_record::waiver::Waivers;
use plimsoll_record::{Event, Record, RecordWriter, RunInfo, Waiver, exit, folder, github, report, waiver};
use plimsoll_suites::catalogue;
use plimsoll_suites::machine::Machine;
use plimsoll_suites::runner::{self, Bench, Filter, Planning, Settings};
use plimsoll_suites::target::{Place, Target};
use plimsoll_suites::world::World;

use super::again::{self, Earlier};
use super::args::{Format, RunArgs, RuntimeChoice, WorldName};
use super::error::Error;
use super::progress::Progress;
use super::{custom, out, signals, surroundings, targets, worlds};

/// Runs cases; gives the exit code of the contract.
pub fn run(options: &RunArgs, args: &[OsString]) -> Result<i32, Error> {
    if let Some(dir) = &options.resume {
        return again::resume(dir, options);
    }
    let words = args.iter().map(|word| word.to_string_lossy().into_owned());
    let command = std::iter::once("plimsoll".to_owned()).chain(words).collect();
    carry_out(options, Job { command, selection: None, earlier: None })
}

/// What a run is beside its options.
#[derive(Debug)]
pub struct Job {
    /// The command line that says the same.
    pub command: Vec<String>,
    /// The cases and profiles that are wanted of what the options choose; all where there is none.
    pub selection: Option<Vec<(String, String)>>,
    /// What has been run already, of a run that is continued.
    pub earlier: Option<Earlier>,
}

/// Runs cases; gives the exit code of the contract.
pub fn carry_out(options: &RunArgs, job: Job) -> Result<i32, Error> {
    let filter = Filter::new(&options.filter).map_err(Error::usage)?;
    let waivers = options.waivers.as_deref().map(waiver::read).transpose().map_err(Error::usage)?;
    let waivers = waivers.unwrap_or_default();
    let machine = Machine::new(options.user.as_deref()).map_err(Error::usage)?;
    let reachable = targets::program(&machine.user)?;
    let program = reachable.path.clone();
    let release = worlds::release(options.world, options.release)?;
    let targets = match &options.oci_conf {
        Some(path) => vec![targets::custom(path, release)?],
        None if options.world == WorldName::Attach => vec![targets::attached(options, release)?],
        None => targets::choose_of(options, release, &program)?,
    };
    let stress = usize::from(options.stress);
    let planning = Planning { release, filter, stress, seed: options.seed };
    let cases: Vec<_> = catalogue::all().collect();
    let mut pairs = runner::plan(&cases, &targets, &planning);
    if let Some(wanted) = &job.selection {
        let wanted: HashSet<(&str, &str)> =
            wanted.iter().map(|(case, profile)| (&**case, &**profile)).collect();
        pairs.retain(|pair| wanted.contains(&(pair.case.id, pair.target.id.as_str())));
    }
    if pairs.is_empty() {
        return Err(Error {
            message: format!(
                "no case is chosen by {:?} on release {}; `plimsoll list cases` names them",
                options.filter, release
            ),
            code: exit::NOTHING_RAN,
        });
    }
    let fresh = info(options, &job, &targets, release, waivers);
    let (info, dir, mut writer, mut events) = if let Some(earlier) = job.earlier {
        earlier.go_on(&fresh, &mut pairs)?
    } else {
        let default = || Path::new(folder::DEFAULT_PARENT).join(&fresh.id);
        let dir = options.out.clone().unwrap_or_else(default);
        let writer = RecordWriter::create(&dir).map_err(Error::usage)?;
        (fresh, dir, writer, Vec::new())
    };
    let resumed = !events.is_empty();
    if options.out.is_none() {
        folder::link_latest(&dir).map_err(Error::usage)?;
    }
    let (runtime, stop) = signals::runtime()?;
    let world = worlds::world(&worlds::Choice {
        world: options.world,
        release,
        program: &program,
        machine: &machine,
        nodes: usize::from(options.nodes),
        time_scale: options.time_scale,
        jobs: info.jobs,
        attach: &options.attach,
    })?;
    let record_dir = std::path::absolute(&dir).map_err(Error::broken)?;
    let bench = Bench {
        world: &*world,
        release,
        machine: &machine,
        record: &record_dir,
        runtime: runtime.handle().clone(),
        stop,
        program,
        time_scale: options.time_scale,
        repeat_options: repeat_options(options),
    };
    let settings = Settings {
        jobs: info.jobs,
        fail_fast: options.fail_fast,
        notes: notes(&*world, &machine, &targets, release),
    };
    let mut progress = Progress::new(pairs.len(), Waivers::new(&info.waivers, &info.started));
    let mut unwritten = None;
    runner::run(&bench, &info, &pairs, &settings, &mut |event| {
        // A run that is continued has its beginning already.
        if resumed && matches!(event, Event::RunStarted { .. }) {
            return;
        }
        if let Err(error) = writer.append(event) {
            unwritten.get_or_insert(error);
        }
        progress.show(event);
        events.push(event.clone());
    });
    let residue = world.finish();
    for left in &residue {
        anstream::eprintln!("left behind: {left}");
    }
    if let Some(error) = unwritten {
        return Err(Error::broken(error));
    }
    let record = Record::from_events(&events).ok_or_else(|| Error::broken("the run said nothing"))?;
    write_reports(options, &record, &dir)?;
    let code = exit::code(&record, options.pedantic);
    Ok(if code == 0 && !residue.is_empty() { exit::BROKEN } else { code })
}

/// Writes the reports that were asked for, and shows one.
fn write_reports(options: &RunArgs, record: &Record, dir: &Path) -> Result<(), Error> {
    let files = [
        (options.json.as_ref(), report::Format::Json),
        (options.junit.as_ref(), report::Format::Junit),
        (options.tap.as_ref(), report::Format::Tap),
        (options.html.as_ref(), report::Format::Html),
    ];
    super::report::write_all(&files, record, dir)?;
    if let Some(file) = &options.prometheus {
        super::report::write_whole(file, &report::render(report::Format::Prometheus, record, dir))?;
    }
    if options.github || std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        tell_github(record)?;
    }
    let shown = match options.format {
        Format::Human => report::Format::Human,
        Format::Json => report::Format::Json,
    };
    out::print(report::render(shown, record, dir));
    Ok(())
}

/// Annotates on standard error, which the host reads as well and no program takes for results, and adds to the summary.
fn tell_github(record: &Record) -> Result<(), Error> {
    use std::io::Write as _;
    anstream::eprint!("{}", github::annotations(record));
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let append = || {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&file)?;
        file.write_all(github::summary(record).as_bytes())
    };
    append().map_err(|cause| {
        Error::broken(format!("cannot add to the summary in {}: {cause}", Path::new(&file).display()))
    })
}

/// What a command that repeats a case needs beyond case, profile and release.
fn repeat_options(options: &RunArgs) -> Vec<String> {
    let mut words = Vec::new();
    let mut add = |name: &str, value: String| words.extend([name.to_owned(), value]);
    if let Some(path) = &options.oci_conf {
        add("--oci-conf", path.display().to_string());
    }
    if custom::is_wanted(&options.profile) {
        words.extend(custom::repeat(&options.custom));
    }
    let mut add = |name: &str, value: String| words.extend([name.to_owned(), value]);
    match options.runtime {
        RuntimeChoice::Auto => {}
        RuntimeChoice::Real => add("--runtime", "real".to_owned()),
        RuntimeChoice::Double => add("--runtime", "double".to_owned()),
    }
    if options.world != WorldName::Mock {
        add("--world", options.world.name().to_owned());
    }
    if options.world == WorldName::Attach {
        let attach = &options.attach;
        add("--shared", attach.shared.as_ref().map(|dir| dir.display().to_string()).unwrap_or_default());
        for (name, value) in [("--partition", &attach.partition), ("--account", &attach.account)] {
            if let Some(value) = value {
                add(name, value.clone());
            }
        }
        add("--time-limit", attach.time_limit.to_string());
        for word in &attach.srun_arg {
            add("--srun-arg", word.clone());
        }
    }
    if options.nodes > 1 {
        add("--nodes", options.nodes.to_string());
    }
    if let Some(user) = &options.user {
        add("--user", user.clone());
    }
    words
}

/// What there is to say beside the results.
fn notes(world: &dyn World, machine: &Machine, targets: &[Target], release: Release) -> Vec<String> {
    let mut notes = world.notes();
    notes.extend(machine.note.iter().cloned());
    for target in targets.iter().filter(|target| target.missing.is_none()) {
        if !target.real {
            notes.push(format!("profile {} is driven by a double: {}", target.id, target.why));
        }
        let place = Place { runtime_root: Path::new("/"), scripts: None, recorder: None };
        if let Ok((_, keys)) = target.oci_conf_on(release, &place)
            && !keys.is_empty()
        {
            notes.push(format!(
                "profile {} runs without {}, which release {release} does not know; as printed it is rejected there",
                target.id,
                keys.join(" and ")
            ));
        }
    }
    notes
}

fn info(options: &RunArgs, job: &Job, targets: &[Target], release: Release, waivers: Vec<Waiver>) -> RunInfo {
    let now = jiff::Timestamp::now();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    // Cases wait for processes more than they compute.
    let jobs = match options.world {
        // Of a live cluster no more is used than was allowed.
        WorldName::Attach => 1,
        _ => options.jobs.map_or(cores * 2, usize::from),
    };
    RunInfo {
        id: format!("{}-{:04x}", now.strftime("%Y%m%dT%H%M%SZ"), tail(now)),
        started: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        world: options.world.name().to_owned(),
        release: release.name().to_owned(),
        seed: options.seed,
        jobs,
        command: job.command.clone(),
        folder: std::env::current_dir().ok().map(|dir| dir.display().to_string()),
        selection: job.selection.clone(),
        host: surroundings::host(options.world, release),
        program: surroundings::program(),
        profiles: targets.iter().map(Target::info).collect(),
        waivers,
    }
}

/// Tells two runs of one second apart.
fn tail(now: jiff::Timestamp) -> u16 {
    let mixed = u64::from(std::process::id()) ^ u64::from(now.subsec_nanosecond().unsigned_abs()) >> 10;
    u16::try_from(mixed & 0xffff).unwrap_or_default()
}
