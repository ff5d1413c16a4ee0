//! The system calls that neither the standard library nor nix offers safely, each behind a safe function.

mod caps;
mod clone;
mod process;
mod terminal;

pub(crate) use caps::{
    CapSets, clear_ambient, drop_bounding, keep_capabilities, raise_ambient, set_capabilities,
};
pub(crate) use clone::{bring_up_loopback, clone_process, close_on_exec_from, set_domain_name};
pub(crate) use process::{
    AtExec, Reaped, at_exec, die_by, die_with_parent, ended_child, exit_at_once, live_without_parent, lock,
    own_received, process_fd, reset_signals, send_signal, stay_dumpable, wait_for_child,
};
pub(crate) use terminal::{become_controlling_terminal, copy_window_size, pty_name, set_window_size};
