//! Containers that are jobs: scrun by itself, and under Podman and Docker as users call them.

mod asked;
mod burst;
mod docker;
mod dockerd;
mod engine;
mod life;
mod limits;
mod podman;
mod refused;
mod script;
mod single;
mod streams;

use crate::case::Case;

pub use dockerd::SCRIPTS as DOCKERD_SCRIPTS;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &life::LIFE,
    &life::SIGNALS,
    &life::DELETE_RUNNING,
    &life::ONCE,
    &life::LOST_BEFORE_START,
    &life::ANCHOR_KILLED,
    &life::ROOT_NOT_GUESSED,
    &streams::DIRECT,
    &streams::LOG_FORMAT,
    &streams::PODMAN,
    &streams::TERMINAL,
    &asked::NODES,
    &asked::TIME_LIMIT,
    &asked::EXISTING_JOB,
    &asked::OUTPUTS,
    &asked::SRUN_ARGS,
    &refused::NO_SCRIPT,
    &refused::NO_OCI_CONF,
    &refused::JWT,
    &refused::NO_COMMAND,
    &refused::OTHERS,
    &script::STAGE_IN_FAILS,
    &script::STAGE_OUT,
    &script::STAGED,
    &podman::CONFIGURED,
    &podman::VERIFY,
    &podman::PRINTED,
    &podman::SALLOC,
    &podman::EXIT_CODES,
    &podman::DETACHED,
    &podman::KILL,
    &podman::REMOVE_RUNNING,
    &podman::CANCELLED,
    &podman::SETTINGS,
    &limits::REFUSED,
    &limits::NETWORKS,
    &limits::ALIAS,
    &burst::BURST,
    &docker::VERIFY,
    &docker::STREAMS,
    &docker::DETACHED,
    &docker::LIMITS,
];
