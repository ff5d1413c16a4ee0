//! A row as commands.

use std::path::Path;

use super::row::{Asked, Form, Pty, Row, Shape, Spelled};
use crate::bundle::{Bundle, BundleBuilder, ENTER, Fixture};
use crate::context::Context;
use crate::invoke::{Invocation, quoted};
use crate::outcome::{Failure, Outcome, expect};
use crate::run::Run;

/// What runs inside, in one word for a shell.
const INSIDE: &str = "cat /.plimsoll/nonce";

/// Asks for a container as the row says: it is entered, unless the path is one that no release makes absolute.
pub(super) fn ask(cx: &Context<'_>, row: Row) -> Outcome {
    let (bundle, path) = bundle(cx, row.spelled)?;
    let run = command(cx, row, &bundle, &path)?;
    if row.spelled == Spelled::Relative {
        return run.not_contained().fails().done();
    }
    run.contained().exits(0).stdout_has(bundle.nonce.trim()).done()
}

/// A bundle, and its path as it is asked for.
fn bundle(cx: &Context<'_>, spelled: Spelled) -> Result<(Bundle, String), Failure> {
    let builder = BundleBuilder::new(Fixture::Busybox);
    let bundle = match spelled {
        Spelled::Odd => cx.build_at(builder, &cx.shared().join("two words, it's one"))?,
        _ => cx.build(builder)?,
    };
    let shown = |path: &Path| path.display().to_string();
    let path = match spelled {
        Spelled::Absolute | Spelled::Odd => shown(&bundle.dir),
        Spelled::Slash => format!("{}/", shown(&bundle.dir)),
        Spelled::Link => {
            let link = cx.path("link");
            std::os::unix::fs::symlink(&bundle.dir, &link)?;
            shown(&link)
        }
        Spelled::Relative => bundle.dir.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    Ok((bundle, path))
}

fn command(cx: &Context<'_>, row: Row, bundle: &Bundle, path: &str) -> Result<Run, Failure> {
    let inside = [ENTER, "/bin/sh", "-c", INSIDE];
    let option = match row.asked {
        Asked::Option => vec!["--container", path],
        Asked::Variable | Asked::Directive => Vec::new(),
    };
    // An srun of a line of its own, as its words.
    let mut srun = vec!["srun"];
    if row.pty == Pty::Yes {
        srun.push("--pty");
    }
    srun.extend(&option);
    srun.extend(inside);
    let line = |words: &[&str]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let begun = |invocation| begun(invocation, row, path, bundle);
    match row.form {
        Form::Srun => begun(cx.srun()).bare(&srun[1..]).run(),
        Form::SallocSrun => begun(cx.salloc()).bare(srun).run(),
        Form::SrunSrun => begun(cx.srun()).bare(srun).run(),
        Form::SbatchSrun => begun(cx.sbatch()).opts(["--wrap", &line(&srun)]).run_job(),
        Form::Wrap => begun(cx.sbatch()).opts(option).opts(["--wrap", &line(&inside)]).run_job(),
        Form::Salloc => begun(cx.salloc()).opts(option).bare(inside).run(),
        Form::SallocShell => {
            let commands = format!("{}; exit\n", line(&inside));
            begun(cx.salloc()).env("SHELL", "/bin/sh").opts(option).stdin(commands).run()
        }
        Form::Script | Form::Array => {
            let directive = match row.asked {
                Asked::Directive => format!("#SBATCH --container=\"{path}\"\n"),
                _ => String::new(),
            };
            let script = cx.file("job.sh", format!("#!/bin/sh\n{directive}{}\n", line(&inside)), 0o755)?;
            let array: &[&str] = if row.form == Form::Array { &["--array=0-1"] } else { &[] };
            let mut run = begun(cx.sbatch())
                .opts(option)
                .opts(array)
                .opts(["-W", "-o", "job.%a"])
                .opt(&script)
                .run()?;
            let outputs = outputs(cx)?;
            if row.form == Form::Array && row.spelled != Spelled::Relative {
                expect(outputs.len() == 2, "an output of each of two jobs", format!("{outputs:?}"))?;
                let nonce = bundle.nonce.trim();
                expect(
                    outputs.iter().all(|text| text.contains(nonce)),
                    "the nonce in both",
                    format!("{outputs:?}"),
                )?;
            }
            run.stdout = outputs.concat().into_bytes();
            cx.evidence().output(&mut run.claims, &run.stdout)?;
            Ok(run)
        }
    }
}

/// A command with all that does not depend on its form.
fn begun<'c>(invocation: Invocation<'c>, row: Row, path: &str, bundle: &Bundle) -> Invocation<'c> {
    shaped(with_variable(invocation, row, path).expects(bundle), row)
}

/// What the jobs wrote.
fn outputs(cx: &Context<'_>) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(cx.shared())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("job.") && name != "job.sh" {
            texts.push(String::from_utf8_lossy(&std::fs::read(path)?).into_owned());
        }
    }
    Ok(texts)
}

fn with_variable<'c>(invocation: Invocation<'c>, row: Row, path: &str) -> Invocation<'c> {
    if row.asked != Asked::Variable {
        return invocation;
    }
    let name = match row.form {
        Form::Srun | Form::SallocSrun | Form::SbatchSrun | Form::SrunSrun => "SRUN_CONTAINER",
        Form::Script | Form::Wrap | Form::Array => "SBATCH_CONTAINER",
        Form::Salloc | Form::SallocShell => "SALLOC_CONTAINER",
    };
    invocation.env(name, path)
}

fn shaped(invocation: Invocation<'_>, row: Row) -> Invocation<'_> {
    let invocation = match row.shape {
        Shape::One => invocation,
        Shape::Tasks => invocation.tasks(2),
        Shape::Nodes => invocation.nodes(2),
    };
    if row.pty == Pty::Yes { invocation.terminal(100, 40) } else { invocation }
}
