//! The built-in runtime: a double for machines where no OCI runtime is installed, with the words and manners of crun and
//! runc. It needs no privileges, no cgroups and no other program: subordinate ids alone want newuidmap and newgidmap.
//!
//! No crate would do this for us: youki's libcontainer 0.7, the only kept one, wants a cgroup that it can write to, which an
//! ordinary user of a hybrid machine has not, and brings a D-Bus, a seccomp and a checkpoint library along. Not done here:
//! cgroup limits and seccomp filters; a configuration with a filter is refused rather than run without it.

mod args;
mod bundle;
mod container;
mod devices;
mod error;
mod hooks;
mod ids;
mod init;
mod launch;
mod log;
mod mount_options;
mod mounts;
mod namespaces;
mod operations;
mod process;
mod process_tree;
mod resolve;
mod rootfs;
mod run;
mod signals;
mod spec;
mod supervise;
mod sync;
mod terminal;

pub use run::run;
pub(crate) use run::{Failed, try_run};
