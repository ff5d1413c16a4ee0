//! Which cases plausibly see which defect, so that these run first: words as behind `plimsoll run`.
//!
//! A hint saves time and decides nothing: what no hinted case catches meets every case.
#![allow(clippy::match_same_arms, reason = "a defect stands beside its like, whatever sees it")]

use plimsoll_cluster::deviant::ClientDeviation as C;
use plimsoll_launcher::Mode;
use plimsoll_launcher::deviation::Deviation as L;
use plimsoll_pmi::fault::Fault as M;
use plimsoll_runtime::faulty::Fault as R;
use plimsoll_scrun::wrong::Wrong as S;

/// Everything.
const ALL: &[&str] = &["*"];

/// Faults of operations that run mode does not call show in the other one.
pub(super) const fn mode_of_fault(fault: R) -> Mode {
    match fault {
        R::StateNothing
        | R::StateRubbish
        | R::StateHalf
        | R::StateUpperCase
        | R::StateUnknown
        | R::StateHuge
        | R::StateFails
        | R::StateHangs
        | R::StateOnStderr
        | R::StateRunning
        | R::StateStopped
        | R::StateCreating
        | R::StateWithoutPid
        | R::StateWrongPid
        | R::StateWrongId
        | R::CreateNothing
        | R::CreateFails
        | R::CreateHangs
        | R::CreateStarts
        | R::StartNothing
        | R::StartFails
        | R::StartHangs
        | R::KillNothing
        | R::KillFails
        | R::KillIsTerm
        | R::DeleteNothing
        | R::DeleteFails
        | R::DeleteHangs => Mode::CreateStart,
        _ => Mode::Run,
    }
}

/// Deviations in calling these operations, likewise.
pub(super) const fn mode_of_deviation(deviation: L) -> Mode {
    match deviation {
        L::CreateTwice
        | L::StartBeforeCreate
        | L::StartSkipped
        | L::DeleteUnreached
        | L::KillUnreached
        | L::WarningsCount
        | L::OddStatusTaken
        | L::NoAnswerTaken => Mode::CreateStart,
        _ => Mode::Run,
    }
}

/// For faults of the runtime.
pub(super) const fn runtime(fault: R) -> &'static [&'static str] {
    match fault {
        // The coarsest of all: every case that means a container sees it.
        R::OnHost => ALL,
        R::EnvLost | R::EnvFirst => &["env.*"],
        R::EnvLeaked => &["env.*"],
        R::MountsIgnored => &["step.*", "batch.*"],
        R::BindsIgnored | R::ReadOnlyIgnored => &["batch.*", "request.sbatch"],
        R::RootWritable => &["step.read-only-root"],
        R::CwdIgnored => &["step.working-directory"],
        R::HooksIgnored => &["config.hooks-run"],
        R::NetworkOwn => &["step.host-network"],
        R::TerminalIgnored | R::TerminalAlways => &["stdio.*"],
        R::ArgumentsJoined | R::ArgumentsCut => &["step.arguments", "step.exit-code", "batch.arguments"],
        R::NotPivoted => &["step.*", "request.srun"],
        R::CodeLost | R::CodeOne | R::SignalIsSuccess => {
            &["step.*", "multi.highest-code", "batch.state", "request.salloc-srun", "request.sbatch"]
        }
        R::InputLost | R::StreamsJoined | R::StreamsClosed | R::OutputCut => &["stdio.*"],
        R::Banner | R::Warns => &["step.quiet", "stdio.*"],
        R::NeverEnds | R::Detaches | R::RunFails => {
            &["step.exit-code", "step.quiet", "request.srun", "multi.two-*"]
        }
        R::Talks => &["step.quiet", "stdio.*", "cleanup.grandchildren"],
        R::IdsCut => &["multi.*", "batch.array"],
        R::StateNothing
        | R::StateRubbish
        | R::StateHalf
        | R::StateUnknown
        | R::StateHuge
        | R::StateFails
        | R::StateOnStderr
        | R::StateRunning
        | R::StateStopped
        | R::StateCreating
        | R::StateHangs => &["step.exit-code", "step.create-start-calls", "lifecycle.*"],
        R::StateWithoutPid | R::StateWrongPid => {
            &["step.exit-code", "step.killed", "signal.usr1", "lifecycle.*"]
        }
        R::StateUpperCase | R::StateWrongId => &["lifecycle.*"],
        R::CreateNothing | R::CreateFails | R::CreateHangs | R::CreateStarts => {
            &["step.exit-code", "step.create-start-calls", "request.srun", "lifecycle.*"]
        }
        R::StartNothing | R::StartFails | R::StartHangs => &["step.exit-code", "step.quiet", "lifecycle.*"],
        R::KillNothing | R::KillFails | R::KillIsTerm => {
            &["lifecycle.*", "signal.cancel-ignored", "cleanup.*"]
        }
        R::DeleteNothing | R::DeleteFails | R::DeleteHangs => {
            &["lifecycle.*", "cleanup.*", "step.create-start-calls"]
        }
    }
}

/// For deviations of the launcher.
pub(super) const fn launcher(deviation: L) -> &'static [&'static str] {
    match deviation {
        L::CommentKept
        | L::NotContinued
        | L::OnePairALine
        | L::KeysHaveCase
        | L::FirstWins
        | L::ReadOnce
        | L::IncludeSkipped
        | L::UnknownKeyPassed
        | L::BooleanLax
        | L::ExpressionLax => &["ociconf.*"],
        L::RejectedIsAbsent => &["ociconf.*", "pattern.unknown"],
        L::AbsentIsFatal => &["step.ignored-without-oci-conf"],
        L::JobIdWrong => &["pattern.*", "config.mount-spool-dir"],
        L::StepIdZero => &["pattern.*", "multi.two-steps"],
        L::TaskIdZero => &["pattern.*", "multi.two-tasks", "multi.own-directories"],
        L::UserNumber
        | L::UserName
        | L::NodeWrong
        | L::PidWrong
        | L::SpoolOfTask
        | L::EnvFileElsewhere
        | L::PercentDoubled
        | L::LetterLeft
        | L::LetterEarly => &["pattern.*", "spool.*", "env.file-*", "step.working-directory"],
        L::BundleOfUser => &["pattern.*", "config.*", "batch.*", "broken.odd-path"],
        L::RootRelativeInPattern => &["pattern.rootfs", "config.ignored"],
        L::CommandUnquoted => &["step.lookup", "pattern.*"],
        L::StepWins
        | L::BundleEnvLost
        | L::StepEnvLost
        | L::TaskEnvLost
        | L::ContainerUnnamed
        | L::DaemonEnvLeaked
        | L::ExcludeIgnored
        | L::ExcludeNames
        | L::ExcludeWhole
        | L::RuntimeExcludeIgnored
        | L::RuntimeExcludeOfContainer
        | L::EnvFileSeparator
        | L::EnvFileReadable => &["env.*", "config.env-once"],
        L::NotRewritten => &["config.*", "env.*", "batch.*", "stdio.no-terminal"],
        L::BundleOverwritten => &["config.untouched"],
        L::TerminalKept | L::TerminalNever => &["stdio.*"],
        L::RootRelative | L::SpoolUnmounted | L::SpoolMountedElsewhere => &["config.*"],
        L::BatchUnmounted | L::ScriptWritable | L::NullMounted | L::BatchArgumentsLost => {
            &["batch.*", "request.sbatch"]
        }
        L::BundleMountsLost | L::HooksKept | L::HooksLost | L::MembersLost => &["config.*"],
        L::ArgumentsOfBundle => &["config.*", "step.exit-code", "request.s*"],
        L::ArgumentsJoined => &["config.*", "step.arguments", "batch.arguments"],
        L::EnvDoubled | L::ConfigReadable | L::IgnoreIgnored => &["config.*", "spool.modes"],
        L::CauseHidden | L::FailedRunsOnHost => &["broken.*", "spool.in-the-way", "multi.two-tasks"],
        L::TaskErrorsSilent => &[
            "spool.in-the-way",
            "pattern.unknown",
            "pattern.work-dir",
            "cleanup.*",
            "ociconf.ignore-without-run",
        ],
        L::NotLookedUp | L::LookedUpOrFails => &["step.lookup", "step.not-found"],
        L::RuntimeElsewhere => &["step.runtime-cwd", "config.ignored"],
        L::NoShell => &["step.shell", "step.no-query"],
        L::StreamsJoined | L::InputLost => &["stdio.*"],
        L::CodeLost | L::CodeOne => {
            &["step.*", "cleanup.start-fails", "multi.highest-code", "request.salloc-srun"]
        }
        L::RunTwice => &["step.shell", "step.exit-code"],
        L::RunPolled | L::StateUnasked => &["step.*-calls", "step.not-polled", "step.exit-code"],
        L::KillUnreached | L::DeleteUnreached => &["cleanup.*", "step.create-start-calls"],
        L::CreateTwice => &["step.quiet", "stdio.apart"],
        L::StartBeforeCreate | L::StartSkipped => &["step.create-start-calls", "step.exit-code"],
        L::WarningsCount | L::OddStatusTaken | L::NoAnswerTaken => &["cleanup.*"],
        L::QueryDemanded => &["step.no-query"],
        L::CleanUpAsDaemon => &["step.as-user"],
        L::SpoolOpen
        | L::SpoolKept
        | L::CleanUpForced
        | L::ForeignRemoved
        | L::PathIgnored
        | L::TasksShare => &["spool.*", "multi.own-directories"],
    }
}

/// For deviations of the client commands.
pub(super) const fn client(deviation: C) -> &'static [&'static str] {
    match deviation {
        C::LabelMissing => &["stdio.label", "multi.three-nodes"],
        C::CodeLost => ALL,
        C::CodeOne => &[
            "faults.disk-full",
            "step.exit-code",
            "step.killed",
            "multi.highest-code",
            "request.salloc-srun",
        ],
        C::InputLost | C::InputCut | C::InputNeverEnds | C::StreamsJoined | C::OutputCut => &["stdio.*"],
        C::Banner => &["step.quiet", "stdio.*", "request.srun"],
        C::ErrorsSilent => {
            &["mpi.unknown-type", "signal.*", "broken.*", "request.*", "multi.queued", "step.no-runtime"]
        }
        C::OutputElsewhere | C::InputElsewhere | C::PtyIgnored => &["stdio.*"],
        C::ExportIgnored => &["env.*"],
        C::TasksIgnored => &["multi.*", "plugin.tasks"],
        C::NodesIgnored => &["multi.*"],
        C::ContainerIgnored => &[
            "request.*",
            "forms.*-option-*",
            "batch.*",
            "multi.*",
            "ociconf.*",
            "pattern.*",
            "cleanup.*",
            "faults.*",
            "plugin.inside",
        ],
        C::VariableIgnored | C::RelativeResolved | C::UnknownTaken | C::Inherited | C::DirectivesIgnored => {
            &["request.*"]
        }
        C::FailureHangs => &["signal.loss*", "broken.missing*", "step.exit-code"],
        C::InterruptDeaf => &["signal.interrupt", "signal.srun-killed"],
        C::WaitIgnored => &["batch.*", "request.sbatch", "forms.*-relative*"],
        C::ArrayIgnored => &["batch.array"],
        C::HoldIgnored | C::SignalLost | C::SignalIsTerm | C::CancelLost => &["signal.*", "batch.cancelled"],
        C::ScriptArgumentsLost => &["batch.arguments"],
        C::StatesIgnored => &["multi.queued"],
        C::ContainerHidden => &["request.shown", "batch.state"],
        C::StateWrong => &["batch.state", "signal.cancel-pending"],
    }
}

/// For defects of scrun: the case about it, and a case under Podman that shows it, too.
pub(super) const fn scrun(wrong: S) -> &'static [&'static str] {
    match wrong {
        S::CodeLost => &["scrun.podman-exit-codes", "scrun.podman-cancelled", "scrun.docker-exit-codes"],
        S::CodeOne => &["scrun.podman-exit-codes"],
        S::StreamsJoined | S::InputLost => &["scrun.streams", "scrun.podman-streams"],
        S::OutputLost => &["scrun.streams", "scrun.podman-settings", "scrun.podman-burst"],
        S::TerminalIgnored => &["scrun.podman-terminal"],
        S::IdHidden => &["scrun.life", "scrun.podman-detached", "scrun.docker-detached"],
        S::NodesIgnored => &["scrun.nodes", "scrun.podman-verify", "scrun.docker-verify"],
        S::LimitIgnored => &["scrun.time-limit"],
        S::JobIgnored => &["scrun.existing-job", "scrun.podman-salloc"],
        S::KillNothing => &["scrun.signals"],
        S::KillIsTerm => &["scrun.signals", "scrun.podman-kill"],
        S::DeleteLeaves => &["scrun.life", "scrun.podman-remove-running"],
        S::DeleteRefused => &["scrun.delete-running"],
        S::StateRunning | S::StateWithoutPid | S::CreateStarts => &["scrun.life"],
        S::StartTwice | S::NameTaken => &["scrun.once"],
        S::OthersTaken => &["scrun.unsupported", "scrun.podman-unsupported", "scrun.docker-unsupported"],
        S::OthersEnd => &["scrun.unsupported"],
        S::ScriptMissingTaken => &["scrun.no-script"],
        S::OciConfMissingTaken => &["scrun.no-oci-conf"],
        S::AuthTaken => &["scrun.jwt"],
        S::ScriptFailureTaken => &["scrun.stage-in-fails"],
        S::StageOutSkipped => &["scrun.stage-out"],
        S::OutputsMissing => &["scrun.outputs", "scrun.podman-configured"],
        S::CommandUnchecked => &["scrun.no-command", "scrun.podman-printed"],
        S::LogAlwaysText => &["scrun.log-format"],
        S::ErrorsNameless => &["scrun.no-script"],
        S::SrunArgsIgnored => &["scrun.srun-args"],
        S::RootGuessed => &["scrun.root-not-guessed"],
        S::LossUnseen => &["scrun.lost-before-start"],
    }
}

/// The cases that plausibly see a fault of an MPI server.
pub(super) const fn mpi(fault: M) -> &'static [&'static str] {
    match fault {
        M::EnvironmentLost => &["mpi.*"],
        M::Singletons => &["mpi.ring", "mpi.one-node"],
        M::MapWrong => &["mpi.uneven", "mpi.cyclic"],
        M::FenceLost => &["mpi.ring"],
        M::AbortLost => &["mpi.abort"],
        M::SegmentsKept => &["mpi.no-segments"],
    }
}
