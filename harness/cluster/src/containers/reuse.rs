//! The same cluster for one case after another.

use std::fs;
use std::io;
use std::process::Command;

use super::cluster::Containers;
use super::node::Container;
use super::order::As;
use crate::real::control::Control;
use crate::real::reset::{self, Hands, Reusable, Stray, Wreck};
use crate::world::{Cluster as _, Residue};

impl Hands for Containers {
    fn operator(&self, program: &str) -> Command {
        let mut command = self.enter("0:0", program);
        command.current_dir("/");
        command
    }

    fn nodes(&self) -> &[String] {
        &self.names
    }

    fn strays(&self) -> Vec<Stray> {
        self.parts.all().flat_map(|container| named(container, container.strays(false))).collect()
    }

    fn end_strays(&self) {
        for container in self.parts.all() {
            for stray in named(container, container.strays(true)) {
                log::debug!("{} of {} does not end: {}", stray.pid, stray.node, stray.command);
            }
        }
    }

    fn restart_node(&self, node: &str) -> io::Result<()> {
        self.restart(self.node(node)?)
    }

    fn restart_controller(&self) -> io::Result<()> {
        self.restart(self.controller())
    }

    fn controller_lives(&self) -> bool {
        self.controller().daemon_lives()
    }

    fn node_lives(&self, node: &str) -> bool {
        self.node(node).is_ok_and(Container::daemon_lives)
    }

    fn sweep_spools(&self) -> Residue {
        self.names.iter().flat_map(|node| self.sweep_spool(node)).collect()
    }
}

impl Containers {
    fn sweep_spool(&self, node: &str) -> Residue {
        let mut residue = Residue::new();
        let entries = fs::read_dir(self.spool_dir(node)).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()).filter(|path| is_a_step_s(node, path)) {
            residue.push(format!("{} is left in the spool", path.display()));
            if let Err(cause) = self.remove(&path) {
                residue.push(format!("{} cannot be removed: {cause}", path.display()));
            }
        }
        residue
    }

    fn restart(&self, container: &Container) -> io::Result<()> {
        container.undisturb()?;
        if container.daemon_lives() {
            container.kill_daemon()?;
        }
        self.parts.start_daemon(container)
    }

    /// Removes what a step left, as root inside, which may remove what belongs to the user's subordinate ids.
    fn remove(&self, path: &std::path::Path) -> io::Result<()> {
        let path = path.to_string_lossy();
        let said = self.controller().ask(&["rm", "-rf", "--one-file-system", &path], As::Root)?;
        if said.status.success() { Ok(()) } else { Err(io::Error::other(said.output)) }
    }
}

impl Reusable for Containers {
    fn reset(&mut self) -> Result<Residue, Wreck> {
        let disturbed = self.parts.all().any(Container::is_disturbed);
        for container in self.parts.all() {
            if container.undisturb().map_err(|cause| Wreck(cause.to_string()))? {
                // What it had no time to remove is nobody's fault.
                self.sweep_spool(&container.name);
            }
        }
        if disturbed {
            self.parts.name_hosts().map_err(|cause| Wreck(cause.to_string()))?;
        }
        let residue = reset::reset(self)?;
        let broken = |cause: io::Error| Wreck(format!("its folders cannot be emptied: {cause}"));
        self.set_oci_conf(None).map_err(broken)?;
        for entry in fs::read_dir(self.shared_dir()).map_err(broken)?.flatten() {
            self.remove(&entry.path()).map_err(broken)?;
        }
        for (_, path) in self.logs() {
            // Daemons append to them, so that what comes next is what the next case did.
            fs::File::options().write(true).truncate(true).open(path).map_err(broken)?;
        }
        let command = |program: &str| self.operator(program);
        let next = Control::new(&command).next_job();
        self.first_job = next.ok_or_else(|| Wreck("scontrol does not name the next job".to_owned()))?;
        Ok(residue)
    }
}

fn named(container: &Container, found: io::Result<Vec<super::order::Process>>) -> Vec<Stray> {
    let node = &container.name;
    match found {
        Ok(found) => found
            .into_iter()
            .map(|process| Stray { node: node.clone(), pid: process.pid, command: process.command })
            .collect(),
        Err(cause) => {
            vec![Stray { node: node.clone(), pid: 0, command: format!("its agent does not answer: {cause}") }]
        }
    }
}

/// Whether something in a spool folder is a job's or step's: a folder `job00012`, or a socket `NODE_12.0`. What else is
/// there is the node daemon's own.
fn is_a_step_s(node: &str, path: &std::path::Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let number = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    [("job", ""), (node, "_")].into_iter().any(|(first, then)| {
        name.strip_prefix(first).and_then(|rest| rest.strip_prefix(then)).is_some_and(number)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_steps_leave_is_told_from_what_the_node_keeps() {
        for (name, steps) in [
            ("job00012", true),
            ("n1_12.0", true),
            ("n1_12.4294967290", true),
            ("cred_state", false),
            ("hwloc_topo_whole.xml", false),
            ("conf-cache", false),
        ] {
            assert_eq!(is_a_step_s("n1", &Path::new("/s/n1").join(name)), steps, "{name}");
        }
    }
}
