//! Deviations in the `config.json` that is written for a task.

use serde_json::{Value, json};

use super::Deviation;
use crate::config_json::STARTUP;
use crate::step::StepSpec;

/// Members of config.json that the specification of the runtime names.
const KNOWN: [&str; 9] =
    ["ociVersion", "process", "root", "hostname", "domainname", "mounts", "hooks", "annotations", "linux"];

/// What a launcher with the step's deviation makes of the bundle's own file, where the rules make `written`.
pub fn config(spec: &StepSpec, own: &Value, mut written: Value) -> Value {
    let Some(deviation) = spec.deviation else { return written };
    match deviation {
        Deviation::NotRewritten => return own.clone(),
        Deviation::TerminalKept => {
            written["process"]["terminal"] = own["process"].get("terminal").cloned().unwrap_or(json!(false));
        }
        Deviation::TerminalNever => written["process"]["terminal"] = json!(false),
        Deviation::RootRelative => written["root"]["path"] = own["root"]["path"].clone(),
        Deviation::SpoolUnmounted => {
            let spool = spec.spool_dir.display().to_string();
            mounts(&mut written, |mount| {
                let batch = text(mount, "destination").starts_with("/tmp/slurm/");
                batch || !text(mount, "source").starts_with(&spool)
            });
        }
        Deviation::BatchUnmounted => {
            mounts(&mut written, |mount| !text(mount, "destination").starts_with("/tmp/slurm/"));
        }
        Deviation::ScriptWritable => mounts(&mut written, |mount| {
            if text(mount, "destination") == STARTUP {
                mount["options"] = json!(["bind"]);
            }
            true
        }),
        Deviation::NullMounted if spec.batch.is_some() => {
            let null = json!({
                "destination": "/tmp/slurm/stdin", "type": "none", "source": "/dev/null", "options": ["bind"]
            });
            if let Some(list) = written["mounts"].as_array_mut() {
                list.push(null);
            }
        }
        Deviation::BatchArgumentsLost if spec.batch.is_some() => {
            if let Some(args) = written["process"]["args"].as_array_mut() {
                args.truncate(1);
            }
        }
        Deviation::BundleMountsLost => {
            let own = own["mounts"].as_array().cloned().unwrap_or_default();
            mounts(&mut written, |mount| !own.contains(mount));
        }
        Deviation::HooksLost => {
            written.as_object_mut().map(|members| members.remove("hooks"));
        }
        Deviation::MembersLost => {
            if let Some(members) = written.as_object_mut() {
                members.retain(|name, _| KNOWN.contains(&name.as_str()));
            }
        }
        Deviation::ArgumentsOfBundle => written["process"]["args"] = own["process"]["args"].clone(),
        Deviation::ArgumentsJoined => {
            let words = written["process"]["args"].as_array().cloned().unwrap_or_default();
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            written["process"]["args"] = json!(["/bin/sh", "-c", words.join(" ")]);
        }
        Deviation::EnvDoubled => {
            if let Some(list) = written["process"]["env"].as_array_mut() {
                let again = list.clone();
                list.extend(again);
            }
        }
        _ => {}
    }
    written
}

fn text<'a>(mount: &'a Value, member: &str) -> &'a str {
    mount[member].as_str().unwrap_or_default()
}

/// Keeps, and perhaps changes, the mounts that `keeps` is true of.
fn mounts(config: &mut Value, mut keeps: impl FnMut(&mut Value) -> bool) {
    if let Some(list) = config["mounts"].as_array_mut() {
        list.retain_mut(|mount| keeps(mount));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::spec;

    fn deviating(deviation: Deviation) -> Value {
        let own = json!({
            "root": { "path": "rootfs" }, "process": { "args": ["own"], "terminal": true },
            "mounts": [{ "destination": "/proc" }], "hooks": {}, "com.example": 1,
        });
        let written = json!({
            "root": { "path": "/b/rootfs" },
            "process": { "args": ["a", "b c"], "terminal": false, "env": ["A=1"] },
            "mounts": [
                { "destination": "/proc" },
                { "destination": "/var/run/slurm/", "source": "/spool/x" },
                { "destination": STARTUP, "source": "/spool/job/slurm_script", "options": ["bind", "ro"] },
            ],
            "hooks": {}, "com.example": 1,
        });
        config(&StepSpec { deviation: Some(deviation), ..spec(1) }, &own, written)
    }

    #[test]
    fn members_are_wrong_one_at_a_time() {
        assert_eq!(deviating(Deviation::NotRewritten)["process"]["args"], json!(["own"]));
        assert_eq!(deviating(Deviation::TerminalKept)["process"]["terminal"], json!(true));
        assert_eq!(deviating(Deviation::RootRelative)["root"]["path"], json!("rootfs"));
        assert_eq!(deviating(Deviation::SpoolUnmounted)["mounts"].as_array().unwrap().len(), 2);
        assert_eq!(deviating(Deviation::BatchUnmounted)["mounts"].as_array().unwrap().len(), 2);
        assert_eq!(deviating(Deviation::BundleMountsLost)["mounts"].as_array().unwrap().len(), 2);
        assert_eq!(deviating(Deviation::ScriptWritable)["mounts"][2]["options"], json!(["bind"]));
        assert_eq!(deviating(Deviation::MembersLost).get("com.example"), None);
        assert_eq!(deviating(Deviation::HooksLost).get("hooks"), None);
        assert_eq!(
            deviating(Deviation::ArgumentsJoined)["process"]["args"],
            json!(["/bin/sh", "-c", "a b c"])
        );
        assert_eq!(deviating(Deviation::EnvDoubled)["process"]["env"], json!(["A=1", "A=1"]));
    }
}
