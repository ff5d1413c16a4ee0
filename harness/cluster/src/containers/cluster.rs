//! The cluster as cases see it: client commands run in the controller's container as the user.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::User;

use super::account::Account;
use super::node::Container;
use super::order::As;
use super::start::{NODE_PATH, Parts, StartError, Wanted};
use crate::real::reset::{Hands as _, wait_answers, wait_quiet};
use crate::submit;
use crate::world::{Cluster, Daemon, Disturbance, Residue};

/// A running cluster whose nodes are containers.
#[derive(Debug)]
pub struct Containers {
    pub(super) parts: Parts,
    pub(super) names: Vec<String>,
    wanted: Wanted,
    home: PathBuf,
    conf: PathBuf,
    shared: PathBuf,
    pub(super) first_job: u64,
}

impl Containers {
    /// Starts a cluster; every node is idle when this returns.
    pub fn start(wanted: &Wanted) -> Result<Self, StartError> {
        let parts = Parts::make(wanted)?;
        parts.start_daemons()?;
        Ok(Self {
            names: parts.nodes.iter().map(|node| node.name.clone()).collect(),
            conf: parts.dir.join("conf"),
            shared: parts.dir.join("shared"),
            home: Account::of(&wanted.user, "").home(),
            wanted: wanted.clone(),
            first_job: 1,
            parts,
        })
    }

    /// A command in the controller's container, with these ids.
    pub(super) fn enter(&self, ids: &str, program: &str) -> Command {
        let mut command = Command::new(&self.wanted.program);
        command.arg("enter").arg(self.parts.controller.socket()).arg(ids).arg(program);
        command.env_clear().env("PATH", NODE_PATH).env("LANG", "C.UTF-8");
        command
    }

    /// The controller's container.
    pub fn controller(&self) -> &Container {
        &self.parts.controller
    }

    /// A node's container.
    pub fn node(&self, name: &str) -> io::Result<&Container> {
        self.parts.node(name)
    }
}

impl Cluster for Containers {
    fn world(&self) -> &'static str {
        "containers"
    }

    fn release(&self) -> Release {
        self.wanted.release
    }

    fn nodes(&self) -> &[String] {
        &self.names
    }

    fn user(&self) -> &User {
        &self.wanted.user
    }

    fn command(&self, program: &str) -> Command {
        let user = &self.wanted.user;
        let mut command = self.enter(&format!("{}:{}", user.uid, user.gid), program);
        command
            .env("HOME", &self.home)
            .env("USER", &user.name)
            .env("LOGNAME", &user.name)
            .env("SHELL", "/bin/bash");
        command
    }

    fn conf_dir(&self) -> &Path {
        &self.conf
    }

    fn shared_dir(&self) -> &Path {
        &self.shared
    }

    fn set_oci_conf(&self, text: Option<&str>) -> io::Result<()> {
        submit::set_file(&self.conf.join("oci.conf"), text)
    }

    fn spool_dir(&self, node: &str) -> PathBuf {
        self.parts.dir.join("spool").join(node)
    }

    fn kill(&self, daemon: Daemon<'_>) -> io::Result<()> {
        match daemon {
            Daemon::Controller => self.parts.controller.kill_daemon(),
            Daemon::Node(name) => self.node(name)?.kill_daemon(),
            Daemon::Step(name) => {
                let said = self.node(name)?.ask(&["pkill", "-KILL", "-x", "slurmstepd"], As::Root)?;
                if said.status.success() {
                    return Ok(());
                }
                Err(io::Error::new(io::ErrorKind::NotFound, format!("no step daemon runs on {name}")))
            }
        }
    }

    fn revive(&self, daemon: Daemon<'_>) -> io::Result<bool> {
        match daemon {
            Daemon::Controller => self.restart_controller()?,
            Daemon::Node(node) => self.restart_node(node)?,
            Daemon::Step(_) => return Ok(false),
        }
        wait_answers(self).map(|()| true)
    }

    fn can_disturb(&self, _how: Disturbance) -> bool {
        true
    }

    fn disturb(&self, node: &str, how: Disturbance) -> io::Result<()> {
        self.node(node)?.disturb(how)?;
        if how == Disturbance::Join {
            // Its address may be another one.
            self.parts.name_hosts().map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn first_job(&self) -> u64 {
        self.first_job
    }

    fn wait_idle(&self, within: Duration) -> bool {
        wait_quiet(self, within).is_ok()
    }

    fn logs(&self) -> Vec<(String, PathBuf)> {
        self.parts.logs()
    }

    fn stop(mut self: Box<Self>) -> Residue {
        super::end::take_down(&mut self.parts)
    }
}
