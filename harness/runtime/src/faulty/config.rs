//! What a fault makes of a container's config.json. Pure.

use serde_json::{Value, json};

use super::Fault;

/// The configuration that a runtime with this fault goes by; none where the fault is about something else. `own` are the
/// runtime's own variables, as `NAME=value`.
pub(super) fn changed(fault: Fault, mut config: Value, own: Vec<String>) -> Option<Value> {
    match fault {
        Fault::EnvLost => config["process"]["env"] = json!([]),
        Fault::EnvFirst => {
            if let Some(env) = config["process"]["env"].as_array_mut() {
                env.truncate(1);
            }
        }
        Fault::EnvLeaked => {
            let kept = config["process"]["env"].as_array().cloned().unwrap_or_default();
            config["process"]["env"] = own.into_iter().map(Value::from).chain(kept).collect();
        }
        Fault::MountsIgnored => config["mounts"] = json!([]),
        Fault::BindsIgnored => mounts(&mut config, |mount| !is_bind(mount)),
        Fault::ReadOnlyIgnored => mounts(&mut config, |mount| {
            if let Some(options) = mount["options"].as_array_mut() {
                options.retain(|option| option != "ro" && option != "rro");
            }
            true
        }),
        Fault::RootWritable => config["root"]["readonly"] = json!(false),
        Fault::CwdIgnored => config["process"]["cwd"] = json!("/"),
        Fault::HooksIgnored => {
            config.as_object_mut()?.remove("hooks");
        }
        Fault::NetworkOwn => {
            config["linux"]["namespaces"].as_array_mut()?.push(json!({ "type": "network" }));
        }
        Fault::TerminalIgnored => config["process"]["terminal"] = json!(false),
        Fault::TerminalAlways => config["process"]["terminal"] = json!(true),
        Fault::ArgumentsJoined => {
            let words = arguments(&config).join(" ");
            config["process"]["args"] = json!(["/bin/sh", "-c", words]);
        }
        Fault::ArgumentsCut => {
            let words = arguments(&config);
            let cut = words.iter().map(|word| word.split(' ').next().unwrap_or_default());
            config["process"]["args"] = cut.collect();
        }
        Fault::NotPivoted => config["root"]["path"] = json!("/"),
        _ => return None,
    }
    Some(config)
}

/// The program and its arguments.
pub(super) fn arguments(config: &Value) -> Vec<String> {
    let words = config["process"]["args"].as_array().cloned().unwrap_or_default();
    words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

fn is_bind(mount: &Value) -> bool {
    let options = mount["options"].as_array().cloned().unwrap_or_default();
    options.iter().any(|option| option == "bind" || option == "rbind")
}

fn mounts(config: &mut Value, mut keeps: impl FnMut(&mut Value) -> bool) {
    if let Some(list) = config["mounts"].as_array_mut() {
        list.retain_mut(|mount| keeps(mount));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed_by(fault: Fault) -> Option<Value> {
        let config = json!({
            "process": { "args": ["a b", "c"], "env": ["A=1", "B=2"], "cwd": "/w" },
            "mounts": [{ "destination": "/proc" }, { "destination": "/x", "options": ["bind", "ro"] }],
            "linux": { "namespaces": [] }, "hooks": {},
        });
        changed(fault, config, vec!["OWN=1".to_owned()])
    }

    #[test]
    fn members_are_wrong_one_at_a_time() {
        let env = |fault| changed_by(fault).unwrap()["process"]["env"].clone();
        assert_eq!(env(Fault::EnvLost), json!([]));
        assert_eq!(env(Fault::EnvFirst), json!(["A=1"]));
        assert_eq!(env(Fault::EnvLeaked), json!(["OWN=1", "A=1", "B=2"]));
        let args = |fault| changed_by(fault).unwrap()["process"]["args"].clone();
        assert_eq!(args(Fault::ArgumentsCut), json!(["a", "c"]));
        assert_eq!(args(Fault::ArgumentsJoined), json!(["/bin/sh", "-c", "a b c"]));
        let mounts = |fault| changed_by(fault).unwrap()["mounts"].as_array().unwrap().len();
        assert_eq!((mounts(Fault::MountsIgnored), mounts(Fault::BindsIgnored)), (0, 1));
        assert_eq!(changed_by(Fault::ReadOnlyIgnored).unwrap()["mounts"][1]["options"], json!(["bind"]));
        assert_eq!(changed_by(Fault::CodeLost), None);
    }
}
