//! What options choose among: lists, formats, worlds, runtimes.

use clap::ValueEnum;

/// What `list` lists.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Listed {
    /// The cases.
    Cases,
    /// The rules that cases cite.
    Rules,
    /// The profiles, and what drives each of them here.
    Profiles,
    /// The needs.
    Needs,
    /// The releases that the mock can behave like.
    Releases,
    /// The fixtures.
    Fixtures,
    /// The defects that `plimsoll selftest` knows.
    Defects,
}

/// How output is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// Which report.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// JUnit XML, for CI.
    Junit,
    /// TAP, version 14.
    Tap,
    /// One page for a browser.
    Html,
    /// Metrics in the text format of Prometheus.
    Prometheus,
    /// A summary in Markdown, for pages of CI.
    Markdown,
}

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code hosts.
    Sarif,
}

/// How a diff is shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DiffFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// One page for a browser.
    Html,
}

impl From<ReportFormat> for plimsoll_record::Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Human => Self::Human,
            ReportFormat::Json => Self::Json,
            ReportFormat::Junit => Self::Junit,
            ReportFormat::Tap => Self::Tap,
            ReportFormat::Html => Self::Html,
            ReportFormat::Prometheus => Self::Prometheus,
            ReportFormat::Markdown => Self::Markdown,
        }
    }
}

/// Where cases run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WorldName {
    /// A mock cluster a case.
    Mock,
    /// Private clusters of the Slurm that is installed here.
    Slurm,
    /// The live cluster whose srun is on PATH; nothing of it is changed.
    Attach,
    /// Clusters of a release that --release names, from the images of ci/images; their nodes are containers.
    Containers,
}

impl WorldName {
    /// Its name, as it is written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            WorldName::Mock => "mock",
            WorldName::Slurm => "slurm",
            WorldName::Attach => "attach",
            WorldName::Containers => "containers",
        }
    }
}

/// What drives a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RuntimeChoice {
    /// The real program when it is installed, else the double.
    Auto,
    /// The real program only.
    Real,
    /// The double only.
    Double,
}
