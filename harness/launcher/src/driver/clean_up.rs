//! Section 7: once a step, after its tasks.

use std::io;
use std::path::Path;

use super::ending::kill_and_delete;
use super::operate::{DEADLINE, Operator, Output};
use super::task::Expanded;
use super::types::{Container, LaunchError, Prepared};
use crate::conf::{CreateEnvFile, Operation};
use crate::layout::Stays;
use crate::{Release, deviation, env};

impl Prepared {
    /// Section 7: kill and delete with no task meant, then remove the generated files. Blocks; every failure goes to
    /// `log`, none stops it. To be called after the tasks have ended, also when a launch failed.
    /// What a batch job's user reads of it goes to `say`.
    pub fn clean_up(&self, log: &mut dyn FnMut(String), say: &mut dyn FnMut(&str)) {
        let Some(container) = &self.container else { return };
        if !self.spec.release.at_least(Release::V23_02) {
            // 22.05 removes first, and the environment file not at all.
            remove_file(&container.layout.step.join("config.json"), log);
            remove_dir(&container.layout.step, log);
            return self.end_containers(container, log, say);
        }
        let dead = self.spec.release.is_later() && Expanded::with(&self.spec, container, None).is_err();
        if dead {
            // The daemon died of the pattern, and its folders stay.
            return log("the patterns of oci.conf cannot be expanded: nothing is cleaned up".to_owned());
        }
        self.end_containers(container, log, say);
        if container.conf.disable_cleanup || container.layout.stays == Stays::All {
            return;
        }
        for dir in &container.layout.tasks {
            if container.config.is_some() {
                remove_file(&dir.join("config.json"), log);
            }
            if container.conf.create_env_file != CreateEnvFile::Disabled {
                remove_file(&dir.join("environment"), log);
            }
            if deviation::takes_all(self.spec.deviation) {
                // What cannot be removed stays, as it does without this.
                let _ = std::fs::remove_dir_all(dir);
            }
            remove_dir(dir, log);
        }
        if container.layout.stays == Stays::Nothing {
            remove_dir(&container.layout.step, log);
        }
    }

    fn end_containers(&self, container: &Container, log: &mut dyn FnMut(String), say: &mut dyn FnMut(&str)) {
        let spec = &self.spec;
        let promised = !spec.release.has_open_defects();
        let mut runtime_env = spec.daemon_env.clone();
        // Releases behind the first one forget about it here.
        if !spec.release.is_later() {
            env::exclude(&mut runtime_env, container.conf.runtime_env_exclude.as_deref());
        }
        let operator = Operator {
            env: &runtime_env,
            dir: None,
            // R-OPEN-8: real releases run these as the daemon's own user.
            user: Some(&spec.user).filter(|_| promised && !deviation::stays_daemon(spec.deviation)),
            groups: (!promised).then_some(&spec.user.groups),
            errors_count: !promised,
            deadline: promised.then_some(DEADLINE),
        };
        let ignored = container.config.is_none();
        let of_tasks = promised && (ignored || self.forced.get());
        let started = self.started.borrow();
        if of_tasks {
            for (local_id, pid) in started.iter() {
                let Some(position) = spec.tasks.iter().position(|task| task.local_id == *local_id) else {
                    continue;
                };
                let task = (position, pid.unsigned_abs(), spec.tasks[position].argv.as_slice());
                match Expanded::with(spec, container, Some(task)) {
                    Ok(expanded) if ignored => {
                        // The guide's profiles signal the task by its pid, which has ended: their failure is normal.
                        operator.run(expanded.command(Operation::Kill), &Output::Keep);
                        operator.run(expanded.command(Operation::Delete), &Output::Keep);
                    }
                    Ok(expanded) => kill_and_delete(&operator, &expanded, spec.release, say),
                    Err(error) => log(error),
                }
            }
        }
        // R-OPEN-3: without a configuration nothing is asked, and so nothing is killed or deleted.
        if ignored {
            return;
        }
        // 23.02 kept the patterns of the first expansion.
        let first = started.first().and_then(|(local_id, pid)| {
            let position = spec.tasks.iter().position(|task| task.local_id == *local_id)?;
            Some((position, pid.unsigned_abs(), spec.tasks[position].argv.as_slice()))
        });
        let task = first.filter(|_| spec.release == Release::V23_02);
        match Expanded::with(spec, container, task) {
            Ok(expanded) => kill_and_delete(&operator, &expanded, spec.release, say),
            Err(error) => log(error),
        }
    }
}

fn remove_file(path: &Path, log: &mut dyn FnMut(String)) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            log(LaunchError::at("cannot remove", path, &error).message);
        }
        _ => {}
    }
}

/// Removes a directory; one that is gone, or that holds somebody else's files, is no error (rule L-CLEAN-3).
fn remove_dir(path: &Path, log: &mut dyn FnMut(String)) {
    match std::fs::remove_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            log(LaunchError::at("cannot remove", path, &error).message);
        }
        _ => {}
    }
}
