//! What plugins and their commands start: Pyxis (as srun calls it), `sarus run` and `shifter`. Left out: images and their gateways,
//! privileges, hooks, GPUs. An image is a root file system on disk.

use std::ffi::OsString;
use std::path::PathBuf;

use super::enter::{Bind, Container, Failed, Inside, at, spelled, usual};
use super::options::{Found, Grammar, Odd, read};

/// One of them.
pub(super) struct Kind {
    /// What complaints begin with.
    front: &'static str,
    grammar: Grammar,
    /// The option that names the image; none where it is the first word.
    image: Option<&'static str>,
    /// The option that names the directory to start in.
    cwd: &'static str,
    /// The exit code of everything that failed.
    failed: i32,
}

pub(super) const PYXIS: Kind = Kind {
    front: "pyxis: ",
    grammar: Grammar {
        valued: &[&["container-image"], &["container-mounts"], &["container-workdir"]],
        flags: &[],
        anywhere: false,
    },
    image: Some("container-image"),
    cwd: "container-workdir",
    failed: 1,
};

pub(super) const SARUS: Kind = Kind {
    front: "[sarus] [ERROR] ",
    grammar: Grammar {
        valued: &[&["mount"], &["workdir", "w"], &["device"], &["entrypoint"], &["env", "e"]],
        flags: &[&["mpi"], &["glibc"], &["ssh"], &["tty", "t"], &["init"], &["centralized-repository"]],
        anywhere: false,
    },
    image: None,
    cwd: "workdir",
    failed: 1,
};

pub(super) const SHIFTER: Kind = Kind {
    front: "shifter: ",
    grammar: Grammar {
        valued: &[&["image", "i"], &["volume", "V"], &["workdir", "w"], &["module", "m"], &["env", "e"]],
        flags: &[&["verbose", "v"], &["clearenv", "E"]],
        anywhere: false,
    },
    image: Some("image"),
    cwd: "workdir",
    failed: 1,
};

/// Runs one; gives the exit code where it does not become the program.
pub(super) fn run(kind: &Kind, args: &[OsString]) -> i32 {
    let found = match read(&kind.grammar, args) {
        Ok(found) => found,
        Err(Odd::Unknown(option) | Odd::NoValue(option)) => {
            return complain(kind, &format!("unrecognised option {option}"));
        }
    };
    let mut words = found.words.as_slice();
    let image = match kind.image {
        Some(option) => found.value(option).cloned(),
        None => words.split_first().map(|(first, rest)| {
            words = rest;
            first.clone()
        }),
    };
    let (Some(image), false) = (image, words.is_empty()) else {
        return complain(kind, "an image and a command are needed");
    };
    let Ok(rootfs) = std::fs::canonicalize(&image) else {
        return complain(kind, &format!("no such image: {}", image.display()));
    };
    let container = Container {
        writable: true,
        inside: Inside::Same,
        binds: binds(&found),
        cwd: vec![found.value(kind.cwd).map_or_else(|| "/".into(), PathBuf::from)],
        env: std::env::vars_os().collect(),
        argv: words.to_vec(),
        rootfs,
    };
    complain(
        kind,
        &match container.become_program() {
            Failed::NoSource(path) | Failed::NoTarget(path) => format!("cannot mount {}", path.display()),
            Failed::Exec(name, cause) => format!("cannot run {}: {cause}", name.display()),
            Failed::Setup(what, path, cause) => format!("cannot {what} {}: {cause}", path.display()),
        },
    )
}

/// The `sarus` command: `run` of it.
pub(super) fn sarus(args: &[OsString]) -> i32 {
    match args.split_first() {
        Some((word, rest)) if word == "run" => run(&SARUS, rest),
        Some((word, _)) if word == "--version" => {
            println!("1.6.0");
            0
        }
        _ => complain(&SARUS, "only the command run is known here"),
    }
}

fn binds(found: &Found) -> Vec<Bind> {
    let mut binds = usual();
    binds.extend(
        ["/tmp", "/etc/hosts", "/etc/resolv.conf"].map(|path| Bind { if_there: true, ..at(path, path) }),
    );
    for list in found.values("container-mounts") {
        binds.extend(list.to_string_lossy().split(',').map(|one| spelled(&one.into())));
    }
    binds.extend(found.values("volume").map(spelled));
    for mount in found.values("mount") {
        let text = mount.to_string_lossy().into_owned();
        let part = |names: [&str; 3]| {
            let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| names.contains(key)).map(|(_, value)| value.to_owned()).next()
        };
        if let (Some(source), Some(target)) =
            (part(["source", "src", "source"]), part(["destination", "dst", "target"]))
        {
            binds.push(at(source, target));
        }
    }
    binds
}

fn complain(kind: &Kind, what: &str) -> i32 {
    eprintln!("{}{what} (double)", kind.front);
    kind.failed
}
