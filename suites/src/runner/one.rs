//! One case under one target: its needs, its cluster, its function, what it left behind, its result.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use plimsoll_record::evidence::claims::{self, Claim, OutcomeNote};
use plimsoll_record::evidence::trace_hash;
use plimsoll_record::{CaseResult, Verdict, folder};
use tokio::runtime::Handle;

use super::{Pair, panics};
use crate::case::Profiles;
use crate::context::{Context, Parts};
use crate::defects;
use crate::evidence::Evidence;
use crate::machine::Machine;
use crate::need::{Found, Need};
use crate::outcome::{Failure, Mismatch, Outcome};
use crate::stop::Stop;
use crate::world::World;

/// Everything that the cases of a run have in common.
#[derive(Clone)]
pub struct Bench<'a> {
    /// Where clusters come from.
    pub world: &'a dyn World,
    /// The release that is meant.
    pub release: plimsoll_launcher::Release,
    /// Who runs what.
    pub machine: &'a Machine,
    /// The folder of the record.
    pub record: &'a Path,
    /// What reads streams and waits for ends; it has a thread of its own.
    pub runtime: Handle,
    /// The run's switch.
    pub stop: Stop,
    /// The plimsoll program.
    pub program: PathBuf,
    /// Factor on every deadline.
    pub time_scale: f64,
    /// What stands behind `plimsoll run CASE --profile P --release R` in a command that repeats a case.
    pub repeat_options: Vec<String>,
}

impl std::fmt::Debug for Bench<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench")
            .field("world", &self.world.name())
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

/// Runs one case to its result. None when the run was interrupted before there was one.
pub fn run_one(bench: &Bench<'_>, pair: Pair<'_>) -> Option<CaseResult> {
    let started = Instant::now();
    let evidence = folder::evidence_of(pair.case.id, &pair.target.id, pair.attempt);
    let dir = bench.record.join(&evidence);
    let mut claims = Rc::default();
    let outcome = attempt(bench, pair, &dir, &mut claims);
    if outcome == Err(Failure::Interrupted) {
        return None;
    }
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let result =
        CaseResult { trace: Some(trace_hash(&dir)), ..result(bench, pair, outcome, millis, evidence) };
    Some(noted(result, &dir, claims.take()))
}

/// Notes the outcome beside the evidence, where there is any. A verdict that nobody could judge again is none.
fn noted(mut result: CaseResult, dir: &Path, claims: Vec<Claim>) -> CaseResult {
    let note = OutcomeNote {
        schema: claims::SCHEMA.to_owned(),
        case: result.case.clone(),
        profile: result.profile.clone(),
        verdict: result.verdict,
        reason: result.reason.clone(),
        claims,
    };
    let write = || std::fs::write(dir.join(claims::FILE), serde_json::to_vec_pretty(&note)?);
    if dir.is_dir()
        && let Err(cause) = write()
    {
        result.verdict = Verdict::Error;
        result.reason = Some(format!("cannot write {}: {cause}", dir.join(claims::FILE).display()));
    }
    result
}

fn attempt(
    bench: &Bench<'_>,
    pair: Pair<'_>,
    evidence: &Path,
    claims: &mut Rc<RefCell<Vec<Claim>>>,
) -> Outcome {
    if let Some(failure) = unmet_by(pair, &|need| bench.world.probe(need, bench.machine)) {
        return Err(failure);
    }
    if let Some(why) = bench.world.refuses(&pair.case.wants) {
        return Err(Failure::Unsupported(Need::World, why));
    }
    if bench.stop.is_set() {
        return Err(Failure::Interrupted);
    }
    let evidence = Evidence::create(evidence)
        .map_err(|cause| Failure::broken(format!("cannot make {}", evidence.display()), cause))?;
    *claims = evidence.claims();
    let cluster = panics::caught(|| bench.world.start(&pair.case.wants))
        .and_then(|started| started)
        .map_err(|cause| Failure::broken("cannot start the cluster", cause))?;
    let parts = Parts {
        case: pair.case,
        target: pair.target,
        evidence,
        runtime: bench.runtime.clone(),
        stop: bench.stop.clone(),
        program: bench.program.clone(),
        time_scale: bench.time_scale,
    };
    let folder = cluster.conf_dir().display().to_string();
    let cx = Context::new(parts, cluster)?;
    let outcome = panics::caught(|| (pair.case.run)(&cx))
        .unwrap_or_else(|said| Err(Failure::broken("the case panicked", said)));
    let residue = panics::caught(|| cx.finish())
        .map_err(|said| Failure::broken("the cluster could not be taken down", said));
    with_residue(outcome, residue).map_err(|failure| without_folder(failure, &folder))
}

/// The cluster's folder has another name in each run; without it two fails that are the same read the same.
fn without_folder(failure: Failure, folder: &str) -> Failure {
    match failure {
        Failure::Failed(mismatch) => Failure::Failed(Mismatch {
            expected: mismatch.expected.replace(folder, "CLUSTER"),
            seen: mismatch.seen.replace(folder, "CLUSTER"),
            ..mismatch
        }),
        other => other,
    }
}

/// The first need of the case or of its target that this machine does not meet.
pub fn unmet(machine: &Machine, pair: Pair<'_>) -> Option<Failure> {
    unmet_by(pair, &|need| need.probe(machine))
}

fn unmet_by(pair: Pair<'_>, probe: &dyn Fn(Need) -> Found) -> Option<Failure> {
    if let Some(missing) = &pair.target.missing {
        return Some(Failure::Unsupported(Need::Runtime, missing.clone()));
    }
    if matches!(pair.case.profiles, Profiles::Once | Profiles::OnceInMode(_))
        && let Some(why) = pair.target.lacks(Need::ConfigJson)
    {
        let why = format!("{why}; it runs once, under a profile that reads config.json");
        return Some(Failure::Unsupported(Need::ConfigJson, why));
    }
    pair.case.needs.iter().chain(&pair.target.needs).find_map(|&need| {
        if let Some(why) = pair.target.lacks(need) {
            return Some(Failure::Unsupported(need, why.to_owned()));
        }
        let found = probe(need);
        (!found.met).then_some(Failure::Unsupported(need, found.what))
    })
}

/// Adds what was left behind: a fail of its own where the case passed, a line more where it did not.
fn with_residue(outcome: Outcome, residue: Result<Vec<String>, Failure>) -> Outcome {
    let left = match residue {
        Ok(left) => left.join("\n"),
        // A harness that broke on the way out does not take back what was seen before.
        Err(broken) => return outcome.and(Err(broken)),
    };
    match outcome {
        Ok(()) if !left.is_empty() => Err(Failure::failed("nothing left behind", left)),
        Err(Failure::Failed(mismatch)) if !left.is_empty() => {
            let seen = format!("{}\nleft behind: {left}", mismatch.seen);
            Err(Failure::Failed(Mismatch { seen, ..mismatch }))
        }
        outcome => outcome,
    }
}

fn result(bench: &Bench<'_>, pair: Pair<'_>, outcome: Outcome, millis: u64, evidence: String) -> CaseResult {
    let Pair { case, target, .. } = pair;
    let failure = outcome.err();
    let mut rules: Vec<String> = case.rules.iter().map(|rule| rule.id.to_owned()).collect();
    let (mut expected, mut seen, mut defect) = (None, None, None);
    let verdict = match &failure {
        None => Verdict::Pass,
        Some(Failure::Unsupported(..)) => Verdict::Unsupported,
        Some(Failure::Broken(_) | Failure::Interrupted) => Verdict::Error,
        Some(Failure::Failed(mismatch)) => {
            expected = Some(mismatch.expected.clone());
            seen = Some(mismatch.seen.clone());
            // A hang that every case shows explains more than what a case expects to go wrong at its end.
            defect = defects::pervasive(bench.release, target.mode, mismatch.hung)
                .map(|known| known.id)
                .or_else(|| case.explained_by(bench.release, target.mode))
                .or_else(|| defects::of_environment(bench.release, target).map(|known| known.id))
                .map(str::to_owned);
            if let Some(rule) = mismatch.rule {
                rules.retain(|id| id != rule.id);
                rules.insert(0, rule.id.to_owned());
            }
            Verdict::Fail
        }
    };
    let release = bench.release.name();
    let mut repeat = ["plimsoll", "run", case.id, "--profile", &target.id, "--release", release]
        .map(str::to_owned)
        .to_vec();
    if target.id == "custom" {
        repeat.truncate(3);
        repeat.extend(["--release".to_owned(), release.to_owned()]);
    }
    repeat.extend(bench.repeat_options.iter().cloned());
    CaseResult {
        case: case.id.to_owned(),
        profile: target.id.clone(),
        world: bench.world.name().to_owned(),
        release: release.to_owned(),
        verdict,
        level: case.level,
        rules,
        reason: failure.map(|failure| failure.to_string()),
        expected,
        seen,
        millis,
        evidence,
        defect,
        repeat: repeat.join(" "),
        trace: None,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_launcher::{Mode, Release};

    use super::*;
    use crate::case::Case;
    use crate::testing::{self, FakeWorld};

    fn run(case: &'static Case, world: &FakeWorld) -> Option<CaseResult> {
        let record = tempfile::tempdir().unwrap();
        let machine = Machine::new(None).unwrap();
        let runtime = testing::runtime();
        let bench = Bench {
            world,
            release: Release::V24_11,
            machine: &machine,
            record: record.path(),
            runtime: runtime.handle().clone(),
            stop: world.stop.clone(),
            program: "plimsoll".into(),
            time_scale: 1.0,
            repeat_options: vec!["--nodes".to_owned(), "2".to_owned()],
        };
        let target = testing::target("crun-run", Mode::Run);
        run_one(&bench, Pair { case, target: &target, attempt: 1 })
    }

    #[test]
    fn a_case_that_holds_passes() {
        let result = run(&testing::EACH, &FakeWorld::default()).unwrap();
        assert_eq!((result.verdict, result.reason), (Verdict::Pass, None));
        assert_eq!(result.repeat, "plimsoll run test.each --profile crun-run --release 24.11 --nodes 2");
    }

    #[test]
    fn a_fail_says_what_was_expected_and_seen() {
        let result = run(&testing::WRONG, &FakeWorld::default()).unwrap();
        assert_eq!(result.verdict, Verdict::Fail);
        assert_eq!(result.expected.as_deref(), Some("exit code 42"));
        assert!(result.seen.unwrap().starts_with("exit code 3\nsrun: exit code 3\n"));
        assert_eq!(result.defect.as_deref(), Some("R-OPEN-2"));
    }

    #[test]
    fn a_panic_is_the_harness_s_own_fault() {
        let result = run(&testing::PANICS, &FakeWorld::default()).unwrap();
        assert_eq!(result.verdict, Verdict::Error);
        assert!(result.reason.unwrap().contains("index out of bounds"));
    }

    #[test]
    fn a_hang_is_ended_and_is_a_fail() {
        let result = run(&testing::HANGS, &FakeWorld::default()).unwrap();
        assert_eq!(result.verdict, Verdict::Fail);
        assert!(result.seen.unwrap().contains("hung"));
        assert!(result.millis < 5000);
    }

    #[test]
    fn what_is_left_behind_fails_the_case() {
        let world = FakeWorld { residue: vec!["process 7 (sleep)".to_owned()], ..FakeWorld::default() };
        let result = run(&testing::EACH, &world).unwrap();
        assert_eq!(result.expected.as_deref(), Some("nothing left behind"));
        assert!(
            run(&testing::WRONG, &world).unwrap().seen.unwrap().ends_with("left behind: process 7 (sleep)")
        );
    }

    #[test]
    fn a_world_that_does_not_start_is_an_error() {
        let world = FakeWorld { broken: true, ..FakeWorld::default() };
        assert_eq!(run(&testing::EACH, &world).unwrap().verdict, Verdict::Error);
    }

    #[test]
    fn an_interrupted_case_has_no_result() {
        let world = FakeWorld::default();
        let stop = world.stop.clone();
        let waiting = std::thread::spawn(move || run(&testing::HANGS, &world));
        stop.now();
        assert_eq!(waiting.join().unwrap(), None);
    }
}
