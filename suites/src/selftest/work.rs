//! The work: rounds of cases with a defect each, some at the same time, until every defect is caught or nothing is left to
//! try.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use plimsoll_cluster::mock::Wrong;
use plimsoll_cluster::world::Cluster;
use plimsoll_launcher::Mode;
use plimsoll_profiles::Wanted;
use plimsoll_record::{CaseResult, Verdict};

use super::matrix::SCHEMA;
use super::{CaseRow, Defect, DefectRow, Kill, Matrix, Room, plan};
use crate::case::{Case, Wants};
use crate::profiles::{self, ProfileError};
use crate::runner::{Bench, Pair, run_one};
use crate::target::{Source, Target};
use crate::world::{MockWorld, World};

/// What a run of selftest is made from.
#[derive(Debug)]
pub struct Selftest<'a> {
    /// Everything that cases have in common. Its record is a folder for evidence that is not kept.
    pub bench: Bench<'a>,
    /// Where clusters come from.
    pub mock: &'a MockWorld,
    /// Cases at the same time.
    pub jobs: usize,
    /// Whether a defect that one case has caught is tried no further.
    pub fast: bool,
    /// The defects.
    pub defects: Vec<Defect>,
    /// Whether these are all of them.
    pub whole: bool,
}

/// A mock that does one thing wrong.
struct WrongWorld<'a>(&'a MockWorld, Wrong);

impl World for WrongWorld<'_> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn start(&self, wants: &Wants) -> Result<Box<dyn Cluster>, String> {
        self.0.start_wrong(wants, self.1)
    }
}

/// One thing to do: a case, with a defect or without.
#[derive(Clone, Copy)]
struct Item {
    /// The defect's place in the list.
    defect: Option<usize>,
    case: &'static Case,
    mode: Mode,
    /// Whether a fail counts only when it comes again: of a case that is not expected to see the defect, a fail may be the
    /// machine's, which is busy.
    twice: bool,
}

/// What is known so far.
#[derive(Default)]
struct Known {
    /// Cases that pass without a defect.
    fit: BTreeSet<(&'static str, &'static str)>,
    unfit: BTreeMap<&'static str, String>,
    unsupported: BTreeMap<&'static str, String>,
    tried: BTreeSet<(usize, &'static str)>,
    kills: BTreeMap<usize, Vec<Kill>>,
    errors: BTreeMap<usize, Vec<String>>,
}

/// Runs it; `say` hears of every case that has ended: how many have, and how many are planned so far.
pub fn run(selftest: &Selftest<'_>, say: &(dyn Fn(usize, usize) + Sync)) -> Result<Matrix, ProfileError> {
    let started = Instant::now();
    let cases = plan::cases();
    let work = Work::new(selftest, say)?;
    let without = cases.iter().flat_map(|case| {
        plan::modes(case).iter().map(|mode| Item { defect: None, case, mode: *mode, twice: false })
    });
    work.round(without.collect());
    work.round(work.items(|defect| plan::hinted(&cases, defect), |_| true, false));
    work.round(work.items(|_| cases.clone(), |at| !work.known().kills.contains_key(&at), true));
    if selftest.whole {
        let blind = work.blind(&cases);
        work.round(work.items(|_| blind.clone(), |_| true, true));
    }
    Ok(work.matrix(&cases, started))
}

struct Work<'a> {
    selftest: &'a Selftest<'a>,
    sound: Vec<Target>,
    known: Mutex<Known>,
    done: Mutex<(usize, usize)>,
    say: &'a (dyn Fn(usize, usize) + Sync),
}

impl<'a> Work<'a> {
    fn new(selftest: &'a Selftest<'a>, say: &'a (dyn Fn(usize, usize) + Sync)) -> Result<Self, ProfileError> {
        let mut names = [Mode::Run, Mode::CreateStart].map(|mode| plan::profile(mode).to_owned()).to_vec();
        names.push(plan::PLUGIN.to_owned());
        let sound = profiles::targets(&names, Wanted::Double, &selftest.bench.program)?;
        Ok(Self { selftest, sound, known: Mutex::default(), done: Mutex::default(), say })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that some cases have not met yet: of the defects that `wanted` is true of, which make a difference here.
    fn items(
        &self,
        cases: impl Fn(Defect) -> Vec<&'static Case>,
        wanted: impl Fn(usize) -> bool,
        twice: bool,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        for (at, defect) in self.selftest.defects.iter().enumerate() {
            if !wanted(at) || self.unsupported(*defect).is_some() {
                continue;
            }
            let known = self.known();
            let mut cases = cases(*defect);
            cases.retain(|case| {
                let profile = plan::profile_of(case, plan::mode(case, *defect));
                known.fit.contains(&(case.id, profile)) && !known.tried.contains(&(at, case.id))
            });
            items.extend(cases.into_iter().map(|case| Item {
                defect: Some(at),
                case,
                mode: plan::mode(case, *defect),
                twice,
            }));
        }
        items
    }

    fn unsupported(&self, defect: Defect) -> Option<String> {
        let need = defect.need()?;
        let found = need.probe(self.selftest.bench.machine);
        (!found.met).then(|| format!("{}: {}", need.name(), found.what))
    }

    /// Binding cases that have caught nothing yet.
    fn blind(&self, cases: &[&'static Case]) -> Vec<&'static Case> {
        let known = self.known();
        let caught: BTreeSet<&str> = known.kills.values().flatten().map(|kill| kill.case.as_str()).collect();
        let binding = |case: &&&Case| case.level == plimsoll_record::Level::Must && !caught.contains(case.id);
        cases.iter().filter(binding).copied().collect()
    }

    /// Does all of it, some at the same time.
    fn round(&self, items: Vec<Item>) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).1 += items.len();
        let queue = Mutex::new(VecDeque::from(items));
        let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        std::thread::scope(|scope| {
            for _ in 0..self.selftest.jobs.max(1) {
                scope.spawn(|| {
                    while !self.selftest.bench.stop.is_set()
                        && let Some(item) = take()
                    {
                        self.one(item);
                    }
                });
            }
        });
    }

    fn one(&self, item: Item) {
        let caught = |at| self.known().kills.contains_key(&at);
        if !(self.selftest.fast && item.defect.is_some_and(caught)) {
            let mut result = self.try_one(item);
            if item.twice && result.as_ref().is_some_and(|result| result.verdict == Verdict::Fail) {
                result = self.try_one(item);
            }
            if let Some(result) = result {
                self.note(item, result);
            }
        }
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.0 += 1;
        (self.say)(done.0, done.1);
    }

    fn try_one(&self, item: Item) -> Option<CaseResult> {
        let defect = item.defect.map(|at| self.selftest.defects[at]);
        let profile = plan::profile_of(item.case, item.mode);
        let mut target = self.sound.iter().find(|target| target.id == profile)?.clone();
        if let Some(Defect { room: Room::Runtime(fault) }) = defect
            && let Source::Profile { program, .. } = &mut target.source
        {
            let words = ["faulty", fault.id()].map(str::to_owned);
            // In place of `runtime`.
            program.splice(1.., words);
        }
        let wrong = defect.map(Defect::wrong).unwrap_or_default();
        let world = WrongWorld(self.selftest.mock, wrong);
        let name = item.defect.map_or_else(|| "none".to_owned(), |at| at.to_string());
        let record = self.selftest.bench.record.join(name).join(profile).join(item.case.id);
        let bench = Bench { world: &world, record: &record, ..self.selftest.bench.clone() };
        let result = run_one(&bench, Pair { case: item.case, target: &target, attempt: 1 });
        discard(&record);
        result
    }

    fn note(&self, item: Item, result: CaseResult) {
        let profile = plan::profile_of(item.case, item.mode);
        let reason = result.reason.unwrap_or_default();
        let mut known = self.known();
        let Some(at) = item.defect else {
            match result.verdict {
                Verdict::Pass => drop(known.fit.insert((item.case.id, profile))),
                Verdict::Unsupported => drop(known.unsupported.insert(item.case.id, reason)),
                _ => drop(known.unfit.insert(item.case.id, format!("{profile}: {reason}"))),
            }
            return;
        };
        known.tried.insert((at, item.case.id));
        match result.verdict {
            Verdict::Fail => known.kills.entry(at).or_default().push(Kill {
                case: item.case.id.to_owned(),
                profile: profile.to_owned(),
                reason,
            }),
            Verdict::Error => known.errors.entry(at).or_default().push(format!("{}: {reason}", item.case.id)),
            _ => {}
        }
    }

    fn matrix(self, cases: &[&'static Case], started: Instant) -> Matrix {
        let interrupted = self.selftest.bench.stop.is_set();
        let known = self.known();
        let order = |id: &str| cases.iter().position(|case| case.id == id);
        let mut defects = Vec::new();
        for (at, defect) in self.selftest.defects.iter().enumerate() {
            let mut killed_by = known.kills.get(&at).cloned().unwrap_or_default();
            killed_by.sort_by_key(|kill| order(&kill.case));
            defects.push(DefectRow {
                id: defect.id(),
                what: defect.what().to_owned(),
                room: defect.room_name().to_owned(),
                killed_by,
                tried: known.tried.iter().filter(|(tried, _)| *tried == at).count(),
                unsupported: self.unsupported(*defect),
                errors: known.errors.get(&at).cloned().unwrap_or_default(),
            });
        }
        let caught = |case: &str, row: &&DefectRow| row.killed_by.iter().any(|kill| kill.case == case);
        let row = |case: &&'static Case| CaseRow {
            id: case.id.to_owned(),
            level: case.level,
            kills: defects.iter().filter(|row| caught(case.id, row)).map(|row| row.id.clone()).collect(),
            unfit: known.unfit.get(case.id).cloned(),
            unsupported: known.unsupported.get(case.id).cloned().filter(|_| {
                // A profile of two that it passes under is enough to judge it by.
                !known.fit.iter().any(|(fit, _)| *fit == case.id)
            }),
        };
        let cases = cases.iter().map(row).collect();
        Matrix {
            schema: SCHEMA.to_owned(),
            reasons: defects.iter().map(|row| (row.id.clone(), row.killed_by.clone())).collect(),
            defects,
            cases,
            whole: self.selftest.whole,
            interrupted,
            millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Evidence of thousands of runs is nobody's; what a case said is in the matrix.
fn discard(record: &Path) {
    // The whole folder goes at the end, and this with it.
    let _ = std::fs::remove_dir_all(record);
}
