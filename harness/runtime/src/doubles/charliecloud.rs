//! ch-run of Charliecloud 0.30 and 0.31. Left out: joining containers, SquashFS images, other ids inside, ch-ssh.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use nix::unistd::{User, getuid};

use super::enter::{Bind, Container, Failed, Inside, at, lines, spelled, usual};
use super::options::{Grammar, Odd, read};

const GRAMMAR: Grammar = Grammar {
    valued: &[&["bind", "b"], &["cd", "c"], &["unset-env"], &["storage", "s"]],
    flags: &[
        &["write", "w"],
        &["no-passwd"],
        &["no-home"],
        &["home"],
        &["private-tmp", "t"],
        &["set-env"],
        &["env-no-expand"],
        &["verbose", "v"],
        &["version", "V"],
        &["help", "?"],
    ],
    anywhere: false,
};

/// The exit code of a line that cannot be read, from sysexits.h.
const USAGE: i32 = 64;

/// Runs it; gives the exit code where it does not become the program.
pub(super) fn run(args: &[OsString]) -> i32 {
    if args.is_empty() {
        println!("Usage: ch-run [OPTION...] IMAGE -- CMD [ARG...]");
        return 1;
    }
    let found = match read(&GRAMMAR, args) {
        Ok(found) => found,
        Err(odd) => {
            let what = match odd {
                Odd::Unknown(option) => format!("unrecognized option '{option}'"),
                Odd::NoValue(option) => format!("option '{option}' requires an argument"),
            };
            eprintln!("ch-run: {what}\nTry `ch-run --help' or `ch-run --usage' for more information.");
            return USAGE;
        }
    };
    if found.has("version") {
        eprintln!("0.31");
        return 0;
    }
    if found.has("help") {
        println!("Usage: ch-run [OPTION...] IMAGE -- CMD [ARG...]");
        return 0;
    }
    if std::env::var_os("USER").is_none() {
        return complain("$USER not set");
    }
    let mut words = found.words.iter().cloned();
    let image = words.next();
    // Two dashes behind the image are the end of options, not a word of the command.
    let command: Vec<OsString> =
        words.enumerate().filter(|(at, word)| *at > 0 || word != "--").map(|(_, word)| word).collect();
    let (Some(image), false) = (image, command.is_empty()) else {
        return complain("IMAGE and/or CMD not specified");
    };
    let Ok(rootfs) = fs::canonicalize(&image) else {
        return complain(&format!("can't stat: {}: No such file or directory", image.display()));
    };
    let mut env: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    for file in found.values("set-env").filter(|file| !file.is_empty()) {
        let Ok(text) = fs::read(file) else {
            return complain(&format!("can't open: {}: No such file or directory", file.display()));
        };
        for (key, value) in lines(&text) {
            env.retain(|(known, _)| *known != key);
            env.push((key, unquoted(value)));
        }
    }
    env.push(("CH_RUNNING".into(), "Weird Al Yankovic".into()));
    let container = Container {
        writable: found.has("write"),
        inside: Inside::Same,
        binds: binds(&found),
        cwd: vec![found.value("cd").map_or_else(|| "/".into(), PathBuf::from)],
        rootfs,
        env,
        argv: command,
    };
    complain(&match container.become_program() {
        Failed::NoSource(path) => format!("can't bind: source not found: {}", path.display()),
        Failed::NoTarget(path) => format!("can't bind: destination not found: {}", path.display()),
        Failed::Exec(name, cause) => format!("can't execve(2): {}: {}", name.display(), words_of(&cause)),
        Failed::Setup(what, path, cause) => format!("can't {what}: {}: {}", path.display(), words_of(&cause)),
    })
}

fn binds(found: &super::options::Found) -> Vec<Bind> {
    let mut binds = usual();
    if !found.has("private-tmp") {
        binds.push(at("/tmp", "/tmp"));
    }
    for file in ["/etc/hosts", "/etc/resolv.conf"] {
        binds.push(Bind { if_there: true, ..at(file, file) });
    }
    // The real one shows the user's own lines; the host's files have these lines. Both have to be there.
    if !found.has("no-passwd") {
        binds.extend(["/etc/passwd", "/etc/group"].map(|file| at(file, file)));
    }
    if found.has("home")
        && let Some(user) = User::from_uid(getuid()).ok().flatten()
    {
        binds.push(at(&user.dir, PathBuf::from("/home").join(&user.name)));
    }
    binds.extend(found.values("bind").map(spelled));
    binds
}

/// Single quotes around a whole value go.
fn unquoted(value: OsString) -> OsString {
    match value.as_bytes() {
        [b'\'', inner @ .., b'\''] => std::ffi::OsStr::from_bytes(inner).to_owned(),
        _ => value,
    }
}

/// The system's words for an error, without its number.
fn words_of(cause: &std::io::Error) -> String {
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Says it in ch-run's way, with the place in the program replaced.
fn complain(what: &str) -> i32 {
    eprintln!("ch-run[{}]: error: {what} (double)", std::process::id());
    1
}
