//! What a container is allowed so that containers can run inside it. Engines differ in what they can give, and nested ones
//! in what they have themselves, so that it is tried, the plainest first, and the first that works is taken.

use std::sync::{Mutex, PoisonError};

use super::docker::docker;

/// Options of `docker run`, in the order in which they are tried.
const CHOICES: [&[&str]; 3] = [
    &["--privileged"],
    &["--cap-add=ALL", UNCONFINED[0], UNCONFINED[1], UNCONFINED[2]],
    // An engine that runs in a container itself may lack this one, and cannot give what it has not.
    &["--cap-add=ALL", "--cap-drop=SYS_RESOURCE", UNCONFINED[0], UNCONFINED[1], UNCONFINED[2]],
];
const UNCONFINED: [&str; 3] = [
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--security-opt=systempaths=unconfined",
];
/// What has to work inside, for a container that starts as root: an ordinary user makes namespaces, and mounts a /proc of
/// its own, as rootless runtimes do.
const PROBE: &str = "exec setpriv --reuid=1001 --regid=1001 --clear-groups \
                     unshare --user --map-root-user --mount --pid --fork --mount-proc true";
const FUSE: &str = "/dev/fuse";

static FOUND: Mutex<Option<Vec<String>>> = Mutex::new(None);

/// The options for a node made from `image`; the error tells what each choice came to. Tried once a process.
pub fn options(image: &str) -> Result<Vec<String>, String> {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(options) = &*found {
        return Ok(options.clone());
    }
    let mut refused = Vec::new();
    for choice in CHOICES {
        let run = ["run", "--rm", "--network=none"].into_iter().chain(choice.iter().copied());
        let inside = [image, "/bin/sh", "-c", PROBE];
        match docker(run.chain(inside)) {
            Ok(_) => {
                let mut options: Vec<String> = choice.iter().map(|&option| option.to_owned()).collect();
                if std::path::Path::new(FUSE).exists() {
                    options.push(format!("--device={FUSE}"));
                }
                *found = Some(options.clone());
                return Ok(options);
            }
            Err(error) => refused.push(format!("{}: {error}", choice.join(" "))),
        }
    }
    Err(format!("no choice of options lets containers run inside containers; tried {}", refused.join("; ")))
}
