//! Options of the verbs beside `run`: the suite against defects, comparisons, shells, certificates.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use plimsoll_launcher::Release;

use super::args::factor;
use super::choices::{Format, RuntimeChoice, WorldName};

/// Options of `selftest`.
#[derive(Debug, Args)]
pub struct SelftestArgs {
    /// Which defects: parts of ids, or globs over them; all where none is given
    pub filter: Vec<String>,
    /// Try a defect no further once a case has caught it
    #[arg(long)]
    pub fast: bool,
    /// Cases at the same time [default: twice the cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Stretch every deadline by this factor
    #[arg(long, default_value_t = 1.0, value_name = "F", value_parser = factor)]
    pub time_scale: f64,
    /// As root: run the client commands as this user [default: plimsoll, or the user behind sudo]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Where the matrix goes, as JSON [default: plimsoll-out/selftest.json]
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What standard output shows
    #[arg(long, default_value = "human")]
    pub format: Format,
}

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Which scenarios: parts of ids, or globs over them; all where none is given
    pub filter: Vec<String>,
    /// Which release [default: the one that is installed here]
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<Release>,
    /// Scenarios at the same time
    #[arg(long, short, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// As root: run the client commands as this user [default: plimsoll, or the user behind sudo]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// What standard output shows
    #[arg(long, default_value = "human")]
    pub format: Format,
}

/// Options of `shell`.
#[derive(Debug, Args)]
pub struct ShellArgs {
    /// What kind of cluster
    #[arg(long, default_value = "mock", value_name = "WORLD")]
    pub world: WorldName,
    /// Nodes of the cluster
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub nodes: u16,
    /// The profile whose oci.conf it has [default: one with a real program, in run mode]
    #[arg(long, value_name = "NAME|DIR")]
    pub profile: Option<String>,
    /// What drives the profile
    #[arg(long, default_value = "auto", value_name = "WHICH")]
    pub runtime: RuntimeChoice,
    /// What the mock behaves like [default: guide]; on real daemons the release that is installed
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<Release>,
    /// As root: the user whose shell it is [default: plimsoll, or the user behind sudo]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The command; a shell where none is given
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// Options of `certify`.
#[derive(Debug, Args)]
pub struct CertifyArgs {
    /// The record's folder; a whole run, of real programs [default: that of the last run here]
    pub record: Option<PathBuf>,
    /// Where the certificate goes [default: plimsoll-certificate-RUN-ID.tar.zst]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The kill matrix of this build, which `plimsoll selftest` writes [default: plimsoll-out/selftest.json if it is there]
    #[arg(long, value_name = "FILE")]
    pub selftest: Option<PathBuf>,
    /// Sign it with this key, of minisign or OpenSSH; the signature goes beside it
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Instead check a folder of certificates against the rules for publishing them
    #[arg(long, value_name = "DIR", conflicts_with_all = ["record", "out", "selftest", "key"])]
    pub check: Option<PathBuf>,
    /// How to show it
    #[arg(long, default_value = "human")]
    pub format: Format,
}

/// What `verify` can require.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TierName {
    /// Every binding core case passes.
    Core,
    /// Every binding case passes.
    Extended,
}
