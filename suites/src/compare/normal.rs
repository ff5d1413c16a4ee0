//! Normalisation: what differs from one cluster to the next without meaning anything. Everything else is compared.
//!
//! [`RULES`] is the whole list, each with its reason; [`Names`] carries the ones that are about texts out.

use std::path::Path;

use plimsoll_cluster::world::Cluster;

use super::stage::Stage;

/// One thing that is not compared.
#[derive(Clone, Copy, Debug)]
pub struct Normalisation {
    /// Short name.
    pub name: &'static str,
    /// What happens.
    pub what: &'static str,
    /// Why nothing is lost by it.
    pub why: &'static str,
}

/// Everything that is not compared as it was seen.
pub const RULES: &[Normalisation] = &[
    Normalisation {
        name: "paths",
        what: "the cluster's folders, the user's shared folder, the spool of a node and the plimsoll program become {conf}, {shared}, {spool} and {program}",
        why: "each cluster is made in a folder of its own",
    },
    Normalisation {
        name: "job ids",
        what: "the numbers of the scenario's jobs become {job}, {job+1} …",
        why: "a cluster that is used again goes on counting",
    },
    Normalisation {
        name: "pids",
        what: "the process ids of recorded calls and their parents become {pid}, and so do those of SLURM_TASK_PID",
        why: "the kernel chooses them",
    },
    Normalisation {
        name: "times",
        what: "dates with a time of day, and the values of SLURM_JOB_START_TIME, SLURM_JOB_END_TIME and SLURM_JOB_SLUID, become {time}, and how long a call took is left out",
        why: "time goes on between the two runs",
    },
    Normalisation {
        name: "ports and addresses",
        what: "the values of variables that name srun's and the controller's address and port become {address}",
        why: "free ports are chosen by the kernel, and nodes have addresses of their own",
    },
    Normalisation {
        name: "hosts",
        what: "the name of the machine of submission becomes {host}, a node's name {node1} and so on",
        why: "nodes as containers have names of their own",
    },
    Normalisation {
        name: "user",
        what: "the user's name, number and home become {user}, {uid} and {home}",
        why: "the user of an image has another number",
    },
    Normalisation {
        name: "resource limits",
        what: "the values of SLURM_RLIMIT_* become {limit}",
        why: "srun passes on what it was started with",
    },
    Normalisation {
        name: "daemon's surroundings",
        what: "of a runtime's environment only SLURM_*, SLURMD_* and PLIMSOLL_* are compared",
        why: "the rest is what slurmd happened to be started with, and Slurm adds nothing to it",
    },
    Normalisation {
        name: "daemon's folder",
        what: "a working directory that is neither below the spool nor the user's becomes {daemon}",
        why: "it is where slurmd happened to be started",
    },
    Normalisation {
        name: "order of variables",
        what: "environments are sorted by name, equal names in their order",
        why: "no rule and no program depends on it, unless a name stands twice",
    },
    Normalisation {
        name: "order of tasks",
        what: "calls are put together by the container that they are about",
        why: "tasks and nodes run side by side",
    },
    Normalisation {
        name: "order of speakers",
        what: "the lines of an error stream are put together by who wrote them: srun, the step daemon, others",
        why: "they write side by side, and each one's own order is kept",
    },
    Normalisation {
        name: "polling",
        what: "of RunTimeQuery calls behind one another the last one alone is looked at",
        why: "how often is asked depends on how long things take",
    },
    Normalisation {
        name: "killed recorders",
        what: "a call that SIGKILL ended is as good as one whose end was not noted",
        why: "the recorder is killed with its command, and notes the end if it is the last",
    },
    Normalisation {
        name: "sizes",
        what: "the lengths of files and folders are left out, that of a runtime's answer in a message becomes {length}",
        why: "they depend on the lengths of paths, and contents are compared",
    },
    Normalisation {
        name: "daemon's name",
        what: "slurmstepd-NODE: before a message becomes slurmstepd:",
        why: "only builds for several nodes on one machine name the node there",
    },
    Normalisation {
        name: "client's PATH",
        what: "the folder of the mock's client commands is left out of PATH",
        why: "the mock's user finds them through PATH, a real release's in /usr/bin",
    },
];

/// Variables whose values are addresses or ports.
const ADDRESSES: &[&str] = &[
    "SLURM_STEP_LAUNCHER_PORT",
    "SLURM_SRUN_COMM_PORT",
    "SLURM_PTY_PORT",
    "SLURM_SRUN_COMM_HOST",
    "SLURM_LAUNCH_NODE_IPADDR",
    "SLURM_WORKING_CLUSTER",
    "SLURMCTLD_HOST",
];

/// The names of one cluster's things, and what is written in their place.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Longest first, so that a folder below another one is found.
    texts: Vec<(String, String)>,
    /// Whole words only.
    words: Vec<(String, String)>,
    nodes: Vec<String>,
    uid: u32,
    gid: u32,
    bin: String,
    first_job: u64,
}

impl Names {
    /// The names of a stage's cluster.
    pub fn of(stage: &Stage<'_>) -> Self {
        let cluster = stage.cluster;
        let mut names = Self { uid: cluster.user().uid, gid: cluster.user().gid, ..Self::default() };
        names.first_job = stage.first_job();
        names.bin = format!("{}/bin:", cluster.conf_dir().display());
        let mut path = |path: &Path, name: String| names.texts.push((path.display().to_string(), name));
        path(cluster.shared_dir(), "{shared}".to_owned());
        path(stage.program, "{program}".to_owned());
        path(cluster.conf_dir(), "{conf}".to_owned());
        path(Path::new("/etc/slurm"), "{conf}".to_owned());
        for (index, node) in cluster.nodes().iter().enumerate() {
            path(&cluster.spool_dir(node), format!("{{spool{}}}", index + 1));
        }
        if cluster.user().home != Path::new("/") {
            path(&cluster.user().home, "{home}".to_owned());
        }
        names.texts.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        names.name_words(cluster);
        names
    }

    fn name_words(&mut self, cluster: &dyn Cluster) {
        self.nodes = cluster.nodes().to_vec();
        for (index, node) in cluster.nodes().iter().enumerate() {
            self.words.push((node.clone(), format!("{{node{}}}", index + 1)));
        }
        if let Ok(host) = nix::unistd::gethostname() {
            self.words.push((host.to_string_lossy().into_owned(), "{host}".to_owned()));
        }
        self.words.push((cluster.user().name.clone(), "{user}".to_owned()));
    }

    /// A text of any kind.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.replace(&self.bin, "");
        for node in &self.nodes {
            text = text.replace(&format!("slurmstepd-{node}: "), "slurmstepd: ");
        }
        for (from, to) in &self.texts {
            text = text.replace(from.as_str(), to);
        }
        for (from, to) in &self.words {
            text = replace_word(&text, from, to);
        }
        self.jobs(&lengths(&times(&text)))
    }

    fn jobs(&self, text: &str) -> String {
        jobs_from(self.first_job, text)
    }

    /// A text in which these numbers are process ids.
    pub fn with_pids(&self, text: &str, pids: &[i32]) -> String {
        let mut text = self.text(text);
        for pid in pids.iter().filter(|pid| **pid > 1) {
            text = replace_word(&text, &pid.to_string(), "{pid}");
        }
        text
    }

    /// What a user read, line by line; lines that are variables lose what variables do.
    pub fn lines(&self, text: &str, pids: &[i32]) -> Vec<String> {
        let shown = |line: &str| match line.split_once('=') {
            Some((name, _)) if !name.is_empty() && name.bytes().all(is_word) => self.variable(line),
            _ => self.with_pids(line, pids).trim_end().to_owned(),
        };
        text.lines().map(shown).collect()
    }

    /// The same of an error stream, by who wrote them.
    pub fn errors(&self, text: &str, pids: &[i32]) -> Vec<String> {
        let mut lines = self.lines(text, pids);
        lines.sort_by_key(|line| match () {
            () if line.starts_with("slurmstepd: ") => 0,
            () if line.starts_with("srun: ") || line.starts_with("salloc: ") => 1,
            () => 2,
        });
        lines
    }

    /// A variable: `NAME=value`.
    pub fn variable(&self, entry: &str) -> String {
        let Some((name, value)) = entry.split_once('=') else { return self.text(entry) };
        let value = match name {
            _ if ADDRESSES.contains(&name) => "{address}".to_owned(),
            _ if name.starts_with("SLURM_RLIMIT_") => "{limit}".to_owned(),
            "SLURM_JOB_START_TIME" | "SLURM_JOB_END_TIME" | "SLURM_JOB_SLUID" => "{time}".to_owned(),
            "SLURM_TASK_PID" => "{pid}".to_owned(),
            "SLURM_SUBMIT_HOST" => "{host}".to_owned(),
            "SLURM_JOB_UID" => self.uid(value.parse().unwrap_or(u32::MAX)),
            "SLURM_JOB_GID" => self.gid(value.parse().unwrap_or(u32::MAX)),
            _ => self.text(value),
        };
        format!("{name}={value}")
    }

    /// An environment: sorted, and of a runtime's only what Slurm adds.
    pub fn environment<'a>(&self, entries: impl Iterator<Item = &'a str>, of_runtime: bool) -> Vec<String> {
        const SLURMS: [&str; 3] = ["SLURM_", "SLURMD_", "PLIMSOLL_"];
        let mut entries: Vec<String> = entries
            .filter(|entry| !of_runtime || SLURMS.iter().any(|prefix| entry.starts_with(prefix)))
            .map(|entry| self.variable(entry))
            .collect();
        entries.sort_by(|a, b| a.split('=').next().cmp(&b.split('=').next()));
        entries
    }

    /// A user's number.
    pub fn uid(&self, uid: u32) -> String {
        if uid == self.uid { "{uid}".to_owned() } else { uid.to_string() }
    }

    /// A group's number.
    pub fn gid(&self, gid: u32) -> String {
        if gid == self.gid { "{gid}".to_owned() } else { gid.to_string() }
    }

    /// A working directory.
    pub fn cwd(&self, cwd: &str) -> String {
        let named = self.text(cwd);
        let of_step = named.starts_with("{shared}") || named.starts_with("{spool") && named.contains('/');
        if of_step { named } else { "{daemon}".to_owned() }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Replaces whole words.
fn replace_word(text: &str, from: &str, to: &str) -> String {
    if from.is_empty() || !text.contains(from) {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(from) {
        let end = at + from.len();
        let free = (at == 0 || !is_word(bytes[at - 1])) && bytes.get(end).is_none_or(|byte| !is_word(*byte));
        if at >= done && free {
            out.push_str(&text[done..at]);
            out.push_str(to);
            done = end;
        }
    }
    out + &text[done..]
}

/// Job ids.
fn jobs_from(first: u64, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, digits) = rest.split_at(at);
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(before);
        match digits[..length].parse::<u64>() {
            Ok(id) if id == first => out.push_str("{job}"),
            Ok(id) if (first..first + 100).contains(&id) => {
                out.extend(["{job+", &(id - first).to_string(), "}"]);
            }
            _ => out.push_str(&digits[..length]),
        }
        rest = &digits[length..];
    }
    out + rest
}

/// `JSON parsing error 112 bytes`.
fn lengths(text: &str) -> String {
    const BEFORE: &str = "JSON parsing error ";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BEFORE) {
        let (before, behind) = rest.split_at(at + BEFORE.len());
        out.push_str(before);
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str("{length}");
        rest = &behind[digits..];
    }
    out + rest
}

/// Times: `2026-11-24T12:24:01`, with or without a fraction.
fn times(text: &str) -> String {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let bytes = text.as_bytes();
    let fits = |at: usize| {
        bytes.len() >= at + SHAPE.len()
            && SHAPE.iter().zip(&bytes[at..]).all(|(shape, byte)| match shape {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if fits(at) {
            out.extend_from_slice(b"{time}");
            at += SHAPE.len();
            if bytes.get(at) == Some(&b'.') {
                at += 1 + bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            }
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let text = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        Names {
            texts: vec![text("/c/spool/n1", "{spool1}"), text("/c/shared", "{shared}"), text("/c", "{conf}")],
            words: vec![text("n1", "{node1}"), text("vm", "{host}"), text("ada", "{user}")],
            nodes: vec!["n1".to_owned()],
            uid: 1001,
            gid: 1002,
            bin: "/c/bin:".to_owned(),
            first_job: 41_000,
        }
    }

    #[rstest::rstest]
    #[case(
        "/c/spool/n1/oci-job41000-0 /c/shared/x /c/oci.conf",
        "{spool1}/oci-job{job}-0 {shared}/x {conf}/oci.conf"
    )]
    #[case("n1.ada.41000.0 n12 vm1 on vm", "{node1}.{user}.{job}.0 n12 vm1 on {host}")]
    #[case("slurmstepd-n1: error: x", "slurmstepd: error: x")]
    #[case("AT 2026-11-24T12:24:01 ***, 2026-11-24T12:24:01.222", "AT {time} ***, {time}")]
    #[case("Submitted batch job 41001, exit 41, 410000", "Submitted batch job {job+1}, exit 41, 410000")]
    #[case("JSON parsing error 112 bytes: x", "JSON parsing error {length} bytes: x")]
    #[case("oci-job41000-00000", "oci-job{job}-00000")]
    fn texts_lose_what_is_a_clusters_own(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(names().text(text), expected);
    }

    #[rstest::rstest]
    #[case("SLURM_SRUN_COMM_PORT=4711", "SLURM_SRUN_COMM_PORT={address}")]
    #[case("SLURM_RLIMIT_NOFILE=20000", "SLURM_RLIMIT_NOFILE={limit}")]
    #[case("SLURM_JOB_UID=1001", "SLURM_JOB_UID={uid}")]
    #[case("SLURM_JOB_UID=0", "SLURM_JOB_UID=0")]
    #[case("PATH=/c/bin:/usr/bin", "PATH=/usr/bin")]
    #[case("SLURM_NTASKS=2", "SLURM_NTASKS=2")]
    fn variables_keep_what_means_something(#[case] entry: &str, #[case] expected: &str) {
        assert_eq!(names().variable(entry), expected);
    }

    #[test]
    fn environments_are_sorted_and_doubles_keep_their_order() {
        let entries = ["B=1", "A=2", "SLURM_X=1", "A=1"];
        assert_eq!(names().environment(entries.into_iter(), false), ["A=2", "A=1", "B=1", "SLURM_X=1"]);
        assert_eq!(names().environment(entries.into_iter(), true), ["SLURM_X=1"]);
    }

    #[test]
    fn pids_are_whole_words() {
        assert_eq!(names().with_pids("task 712 (7123) 712", &[712]), "task {pid} (7123) {pid}");
    }

    #[test]
    fn folders_of_a_daemon_are_not_told_apart_and_others_are() {
        assert_eq!(names().cwd("/var/log"), "{daemon}");
        assert_eq!(names().cwd("/c"), "{daemon}");
        assert_eq!(names().cwd("/c/spool/n1"), "{daemon}");
        assert_eq!(names().cwd("/c/spool/n1/x"), "{spool1}/x");
    }

    #[test]
    fn every_normalisation_has_its_reason() {
        for rule in RULES {
            assert!(!rule.what.is_empty() && !rule.why.is_empty(), "{}", rule.name);
        }
        assert!(RULES.len() <= 20, "the list is to stay short");
    }
}
