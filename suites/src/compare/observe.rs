//! What is to be seen of a scenario when it is over, as facts: a name, the lines that say it, and the rule that it concerns.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use plimsoll_launcher::Operation;
use plimsoll_runtime::recorder::{Bytes, Call, Entry, Spool, read_calls};
use serde_json::Value;

use super::normal::Names;
use super::play::{Played, ask};
use super::stage::Stage;
use crate::rules::{
    G_LIM_1, G_RT_1, L_CLEAN_1, L_CLEAN_3, L_CLEAN_4, L_CS_2, L_KILL_1, L_RUN_2, L_SET_4, L_TASK_1, L_TASK_4,
    L_TASK_6, L_TASK_7, L_TASK_8, L_TASK_10, Rule,
};

/// Facts by name. Names sort in the order in which people look at them.
pub type Facts = BTreeMap<String, Fact>;

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What was seen, line by line.
    pub lines: Vec<String>,
    /// The rule that it concerns; none for the scenario's own.
    pub rule: Option<&'static Rule>,
}

/// Files of batch jobs: their names below the shared folder begin so.
const OUTPUT: &str = "out";

/// Gathers everything.
pub fn observe(stage: &Stage<'_>, played: &Played, names: &Names) -> Facts {
    let mut facts = Facts::new();
    let mut add = |name: String, lines: Vec<String>, rule: Option<&'static Rule>| {
        facts.insert(name, Fact { lines, rule });
    };
    let calls = read_calls(&stage.calls()).unwrap_or_default();
    let pids: Vec<i32> = calls.iter().flat_map(|call| [call.pid, call.ppid]).collect();
    let text = |text: &str| names.lines(text, &pids);
    for (index, line) in played.lines.iter().enumerate() {
        let name = |what: &str| format!("user {} {what}", index + 1);
        add(name("line"), vec![line.line.to_owned()], None);
        add(name("end"), vec![line.end.clone()], None);
        add(name("output"), text(&line.stdout), None);
        add(name("error"), names.errors(&line.stderr, &pids), None);
    }
    add("user waited in vain".to_owned(), played.vain.clone(), None);
    for (name, found) in outputs(stage.cluster.shared_dir()) {
        add(format!("file {name}"), names.errors(&found, &pids), None);
    }
    add("jobs".to_owned(), jobs(stage, names), None);
    add("nodes".to_owned(), nodes(stage, names), None);
    for (index, node) in stage.cluster.nodes().iter().enumerate() {
        let left = tree(&stage.cluster.spool_dir(node), names);
        add(format!("spool {} left", index + 1), left, Some(L_CLEAN_4));
    }
    add(
        "spool of ContainerPath left".to_owned(),
        tree(&stage.cluster.shared_dir().join("spool"), names),
        Some(L_CLEAN_4),
    );
    for (container, calls) in by_container(&calls, names) {
        let operations = calls.iter().map(|call| call.operation.name().to_owned()).collect();
        add(format!("calls {container}"), operations, Some(sequence_rule(&calls)));
        for (index, call) in calls.iter().enumerate() {
            let head = format!("call {container} {} {}", index + 1, call.operation.name());
            for (what, lines, rule) in of_call(call, names, &pids) {
                add(format!("{head}: {what}"), lines, Some(rule));
            }
        }
    }
    facts
}

/// The rule about which operations are called when.
fn sequence_rule(calls: &[&Call]) -> &'static Rule {
    let has = |operation| calls.iter().any(|call| call.operation == operation);
    match () {
        () if has(Operation::Create) => L_CS_2,
        () if has(Operation::Kill) => L_KILL_1,
        () if has(Operation::Run) => L_RUN_2,
        () => L_CLEAN_1,
    }
}

/// Calls by the container that they are about; of questions behind one another the last one.
fn by_container<'a>(calls: &'a [Call], names: &Names) -> BTreeMap<String, Vec<&'a Call>> {
    let mut found: BTreeMap<String, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        let id = call
            .words()
            .iter()
            .map(|word| names.text(word))
            .find(|word| word.starts_with("{node") && word.matches('.').count() == 4);
        let of_one = found.entry(id.unwrap_or_else(|| "unnamed".to_owned())).or_default();
        let query = |call: &Call| call.operation == Operation::Query;
        if query(call) && of_one.last().is_some_and(|last| query(last)) {
            of_one.pop();
        }
        of_one.push(call);
    }
    found
}

/// What is compared of a call.
fn of_call(call: &Call, names: &Names, pids: &[i32]) -> Vec<(&'static str, Vec<String>, &'static Rule)> {
    let one = |text: &str| vec![names.with_pids(text, pids)];
    let ids = |ids: &[u32], name: &dyn Fn(u32) -> String| -> Vec<String> {
        vec![ids.iter().map(|id| name(*id)).collect::<Vec<_>>().join(" ")]
    };
    let env = call.env.iter().map(plimsoll_runtime::recorder::Bytes::to_text).collect::<Vec<_>>();
    let mut found = vec![
        ("argv", call.words().iter().map(|word| names.with_pids(word, pids)).collect(), G_RT_1),
        ("uid", ids(&call.uid, &|uid| names.uid(uid)), G_LIM_1),
        ("gid", ids(&call.gid, &|gid| names.gid(gid)), G_LIM_1),
        ("groups", ids(&call.groups, &|gid| names.gid(gid)), G_LIM_1),
        ("umask", vec![format!("{:04o}", call.umask)], L_TASK_10),
        ("cwd", one(&names.cwd(&call.cwd.as_ref().map(Bytes::to_text).unwrap_or_default())), L_TASK_8),
        (
            "stdio",
            vec![call.stdio.iter().map(|stream| format!("{stream:?}")).collect::<Vec<_>>().join(" ")],
            L_TASK_10,
        ),
        ("environment", names.environment(env.iter().map(String::as_str), true), L_TASK_7),
    ];
    if let Some(config) = &call.config {
        found.push(("config.json environment", config_environment(config, names), L_SET_4));
        found.push(("config.json", config_members(config, names), L_TASK_4));
    }
    if let Some(file) = &call.environment {
        let text = file.to_text();
        let entries: Vec<&str> = text.split_inclusive(['\0', '\n']).collect();
        let shown = |entry: &&str| match entry.split_at_checked(entry.len().saturating_sub(1)) {
            Some((entry, end @ ("\0" | "\n"))) => {
                format!("{}{}", names.variable(entry), end.escape_default())
            }
            _ => names.variable(entry),
        };
        let mut lines: Vec<String> = entries.iter().map(shown).collect();
        lines.sort();
        found.push(("environment file", lines, L_TASK_6));
    }
    if let Some(spool) = &call.spool {
        found.push(("spool before", spool_lines(spool, names), L_TASK_1));
    }
    let end = call.end.as_ref().filter(|end| end.signal != Some(nix::sys::signal::Signal::SIGKILL as i32));
    match end {
        None => found.push(("end", vec!["none".to_owned()], L_TASK_10)),
        Some(end) => {
            let code = end.exit.map(|code| format!("exit {code}"));
            let signal = end.signal.map(|signal| format!("signal {signal}"));
            found.push(("end", code.or(signal).into_iter().collect(), L_TASK_10));
            if let Some(spool) = &end.spool {
                found.push(("spool after", spool_lines(spool, names), L_CLEAN_3));
            }
        }
    }
    found
}

fn config_environment(config: &Value, names: &Names) -> Vec<String> {
    let entries = config.pointer("/process/env").and_then(Value::as_array);
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    names.environment(entries.iter().filter_map(Value::as_str), false)
}

/// Every member of config.json but its environment: the pointer and the value.
fn config_members(config: &Value, names: &Names) -> Vec<String> {
    fn walk(at: &str, value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                members.iter().for_each(|(name, value)| walk(&format!("{at}/{name}"), value, out));
            }
            Value::Array(items) if !items.is_empty() && at != "/process/env" => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, value)| walk(&format!("{at}/{index}"), value, out));
            }
            Value::Array(_) if at == "/process/env" => {}
            other => out.push(format!("{at} = {other}")),
        }
    }
    let mut out = Vec::new();
    walk("", config, &mut out);
    // The order of members means nothing; that of lists is in their indices.
    out.sort();
    // The user's number stands in the id maps of a rootless bundle.
    let shown = |line: String| match line.rsplit_once(" = ") {
        Some((at, id)) if at.ends_with("/hostID") => match id.parse() {
            Ok(id) if at.contains("uidMappings") => format!("{at} = {}", names.uid(id)),
            Ok(id) => format!("{at} = {}", names.gid(id)),
            Err(_) => line,
        },
        // A number like 755 may be somebody's process id.
        _ => names.text(&line),
    };
    out.into_iter().map(shown).collect()
}

fn spool_lines(spool: &Spool, names: &Names) -> Vec<String> {
    let shown = |entry: &Entry| {
        // What is above belongs to whoever made the cluster.
        let owner = format!("{} {}", names.uid(entry.uid), names.gid(entry.gid));
        let path = names.text(&entry.path.to_text());
        (path != "..").then(|| format!("{path} {} {} {owner}", entry.kind, entry.mode))
    };
    std::iter::once(names.text(&spool.dir.to_text())).chain(spool.entries.iter().filter_map(shown)).collect()
}

/// The batch jobs' output files.
fn outputs(shared: &Path) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = fs::read_dir(shared)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with(OUTPUT)
                .then(|| fs::read(entry.path()).ok())
                .flatten()
                .map(|bytes| (name, String::from_utf8_lossy(&bytes).into_owned()))
        })
        .collect();
    found.sort();
    found
}

/// State, reason and code of every job of the scenario.
fn jobs(stage: &Stage<'_>, names: &Names) -> Vec<String> {
    const SHOWN: [&str; 6] = ["JobId=", "JobState=", "Reason=", "Requeue=", "Restarts=", "ExitCode="];
    let jobs = ask(stage, "scontrol -o show job").unwrap_or_default();
    let fields = |line: &str| {
        let fields = line.split_whitespace().filter(|word| {
            SHOWN.iter().any(|field| word.starts_with(field)) || word.starts_with("Container=")
        });
        names.text(&fields.collect::<Vec<_>>().join(" "))
    };
    let mut lines: Vec<String> = jobs.lines().filter(|line| line.starts_with("JobId=")).map(fields).collect();
    lines.retain(|line| line.contains("{job"));
    lines.sort();
    lines
}

/// The state of every node.
fn nodes(stage: &Stage<'_>, names: &Names) -> Vec<String> {
    let nodes = ask(stage, "sinfo -h -N -o '%N %T'").unwrap_or_default();
    nodes.lines().map(|line| names.text(line.trim())).collect()
}

/// What is left of steps below a folder, with modes and owners.
fn tree(dir: &Path, names: &Names) -> Vec<String> {
    fn walk(dir: &Path, deep: usize, names: &Names, out: &mut Vec<String>) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let Ok(data) = fs::symlink_metadata(entry.path()) else { continue };
            let mode = data.mode() & 0o7777;
            let owner = format!("{} {}", names.uid(data.uid()), names.gid(data.gid()));
            out.push(format!("{} {mode:04o} {owner}", names.text(&entry.path().to_string_lossy())));
            if data.is_dir() && deep < 4 {
                walk(&entry.path(), deep + 1, names, out);
            }
        }
    }
    let mut out = Vec::new();
    walk(dir, 0, names, &mut out);
    // The daemon's own files are not the step's.
    out.retain(|line| line.contains("job{job") || line.starts_with("{shared}"));
    out.sort();
    out
}
