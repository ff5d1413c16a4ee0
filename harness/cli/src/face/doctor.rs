//! `plimsoll doctor`: what this machine can do, each need with its probe, reason and remedy.

use owo_colors::OwoColorize as _;
use plimsoll_suites::machine::Machine;
use serde_json::json;

use super::args::Format;
use super::error::Error;
use super::{list, out};

/// Shows the needs of this machine, for the user who would run the client commands.
pub fn run(user: Option<&str>, format: Format) -> Result<i32, Error> {
    let machine = Machine::new(user).map_err(Error::usage)?;
    let needs = list::need_rows(&machine);
    if format == Format::Json {
        list::print_json(&json!({ "user": machine.user.name, "note": machine.note, "needs": needs }))?;
        return Ok(0);
    }
    out::line(format_args!("client commands run as user `{}`\n", machine.user.name));
    for need in &needs {
        let text = |key: &str| need[key].as_str().unwrap_or_default().to_owned();
        let mark = if need["met"] == true { "ok".green().to_string() } else { "--".yellow().to_string() };
        out::line(format_args!("{mark} {:<16} {}", text("id").bold(), text("found")));
        if need["met"] != true {
            out::line(format_args!("   {:<16} why: {}", "", text("reason")));
            out::line(format_args!("   {:<16} remedy: {}", "", text("remedy")));
        }
    }
    Ok(0)
}
