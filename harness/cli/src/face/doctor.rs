//! `plimsoll doctor`: what this machine can do, each need with its probe, reason and remedy; then each runtime outside
//! Slurm.

use owo_colors::OwoColorize as _;
use plimsoll_runtime::isolate;
use plimsoll_suites::machine::Machine;
use plimsoll_suites::outside::{Tried, try_out};
use serde_json::{Value, json};

use super::args::{Format, RuntimeChoice};
use super::error::Error;
use super::{list, out, targets};

/// Shows the needs of this machine and tries its runtimes, for the user who would run the client commands. Exits with 0
/// when every runtime that is here works, else with 1.
pub fn run(user: Option<&str>, format: Format) -> Result<i32, Error> {
    let machine = Machine::new(user).map_err(Error::usage)?;
    // Probed first: the private view of the cgroups below would be seen by the probes.
    let needs = list::need_rows(&machine);
    // The mock's nodes do the same, so that what works here works there. This process has one thread still.
    let view = match isolate::private_cgroups() {
        Ok(true) => Some("hybrid cgroups are hidden from the runtimes, as the mock's nodes do".to_owned()),
        Ok(false) => None,
        Err(error) => Some(error.to_string()),
    };
    let program = targets::program(&machine.user)?;
    let targets = targets::choose(&[], RuntimeChoice::Auto, &program.path)?;
    let runtimes: Vec<Value> = targets
        .iter()
        .map(|target| {
            let (works, said) = match try_out(target, &machine.user) {
                Tried::Works(None) => (Some(true), "create, start, kill and delete succeed".to_owned()),
                Tried::Works(Some(said)) => {
                    (Some(true), format!("create, start, kill and delete succeed; {said}"))
                }
                Tried::Fails(said) => (Some(false), said),
                Tried::NotMeant(why) => (None, why),
                Tried::Broken(why) => (None, format!("could not be tried: {why}")),
            };
            json!({ "id": target.id, "works": works, "said": said, "real": target.real, "why": target.why })
        })
        .collect();
    let conf_dir = std::env::var_os("SLURM_CONF").map(std::path::PathBuf::from);
    let conf_dir =
        conf_dir.as_deref().and_then(std::path::Path::parent).unwrap_or("/etc/slurm".as_ref()).to_owned();
    let warning = plimsoll_suites::plugin::conflict(&conf_dir);
    let code = i32::from(runtimes.iter().any(|runtime| runtime["works"] == false));
    if format == Format::Json {
        let user = &machine.user.name;
        list::print_json(&json!({
            "user": user, "note": machine.note, "needs": needs, "cgroups": view, "runtimes": runtimes,
            "warning": warning
        }))?;
        return Ok(code);
    }
    out::line(format_args!("client commands run as user `{}`\n", machine.user.name));
    needs.iter().for_each(show_need);
    out::line("\nruntimes outside Slurm (G-OUT-1)");
    if let Some(view) = view {
        out::line(view);
    }
    runtimes.iter().for_each(show_runtime);
    if let Some(warning) = warning {
        out::line(format_args!("\n{} {warning}", "warning:".yellow()));
    }
    Ok(code)
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

fn show_need(need: &Value) {
    let met = need["met"] == true;
    let mark = if met { "ok".green().to_string() } else { "--".yellow().to_string() };
    out::line(format_args!("{mark} {:<20} {}", text(need, "id").bold(), text(need, "found")));
    if !met {
        out::line(format_args!("   {:<20} why: {}", "", text(need, "reason")));
        out::line(format_args!("   {:<20} remedy: {}", "", text(need, "remedy")));
    }
}

fn show_runtime(runtime: &Value) {
    let mark = match runtime["works"].as_bool() {
        Some(true) => "ok".green().to_string(),
        Some(false) => "no".red().to_string(),
        None => "--".yellow().to_string(),
    };
    out::line(format_args!("{mark} {:<20} {}", text(runtime, "id").bold(), text(runtime, "said")));
    let double = if runtime["real"] == true { "" } else { "DOUBLE: " };
    out::line(format_args!("   {:<20} {double}{}", "", text(runtime, "why")));
}
