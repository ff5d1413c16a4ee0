//! PMI-2: a body behind its length a command.

use std::io::{self, Write};
use std::sync::Arc;

use super::serve::Shared;
use super::words::{self, Words};

/// What tells a rank that the fence has opened.
pub fn opened() -> String {
    words::body("kvs-fence-response", &[("rc", "0")])
}

/// Does what a rank wants, and says so.
pub fn answer(shared: &Arc<Shared>, rank: u32, words: &Words, to: &mut impl Write) -> io::Result<()> {
    let name = words.get("cmd");
    let found = |value: Option<String>| match value {
        Some(value) => vec![("flag", "TRUE".to_owned()), ("value", value)],
        None => vec![("flag", "FALSE".to_owned())],
    };
    let mut code = "0";
    let pairs: Vec<(&str, String)> = match name {
        "fullinit" => vec![
            ("pmi-version", "2".to_owned()),
            ("pmi-subversion", "0".to_owned()),
            ("rank", rank.to_string()),
            ("size", shared.plan.size().to_string()),
            ("appnum", "0".to_owned()),
            ("debugged", "FALSE".to_owned()),
            ("pmiverbose", "FALSE".to_owned()),
        ],
        "job-getid" => vec![("jobid", shared.name())],
        "kvs-put" => {
            shared.put(words.get("key"), words.get("value"));
            Vec::new()
        }
        "kvs-get" => found(shared.get(words.get("key"))),
        "kvs-fence" => {
            shared.arrive(rank);
            return Ok(());
        }
        "info-getjobattr" => found(match words.get("key") {
            "universeSize" => Some(shared.plan.size().to_string()),
            key => shared.get(key),
        }),
        "info-putnodeattr" => {
            shared.put_local(words.get("key"), words.get("value"));
            Vec::new()
        }
        "info-getnodeattr" => found(shared.get_local(words.get("key"), words.get("wait") == "TRUE")),
        "finalize" => Vec::new(),
        "abort" => {
            shared.abort(rank, words.number("exitcode").unwrap_or(1));
            return Ok(());
        }
        _ => {
            code = "-1";
            vec![("errmsg", format!("{name} is not supported"))]
        }
    };
    let mut all: Vec<(&str, &str)> = Vec::new();
    let thread = words.get("thrid");
    if !thread.is_empty() {
        all.push(("thrid", thread));
    }
    all.extend(pairs.iter().map(|(key, value)| (*key, value.as_str())));
    all.push(("rc", code));
    to.write_all(words::body(&format!("{name}-response"), &all).as_bytes())
}
