//! The conformance cases, and what runs them.
//!
//! # Adding a case
//!
//! A case is one constant and one function of at most 40 lines in a file of its area, `src/AREA/TOPIC.rs`, and one line in
//! the area's list, `src/AREA/mod.rs`:
//!
//! ```ignore
//! case! {
//!     /// The exit code of the contained program is the exit code of the step.
//!     ///
//!     /// Catches: a runtime or a launcher that loses the code.
//!     pub const EXIT_CODE = must("step.exit-code", exit_code).core()
//!         .rules(&[G_REQ_5, L_RUN_1])
//!         .known(&[R_OPEN_2.everywhere().in_mode(Mode::CreateStart)]);
//! }
//!
//! fn exit_code(cx: &Context<'_>) -> Outcome {
//!     let bundle = cx.bundle(Fixture::Busybox)?;
//!     cx.srun().container(&bundle).sh("exit 42").run()?.contained().exits(42).done()
//! }
//! ```
//!
//! - The doc comment is the documentation that `plimsoll explain` shows: one sentence that says what holds, then a paragraph
//!   `Catches: …` that names the defect which fails the case.
//! - `must`, `should` or `may` is the level. `rules` cites [`rules`], the foremost first; the rule's line in
//!   `rules/uncovered.rs` goes when its first case comes.
//! - A case states what the guide promises. Where a release's own rules differ it asks [`Context::release`]; where a release
//!   has an open defect it fails, and `known` names the defect.
//! - By default a case runs under every profile. `.once()` (or `.once_in_mode`) is for a case that brings its own `oci.conf`
//!   ([`Context::set_oci_conf`]) or does not depend on one; `.in_mode(Mode::CreateStart)` for one that is about a mode.
//! - `.needs`, `.nodes`, `.cpus`, `.settings`, `.separate` and `.releases` say what it takes; `.recorded()` puts the recorder
//!   in front of the runtime, and `cx.calls()` reads its notes.
//! - Each case has a cluster to itself: a mock of its own, which is gone after it, or real daemons that are brought back to
//!   nothing between two cases. Whatever is left then (processes, mounts, files) fails it. A case's first job is therefore
//!   not always job 1: [`Context::first_job`] has its number.
//! - What a daemon complains of before a step's streams are there is in its log alone: `.complains(cx, "…")` looks there, too.
//! - `.contained()` proves that every rank ran inside the bundle. It belongs into every case that means a container, since a
//!   request that is ignored looks like success (R-OPEN-10).
//! - Assertions on a [`Run`](run::Run) chain; the chain ends with `.done()`, or with `.checked()?` where the case goes on.
//!   Everything a command was given and gave is kept as evidence without further ado.
//! - Commands: `cx.srun()`, `sbatch()`, `salloc()`, `scancel()`, `squeue()`, `scontrol()`, `sinfo()`, `scrun()` and `cx.shell("…")`, then
//!   options with `.opts([…])` and the command with `.sh`, `.cmd`, or `.bare` where it must arrive word for word. `.run()` waits
//!   for the end, `.start()` does not; `.wrap("…").run_job()` is a batch job with its output; `.terminal(80, 24)` a terminal.
//! - Without a container: [`Context::set_runtime`] makes the runtime of shell commands, whose traces are the evidence.
//! - Own bundles: `cx.build(BundleBuilder::new(Fixture::Busybox).edit(…))`; files and folders of the user: `cx.file`, `cx.folder`.
//! - Nothing sleeps: [`Running`](running::Running) waits for a text or an end, and a command that hangs fails its case.
//!
//! [`Context::first_job`]: context::Context::first_job
//! [`Context::release`]: context::Context::release
//! [`Context::set_runtime`]: context::Context::set_runtime
//! [`Context::set_oci_conf`]: context::Context::set_oci_conf

pub mod bundle;
pub mod case;
pub mod catalogue;
pub mod compare;
pub mod context;
pub mod defects;
pub mod evidence;
pub mod invoke;
pub mod machine;
pub mod need;
pub mod outcome;
pub mod outside;
pub mod plugin;
pub mod profiles;
pub mod reach;
pub mod rules;
pub mod run;
pub mod runner;
pub mod running;
pub mod selftest;
pub mod stop;
pub mod target;
pub mod terminal;
pub mod world;

mod batch;
mod broken;
mod cleanup;
mod config;
mod env;
mod faults;
mod forms;
mod lifecycle;
mod mpi;
mod multi;
mod ociconf;
mod pattern;
mod request;
mod scrun;
mod signal;
mod spool;
mod stdio;
mod step;
#[cfg(test)]
mod testing;
