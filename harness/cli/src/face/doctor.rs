//! `plimsoll doctor`: what this machine can do, each need with its probe, reason and remedy; then each runtime outside
//! Slurm.

use std::path::Path;

use owo_colors::OwoColorize as _;
use plimsoll_record::prometheus::label;
use plimsoll_runtime::isolate;
use plimsoll_suites::machine::Machine;
use plimsoll_suites::outside::{Tried, try_out};
use serde_json::{Value, json};

use super::args::{Format, RuntimeChoice};
use super::error::Error;
use super::{list, out, report, targets};

/// Shows the needs of this machine and tries its runtimes, for the user who would run the client commands. Exits with 0
/// when every runtime that is here works, else with 1.
pub fn run(
    user: Option<&str>,
    format: Format,
    node_checks: bool,
    metrics: Option<&Path>,
) -> Result<i32, Error> {
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
    if let Some(file) = metrics {
        write_metrics(file, &needs, &runtimes)?;
    }
    if node_checks {
        out::line(node_line(&machine.user.name, &needs, &runtimes, code == 0));
        return Ok(code);
    }
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

/// One node for a tool that looks after many: schema `plimsoll.node/1.0`, on one line.
fn node_line(user: &str, needs: &[Value], runtimes: &[Value], ok: bool) -> String {
    let node = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let check = |need: &Value| json!({ "id": need["id"], "ok": need["met"], "found": need["found"], "remedy": need["remedy"] });
    let runtime = |one: &Value| json!({ "id": one["id"], "ok": one["works"], "real": one["real"], "found": one["said"] });
    json!({
        "schema": "plimsoll.node/1.0",
        "node": node,
        "plimsoll": env!("CARGO_PKG_VERSION"),
        "user": user,
        "ok": ok,
        "checks": needs.iter().map(check).collect::<Vec<_>>(),
        "runtimes": runtimes.iter().map(runtime).collect::<Vec<_>>(),
    })
    .to_string()
}

/// The same as metrics.
fn write_metrics(file: &Path, needs: &[Value], runtimes: &[Value]) -> Result<(), Error> {
    let mut metrics = "# HELP plimsoll_need_met Whether this node has what a case can need.\n# TYPE plimsoll_need_met gauge\n".to_owned();
    for need in needs {
        let met = u8::from(need["met"] == true);
        metrics += &format!("plimsoll_need_met{{need=\"{}\"}} {met}\n", label(text(need, "id")));
    }
    metrics += "# HELP plimsoll_runtime_works Whether a runtime works outside Slurm.\n# TYPE plimsoll_runtime_works gauge\n";
    for runtime in runtimes {
        // One that is not meant for this node neither works nor fails.
        let Some(works) = runtime["works"].as_bool() else { continue };
        let (id, real) = (label(text(runtime, "id")), runtime["real"] == true);
        metrics +=
            &format!("plimsoll_runtime_works{{profile=\"{id}\",real=\"{real}\"}} {}\n", u8::from(works));
    }
    report::write_whole(file, &metrics)
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
