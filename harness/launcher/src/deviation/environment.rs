//! Deviations in a task's environment, and in the command that it is looked up with.

use std::ffi::OsString;

use serde_json::Value;

use super::Deviation;
use crate::env::{Env, lay_over, merge};
use crate::step::{StepSpec, TaskSpec};

/// The environment that a launcher with the step's deviation gives a task, where the rules give `env`.
pub fn environment(spec: &StepSpec, task: &TaskSpec, bundle: Option<&Value>, mut env: Env) -> Env {
    let Some(deviation) = spec.deviation else { return env };
    let bundle = || merge(Env::new(), bundle, spec.release).unwrap_or_default();
    match deviation {
        Deviation::StepWins => lay_over(&mut env, spec.env.iter().cloned()),
        Deviation::BundleEnvLost => {
            env.clone_from(&spec.env);
            lay_over(&mut env, task.env.iter().cloned());
        }
        Deviation::StepEnvLost => env = bundle(),
        Deviation::TaskEnvLost => env.retain(|(name, _)| !task.env.iter().any(|(own, _)| own == name)),
        Deviation::ContainerUnnamed => env.retain(|(name, _)| name != "SLURM_CONTAINER"),
        Deviation::DaemonEnvLeaked => {
            let mut leaked = spec.daemon_env.clone();
            lay_over(&mut leaked, env);
            return leaked;
        }
        _ => {}
    }
    env
}

/// The command that such a launcher goes on with, where the rules found `found`.
pub fn command(spec: &StepSpec, asked: &[OsString], mut found: Vec<OsString>) -> Vec<OsString> {
    match spec.deviation {
        Some(Deviation::NotLookedUp) => asked.to_vec(),
        Some(Deviation::LookedUpOrFails) => {
            if let Some(first) = found.first_mut()
                && !first.as_encoded_bytes().contains(&b'/')
            {
                *first = "/bin/false".into();
            }
            found
        }
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::spec;

    fn deviating(deviation: Deviation) -> Vec<String> {
        let pair = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let mut spec = StepSpec { deviation: Some(deviation), ..spec(1) };
        spec.env = vec![pair("BOTH", "step"), pair("SLURM_CONTAINER", "/b")];
        spec.daemon_env = vec![pair("DAEMON", "1")];
        let task = TaskSpec { env: vec![pair("RANK", "0")], ..spec.tasks[0].clone() };
        let env = vec![pair("BOTH", "bundle"), pair("SLURM_CONTAINER", "/b"), pair("RANK", "0")];
        let env = environment(&spec, &task, Some(&json!(["BOTH=bundle"])), env);
        env.iter().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect()
    }

    #[test]
    fn environments_are_wrong_one_at_a_time() {
        let all = ["BOTH=bundle", "SLURM_CONTAINER=/b", "RANK=0"];
        assert_eq!(deviating(Deviation::SpoolKept), all);
        assert_eq!(deviating(Deviation::StepWins)[0], "BOTH=step");
        assert_eq!(deviating(Deviation::BundleEnvLost)[0], "BOTH=step");
        assert_eq!(deviating(Deviation::StepEnvLost), ["BOTH=bundle"]);
        assert_eq!(deviating(Deviation::TaskEnvLost), all[..2]);
        assert_eq!(deviating(Deviation::ContainerUnnamed), [all[0], all[2]]);
        assert_eq!(deviating(Deviation::DaemonEnvLeaked)[0], "DAEMON=1");
    }

    #[test]
    fn a_command_is_looked_up_otherwise() {
        let with = |deviation| StepSpec { deviation, ..spec(1) };
        let (asked, found) = ([OsString::from("x")], vec![OsString::from("/bin/x")]);
        assert_eq!(command(&with(Some(Deviation::NotLookedUp)), &asked, found.clone()), asked);
        assert_eq!(command(&with(None), &asked, found.clone()), found);
        let missing = command(&with(Some(Deviation::LookedUpOrFails)), &asked, asked.to_vec());
        assert_eq!(missing, [OsString::from("/bin/false")]);
    }
}
