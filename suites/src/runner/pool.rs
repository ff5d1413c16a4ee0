//! The pool: some threads that take cases from the plan, one channel for what they say, and this thread to pass it on.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use plimsoll_record::event::SCHEMA;
use plimsoll_record::waiver::Waivers;
use plimsoll_record::{Event, Outcome, RunInfo, Verdict};

use super::told::catalogue;
use super::{Bench, Pair, run_one};

/// How a plan is worked through.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Cases at the same time.
    pub jobs: usize,
    /// Whether the first fail ends the run.
    pub fail_fast: bool,
    /// What is noted before the first case.
    pub notes: Vec<String>,
}

/// Works through a plan and says everything in events, on the caller's thread and in one order: what was started is
/// finished or, after an interrupt, left without a result.
pub fn run(
    bench: &Bench<'_>,
    info: &RunInfo,
    pairs: &[Pair<'_>],
    settings: &Settings,
    listen: &mut dyn FnMut(&Event),
) {
    let started = Instant::now();
    let waivers = Waivers::new(&info.waivers, &info.started);
    let planned = pairs.iter().filter(|pair| pair.attempt == 1).count();
    listen(&Event::RunStarted {
        schema: SCHEMA.to_owned(),
        run: info.clone(),
        planned,
        catalogue: catalogue(pairs),
    });
    for note in &settings.notes {
        listen(&Event::Note { text: note.clone() });
    }
    let queue: Mutex<VecDeque<Pair<'_>>> = Mutex::new(pairs.iter().copied().collect());
    let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let stopped = Mutex::new(false);
    let is_stopped = || *stopped.lock().unwrap_or_else(PoisonError::into_inner) || bench.stop.is_set();
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..settings.jobs.clamp(1, pairs.len().max(1)) {
            let tell = tell.clone();
            scope.spawn(|| {
                let tell = tell;
                work(bench, &take, &is_stopped, &tell);
            });
        }
        drop(tell);
        for event in told {
            listen(&event);
            if settings.fail_fast && is_fail(&event, &waivers) {
                *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
            }
        }
    });
    let left = !queue.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
    let outcome = match (bench.stop.is_set(), left) {
        (true, _) => Outcome::Interrupted,
        (false, true) => Outcome::Stopped,
        (false, false) => Outcome::Completed,
    };
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    listen(&Event::RunFinished { outcome, millis });
}

fn work<'a>(
    bench: &Bench<'_>,
    take: &dyn Fn() -> Option<Pair<'a>>,
    is_stopped: &dyn Fn() -> bool,
    tell: &mpsc::Sender<Event>,
) {
    while !is_stopped()
        && let Some(pair) = take()
    {
        let (case, profile) = (pair.case.id.to_owned(), pair.target.id.clone());
        // Nobody listens any more only when the run is over, and then nothing is left to say.
        let _ = tell.send(Event::CaseStarted { case, profile });
        if let Some(result) = run_one(bench, pair) {
            let _ = tell.send(Event::CaseFinished { result });
        }
    }
}

/// Whether an event ends a run that ends at its first fail; a fail that is waived does not.
fn is_fail(event: &Event, waivers: &Waivers) -> bool {
    let Event::CaseFinished { result } = event else { return false };
    matches!(result.verdict, Verdict::Fail | Verdict::Error) && waivers.covering(result).is_none()
}

#[cfg(test)]
mod tests {
    use plimsoll_launcher::{Mode, Release};
    use plimsoll_record::{Record, exit};

    use super::*;
    use crate::case::Case;
    use crate::machine::Machine;
    use crate::runner::{Filter, Planning, plan};
    use crate::testing::{self, FakeWorld};

    fn record(cases: &[&'static Case], jobs: usize, fail_fast: bool, stop_at: usize) -> Record {
        let folder = tempfile::tempdir().unwrap();
        let (world, machine, runtime) =
            (FakeWorld::default(), Machine::new(None).unwrap(), testing::runtime());
        let stop = world.stop.clone();
        let bench = Bench {
            world: &world,
            release: Release::V24_11,
            machine: &machine,
            record: folder.path(),
            runtime: runtime.handle().clone(),
            stop: stop.clone(),
            program: "plimsoll".into(),
            time_scale: 1.0,
            repeat_options: vec![],
        };
        let targets = [testing::target("a", Mode::Run), testing::target("b", Mode::Run)];
        let planning = Planning { release: bench.release, filter: Filter::default(), stress: 1, seed: 0 };
        let pairs = plan(cases, &targets, &planning);
        let mut events = Vec::new();
        let settings = Settings { jobs, fail_fast, notes: vec!["a note".to_owned()] };
        run(&bench, &testing::info(), &pairs, &settings, &mut |event| {
            events.push(event.clone());
            if events.len() == stop_at {
                stop.now();
            }
        });
        Record::from_events(&events).unwrap()
    }

    #[test]
    fn every_planned_case_has_a_result() {
        let record = record(&[&testing::EACH, &testing::WRONG, &testing::ONCE], 4, false, 0);
        assert_eq!((record.planned, record.settled.len()), (5, 5));
        assert_eq!((record.count(Verdict::Pass), record.count(Verdict::Fail)), (3, 2));
        assert_eq!(record.outcome, Some(Outcome::Completed));
        assert_eq!(record.notes, ["a note"]);
    }

    #[test]
    fn the_first_fail_can_end_the_run() {
        let record = record(&[&testing::WRONG, &testing::EACH], 1, true, 0);
        assert_eq!(record.outcome, Some(Outcome::Stopped));
        assert_eq!(exit::code(&record, false), exit::FAILED);
        assert!(record.settled.len() < record.planned);
    }

    #[test]
    fn an_interrupted_run_is_complete_up_to_there() {
        // The start, the note, case started, case finished: then the switch.
        let record = record(&[&testing::EACH, &testing::HANGS], 1, false, 4);
        assert_eq!(record.outcome, Some(Outcome::Interrupted));
        assert_eq!(exit::code(&record, false), exit::INTERRUPTED);
        assert!(record.count(Verdict::Pass) >= 1 && record.settled.len() < record.planned);
    }
}
