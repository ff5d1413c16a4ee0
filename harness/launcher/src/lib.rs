//! The reference step-side launcher: what a Slurm step daemon does with `--container`.
//!
//! Rules stand apart from effects. Everything that decides (lexing, checks, patterns, the new `config.json`, the next
//! operation of the state machine) is pure and takes a [`Release`]; [`driver`] forks, execs, waits and sleeps. Nothing in
//! this crate has heard of Slurm's wire protocol or of a test.

pub mod bundle_conf;
pub mod conf;
pub mod config_json;
pub mod deviation;
pub mod driver;
pub mod env;
pub mod layout;
pub mod machine;
pub mod ociconf;
pub mod pattern;
pub mod posix;
pub mod release;
pub mod step;
#[cfg(test)]
mod testing;

pub use conf::{CreateEnvFile, Mode, OciConf, Operation};
pub use release::{ParseReleaseError, Release};
