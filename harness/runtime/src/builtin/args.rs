//! The command line, in every form that the guide's texts for crun and for runc use: options may stand before and behind
//! the id. Read by hand, since the runtime starts once a task and more.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use super::error::Error;
use super::log::Log;

/// A command line.
#[derive(Debug, Default)]
pub(super) struct Args {
    /// `--root`.
    pub root: Option<PathBuf>,
    /// `--log` and `--log-format`.
    pub log: Log,
    /// The command and its own part.
    pub command: Command,
}

/// A command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Command {
    /// Prints how it is used.
    #[default]
    Help,
    /// Prints its version.
    Version,
    /// Makes a container that waits for `start`.
    Create(Launch),
    /// Makes a container and starts it.
    Run(Launch),
    /// Starts a container that waits.
    Start(String),
    /// Prints the state of a container.
    State(String),
    /// Sends a signal.
    Kill {
        /// To which container.
        id: String,
        /// Which signal, by name or number.
        signal: String,
        /// To every process of it.
        all: bool,
    },
    /// Removes a container.
    Delete {
        /// Which.
        id: String,
        /// Ends it first, and takes it well when there is none.
        force: bool,
    },
    /// Prints all containers.
    List {
        /// Ids only.
        quiet: bool,
        /// As JSON.
        json: bool,
    },
    /// Writes a config.json to start from.
    Spec {
        /// Where to; the working directory by default.
        bundle: Option<PathBuf>,
        /// For a user without privileges.
        rootless: bool,
    },
}

/// What `create` and `run` are asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Launch {
    /// The id.
    pub id: String,
    /// `--bundle`; the working directory by default.
    pub bundle: Option<PathBuf>,
    /// `--config`; config.json of the bundle by default.
    pub config: Option<PathBuf>,
    /// `--console-socket`: who gets the terminal.
    pub console_socket: Option<PathBuf>,
    /// `--pid-file`.
    pub pid_file: Option<PathBuf>,
    /// `--preserve-fds`: how many descriptors behind standard error the program gets.
    pub preserve_fds: u32,
    /// `--detach`: `run` does not wait for the end.
    pub detach: bool,
}

/// Options with a value and options without, by command; the first name is the one that the code uses.
struct Grammar {
    valued: &'static [&'static [&'static str]],
    flags: &'static [&'static [&'static str]],
}

const GLOBAL: Grammar = Grammar {
    valued: &[
        &["root"],
        &["log"],
        &["log-format"],
        &["log-level"],
        &["rootless"],
        &["cgroup-manager"],
        &["criu"],
    ],
    flags: &[&["version", "v", "V"], &["help", "h", "?"], &["debug"], &["systemd-cgroup"]],
};

const LAUNCH: Grammar = Grammar {
    valued: &[&["bundle", "b"], &["config", "f"], &["console-socket"], &["pid-file"], &["preserve-fds"]],
    flags: &[&["detach", "d"], &["no-pivot"], &["no-new-keyring"], &["no-subreaper"], &["keep"]],
};

const STATE: Grammar = Grammar { valued: &[], flags: &[&["all", "a"]] };
const KILL: Grammar = Grammar { valued: &[], flags: &[&["all", "a"]] };
const DELETE: Grammar = Grammar { valued: &[], flags: &[&["force", "f"]] };
const LIST: Grammar = Grammar { valued: &[&["format", "f"]], flags: &[&["quiet", "q"]] };
const SPEC: Grammar = Grammar { valued: &[&["bundle", "b"]], flags: &[&["rootless"]] };
const NOTHING: Grammar = Grammar { valued: &[], flags: &[] };

/// Reads a command line, the program's name left out.
pub(super) fn parse(args: &[OsString]) -> Result<Args, Error> {
    let mut words = args.iter();
    let (mut found, name) = scan(&GLOBAL, &mut words, true)?;
    let mut parsed = Args {
        root: found.path("root"),
        log: Log { file: found.path("log"), json: found.text("log-format")?.as_deref() == Some("json") },
        command: Command::Help,
    };
    if found.has("version") {
        parsed.command = Command::Version;
    }
    if found.has("version") || found.has("help") {
        return Ok(parsed);
    }
    let Some(name) = name.into_iter().next() else {
        return Err(usage("a command is missing"));
    };
    parsed.command = command(&name, &mut words)?;
    Ok(parsed)
}

fn command<'a>(name: &OsStr, words: &mut impl Iterator<Item = &'a OsString>) -> Result<Command, Error> {
    let name = name.to_str().unwrap_or_default();
    let grammar = match name {
        "create" | "run" => &LAUNCH,
        "start" => &NOTHING,
        "state" => &STATE,
        "kill" => &KILL,
        "delete" => &DELETE,
        "list" => &LIST,
        "spec" => &SPEC,
        "help" => return Ok(Command::Help),
        _ => return Err(usage(&format!("unknown command `{name}`"))),
    };
    let (mut found, behind) = scan(grammar, words, false)?;
    let most = if name == "kill" { 2 } else { usize::from(!matches!(name, "list" | "spec")) };
    if behind.len() > most {
        return Err(usage(&format!("`{name}` takes no `{}`", behind[most].display())));
    }
    let mut behind = behind.into_iter();
    let mut id = || checked_id(behind.next(), name);
    Ok(match name {
        "create" | "run" => {
            let launch = Launch {
                id: id()?,
                bundle: found.path("bundle"),
                config: found.path("config"),
                console_socket: found.path("console-socket"),
                pid_file: found.path("pid-file"),
                preserve_fds: number(found.text("preserve-fds")?)?,
                detach: found.has("detach"),
            };
            if name == "run" { Command::Run(launch) } else { Command::Create(launch) }
        }
        "start" => Command::Start(id()?),
        "state" => Command::State(id()?),
        "kill" => Command::Kill {
            id: id()?,
            signal: behind.next().map_or_else(|| "TERM".into(), |word| word.to_string_lossy().into_owned()),
            all: found.has("all"),
        },
        "delete" => Command::Delete { id: id()?, force: found.has("force") },
        "list" => Command::List {
            quiet: found.has("quiet"),
            json: found.text("format")?.as_deref() == Some("json"),
        },
        _ => Command::Spec { bundle: found.path("bundle"), rootless: found.has("rootless") },
    })
}

/// The options that were given.
#[derive(Default)]
struct Found(Vec<(&'static str, OsString)>);

impl Found {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == name)
    }

    /// The value of an option, the last where it was given twice.
    fn take(&mut self, name: &str) -> Option<OsString> {
        let at = self.0.iter().rposition(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    fn path(&mut self, name: &str) -> Option<PathBuf> {
        self.take(name).map(PathBuf::from)
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        let text = self.take(name).map(OsString::into_string).transpose();
        text.map_err(|value| usage(&format!("the value of `--{name}` is no text: {}", value.display())))
    }
}

/// Takes options and other words apart; with `first_word` it stops behind the first other word.
fn scan<'a>(
    grammar: &Grammar,
    words: &mut impl Iterator<Item = &'a OsString>,
    first_word: bool,
) -> Result<(Found, Vec<OsString>), Error> {
    let (mut found, mut others) = (Found::default(), Vec::new());
    let mut options = true;
    while let Some(word) = words.next() {
        let bytes = word.as_bytes();
        if options && bytes == b"--" {
            options = false;
            continue;
        }
        if !options || bytes.len() < 2 || bytes[0] != b'-' {
            others.push(word.clone());
            if first_word {
                break;
            }
            continue;
        }
        let body = bytes.strip_prefix(b"--").unwrap_or(&bytes[1..]);
        let (name, value) = match body.iter().position(|byte| *byte == b'=') {
            Some(at) => (&body[..at], Some(OsString::from_vec(body[at + 1..].to_vec()))),
            None => (body, None),
        };
        let known = |table: &'static [&'static [&'static str]]| {
            table
                .iter()
                .find(|names| names.iter().any(|known| known.as_bytes() == name))
                .map(|names| names[0])
        };
        if let Some(name) = known(grammar.valued) {
            let value = value.or_else(|| words.next().cloned());
            found.0.push((name, value.ok_or_else(|| usage(&format!("`--{name}` needs a value")))?));
        } else if let Some(name) = known(grammar.flags) {
            found.0.push((name, value.unwrap_or_default()));
        } else {
            return Err(usage(&format!("unknown option `{}`", word.display())));
        }
    }
    Ok((found, others))
}

/// An id names a directory, so it must not lead out of its own.
fn checked_id(word: Option<OsString>, command: &str) -> Result<String, Error> {
    let Some(word) = word else { return Err(usage(&format!("`{command}` needs the id of a container"))) };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-.".contains(&byte);
    match word.to_str() {
        Some(id) if !matches!(id, "" | "." | "..") && id.bytes().all(plain) => Ok(id.to_owned()),
        _ => {
            Err(usage(&format!("`{}` is no id: letters, digits, `_`, `+`, `-` and `.` only", word.display())))
        }
    }
}

fn number(text: Option<String>) -> Result<u32, Error> {
    let text = text.unwrap_or_else(|| "0".into());
    text.parse().map_err(|_| usage(&format!("`--preserve-fds` needs a number, not `{text}`")))
}

fn usage(what: &str) -> Error {
    Error::Usage(format!("{what}; see --help"))
}

/// What `--help` prints.
pub(super) const HELP: &str = "\
usage: plimsoll runtime [--root DIR] [--rootless=BOOL] [--log FILE] [--log-format text|json] COMMAND

  run ID [-b BUNDLE] [--detach] [--pid-file FILE] [--preserve-fds N] [--console-socket SOCKET]
  create ID [-b BUNDLE] [--pid-file FILE] [--preserve-fds N] [--console-socket SOCKET]
  start ID
  state ID
  kill [-a] ID [SIGNAL]
  delete [--force] ID
  list [-q] [-f json]
  spec [--rootless] [-b BUNDLE]
";

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[rstest::rstest]
    #[case("--rootless=true --root=/run/user/1/ create --bundle /b n.u.1.0.0")]
    #[case("--rootless=true --root=/run/user/1/ create n.u.1.0.0 -b /b")]
    #[case("--rootless true --root /run/user/1/ --systemd-cgroup create n.u.1.0.0 --bundle=/b")]
    #[case("--cgroup-manager disabled --debug --root /run/user/1/ create --bundle /b -- n.u.1.0.0")]
    fn the_forms_of_create(#[case] line: &str) {
        let args = parse(&words(line)).unwrap();
        assert_eq!(args.root, Some(PathBuf::from("/run/user/1/")));
        let launch = Launch { id: "n.u.1.0.0".into(), bundle: Some("/b".into()), ..Launch::default() };
        assert_eq!(args.command, Command::Create(launch));
    }

    #[rstest::rstest]
    #[case("kill -a x", "TERM", true)]
    #[case("kill x KILL", "KILL", false)]
    #[case("kill --all x 9", "9", true)]
    fn the_forms_of_kill(#[case] line: &str, #[case] signal: &str, #[case] all: bool) {
        let expected = Command::Kill { id: "x".into(), signal: signal.into(), all };
        assert_eq!(parse(&words(line)).unwrap().command, expected);
    }

    #[test]
    fn the_other_commands() {
        let parsed = |line| parse(&words(line)).unwrap().command;
        assert_eq!(parsed("delete --force x"), Command::Delete { id: "x".into(), force: true });
        assert_eq!(parsed("state n1.u.1.0.-1"), Command::State("n1.u.1.0.-1".into()));
        assert_eq!(parsed("start x"), Command::Start("x".into()));
        assert_eq!(parsed("list -q -f json"), Command::List { quiet: true, json: true });
        assert_eq!(parsed("spec --rootless"), Command::Spec { bundle: None, rootless: true });
        assert_eq!(parsed("--version run"), Command::Version);
        assert!(matches!(
            parsed("run -d --preserve-fds 2 x"),
            Command::Run(Launch { detach: true, preserve_fds: 2, .. })
        ));
    }

    #[rstest::rstest]
    #[case("", "a command is missing")]
    #[case("frob", "unknown command `frob`")]
    #[case("--frob state x", "unknown option `--frob`")]
    #[case("state", "`state` needs the id")]
    #[case("state ../x", "`../x` is no id")]
    #[case("create x y", "`create` takes no `y`")]
    #[case("run x --bundle", "`--bundle` needs a value")]
    fn what_is_wrong_is_said(#[case] line: &str, #[case] what: &str) {
        let text = parse(&words(line)).unwrap_err().to_string();
        assert!(text.starts_with(what), "{text}");
    }
}
