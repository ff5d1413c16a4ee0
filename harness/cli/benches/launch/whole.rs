//! All cases over the four profiles of crun and runc, beside the sum of the bare container starts in them.
//!
//! Beside the starts stand all bare runtime commands of the cases, since Slurm's own protocol asks for more than a start:
//! a query, a kill and a delete at the end of each step.
//!
//! How many containers the cases start is counted in a run of its own, in which a script that notes the operation stands in
//! front of each runtime; the timed runs are without it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use plimsoll_fixtures::{BundleBuilder, Fixture};

use super::{Failed, median, timed};

/// Timed runs of all cases.
const RUNS: usize = 3;
/// Bare starts of each kind.
const ROUNDS: usize = 20;
const RUNTIMES: [&str; 2] = ["crun", "runc"];

/// Measures and prints the ratio.
pub fn run() -> Result<(), Failed> {
    let dir = tempfile::tempdir()?;
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755))?;
    let (mut starts, mut commands) = (0.0, 0.0);
    let mut words = Vec::new();
    let counted = count(dir.path())?;
    for runtime in RUNTIMES {
        let Some(program) = find(runtime) else {
            println!("all cases: not measured: no {runtime} here");
            return Ok(());
        };
        for (operation, millis) in bare(&program, &dir.path().join(runtime))? {
            let times = counted.get(&format!("{runtime} {operation}")).copied().unwrap_or(0);
            let sum = f64::from(times) * millis;
            commands += sum;
            if ["run", "create", "start"].contains(&operation) {
                starts += sum;
            }
            words.push(format!("{runtime} {operation} {times} x {millis:.1}"));
        }
    }
    let mut times = Vec::new();
    for round in 0..RUNS {
        let begin = Instant::now();
        cases(&dir.path().join(format!("record-{round}")), None)?;
        times.push(begin.elapsed());
    }
    let cores = u32::try_from(std::thread::available_parallelism()?.get())?;
    let all = median(times);
    println!(
        "all cases over four profiles: {all:.0} ms on {cores} cores, {:.2} times the bare starts, {:.2} times all bare runtime commands",
        all / (starts / f64::from(cores)),
        all / (commands / f64::from(cores)),
    );
    println!("  calls and medians in ms: {}", words.join(", "));
    Ok(())
}

fn cases(record: &Path, path: Option<&Path>) -> Result<(), Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("run").arg("--out").arg(record).stdin(Stdio::null()).stdout(Stdio::null());
    for profile in ["crun-run", "runc-run", "crun-create-start", "runc-create-start"] {
        command.args(["--profile", profile]);
    }
    if let Some(first) = path {
        let mut all = first.as_os_str().to_owned();
        all.push(":");
        all.push(std::env::var_os("PATH").unwrap_or_default());
        command.env("PATH", all);
    }
    let output = command.stderr(Stdio::piped()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr))
        .into())
}

/// How often the cases call each operation of each runtime: `crun run` and the like.
fn count(dir: &Path) -> Result<BTreeMap<String, u32>, Failed> {
    let (bin, log) = (dir.join("bin"), dir.join("calls"));
    std::fs::create_dir(&bin)?;
    std::fs::write(&log, "")?;
    std::fs::set_permissions(&log, std::fs::Permissions::from_mode(0o666))?;
    for runtime in RUNTIMES {
        let Some(program) = find(runtime) else { continue };
        let script = format!(
            "#!/bin/sh\nfor word; do case $word in run|create|start|state|kill|delete) echo {runtime} $word >>{}; break;; esac; done\nexec {} \"$@\"\n",
            log.display(),
            program.display()
        );
        std::fs::write(bin.join(runtime), script)?;
        std::fs::set_permissions(bin.join(runtime), std::fs::Permissions::from_mode(0o755))?;
    }
    cases(&dir.join("record-counted"), Some(&bin))?;
    let mut counted = BTreeMap::new();
    for line in std::fs::read_to_string(&log)?.lines() {
        *counted.entry(line.to_owned()).or_insert(0) += 1;
    }
    Ok(counted)
}

/// Medians in milliseconds of each operation, bare.
fn bare(program: &Path, dir: &Path) -> Result<Vec<(&'static str, f64)>, Failed> {
    let bundle = BundleBuilder::new(Fixture::Busybox).args(["/bin/true"]).build(&dir.join("bundle"))?.dir;
    let root = format!("--root={}", dir.join("root").display());
    let call = |words: &[&str]| {
        let mut command = Command::new(program);
        command.arg(&root).args(words).current_dir(&bundle);
        timed(&mut command)
    };
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for round in 0..ROUNDS {
        let (run, id) = (format!("run{round}"), format!("create{round}"));
        let mut note = |operation, took| times.entry(operation).or_default().push(took);
        note("run", call(&["run", &run])?);
        note("create", call(&["create", &id])?);
        note("state", call(&["state", &id])?);
        // Of a container that waits for its start, so that there is something to kill.
        note("kill", call(&["kill", &id, "0"])?);
        note("start", call(&["start", &id])?);
        note("delete", call(&["delete", "--force", &id])?);
    }
    Ok(times.into_iter().map(|(operation, times)| (operation, median(times))).collect())
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}
