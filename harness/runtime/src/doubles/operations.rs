//! The operations of an OCI runtime for doubles that have them under another command line: words for the built-in runtime.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use nix::sys::memfd::{MFdFlags, memfd_create};
use serde_json::{Value, json};

use crate::builtin::{Failed, try_run};

/// Runs an operation with the containers noted in `root`.
pub(super) fn operate(name: &str, root: &Path, words: &[OsString]) -> Result<i32, Failed> {
    let mut line = vec![OsString::from("--root"), root.into()];
    line.extend(words.iter().cloned());
    try_run(name, &line)
}

/// The same for `create` and `run` with a bundle whose config.json was changed for the built-in runtime. The file is one
/// of this process's own memory, so that nothing is left when it is killed.
pub(super) fn operate_on(
    name: &str,
    root: &Path,
    words: &[OsString],
    bundle: &Path,
    change: fn(&mut Value),
) -> Result<i32, Failed> {
    let path = bundle.join("config.json");
    let failed = |cause: &dyn std::fmt::Display| Failed::Other(format!("{}: {cause}", path.display()));
    let text = std::fs::read(&path).map_err(|cause| failed(&cause))?;
    let mut config: Value = serde_json::from_slice(&text).map_err(|cause| failed(&cause))?;
    change(&mut config);
    let memory = memfd_create(c"config.json", MFdFlags::MFD_CLOEXEC).map_err(|cause| failed(&cause))?;
    let mut file = std::fs::File::from(memory);
    file.write_all(config.to_string().as_bytes()).map_err(|cause| failed(&cause))?;
    let place = format!("/proc/self/fd/{}", file.as_raw_fd());
    let mut all = words.to_vec();
    all.extend(["--config".into(), place.into(), "--bundle".into(), bundle.into()]);
    operate(name, root, &all)
}

/// Gives a bundle without a user namespace one, in which the user is root.
pub(super) fn with_user_namespace(config: &mut Value) {
    let linux = &mut config["linux"];
    if !linux.is_object() {
        *linux = json!({});
    }
    if !linux["namespaces"].is_array() {
        linux["namespaces"] = json!([{"type": "mount"}]);
    }
    let Some(namespaces) = linux["namespaces"].as_array_mut() else { return };
    if namespaces.iter().any(|namespace| namespace["type"] == "user") {
        return;
    }
    namespaces.push(json!({"type": "user"}));
    let map = |id: u32| json!([{"containerID": 0, "hostID": id, "size": 1}]);
    linux["uidMappings"] = map(nix::unistd::getuid().as_raw());
    linux["gidMappings"] = map(nix::unistd::getgid().as_raw());
    // A sysfs of its own takes a network namespace of its own.
    for mount in config["mounts"].as_array_mut().into_iter().flatten() {
        if mount["type"] == "sysfs" {
            let options = ["rbind", "nosuid", "noexec", "nodev", "ro"];
            *mount = json!({"destination": "/sys", "type": "none", "source": "/sys", "options": options});
        }
    }
}
