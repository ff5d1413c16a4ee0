//! PMI-1: a line a command.

use std::io::{self, Write};
use std::sync::Arc;

use super::serve::Shared;
use super::words::Words;

/// What clients must make do with: longest name of a key space, key and value, as the family's servers say.
const LIMITS: &str = "kvsname_max=256 keylen_max=64 vallen_max=1024";

/// What tells a rank that the barrier has opened.
pub fn opened() -> String {
    "cmd=barrier_out rc=0 msg=success\n".to_owned()
}

/// Does what a rank wants, and says so.
pub fn answer(shared: &Arc<Shared>, rank: u32, words: &Words, to: &mut impl Write) -> io::Result<()> {
    let answer = match words.get("cmd") {
        "get_maxes" => format!("cmd=maxes rc=0 {LIMITS}"),
        "get_universe_size" => format!("cmd=universe_size rc=0 size={}", shared.plan.size()),
        "get_appnum" => "cmd=appnum rc=0 appnum=0".to_owned(),
        "get_my_kvsname" => format!("cmd=my_kvsname rc=0 kvsname={}", shared.name()),
        "put" => {
            shared.put(words.get("key"), words.get("value"));
            "cmd=put_result rc=0 msg=success".to_owned()
        }
        "get" => match shared.get(words.get("key")) {
            Some(value) => format!("cmd=get_result rc=0 msg=success value={value}"),
            None => "cmd=get_result rc=-1 msg=key_not_found value=unknown".to_owned(),
        },
        "barrier_in" => {
            shared.arrive(rank);
            return Ok(());
        }
        "finalize" => "cmd=finalize_ack rc=0".to_owned(),
        "abort" => {
            shared.abort(rank, words.number("exitcode").unwrap_or(1));
            return Ok(());
        }
        "publish_name" => refused("publish_result"),
        "unpublish_name" => refused("unpublish_result"),
        "lookup_name" => refused("lookup_result"),
        "spawn" => refused("spawn_result"),
        other => refused(other),
    };
    writeln!(to, "{answer}")
}

/// Naming services and new processes are not what a step starts with.
fn refused(answer: &str) -> String {
    format!("cmd={answer} rc=-1 msg=not_supported")
}
