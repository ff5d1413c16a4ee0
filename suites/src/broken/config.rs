//! Bundles that a step cannot be launched with: the launch fails at once and, as the guide promises, by name. Real releases
//! hold the name back (R-OPEN-12).

use serde_json::json;

use crate::bundle::{BundleBuilder, Fixture, Flaw, RootPath};
use crate::case;
use crate::context::Context;
use crate::defects::R_OPEN_12;
use crate::outcome::Outcome;
use crate::rules::{G_LIM_3, L_SET_3, L_SET_4, L_SET_5};

/// srun fails, names the path, and says what is the matter with it.
fn fails_by_name(cx: &Context<'_>, builder: BundleBuilder, words: &str) -> Outcome {
    let bundle = cx.build(builder)?;
    cx.srun()
        .container(&bundle)
        .cmd(["true"])
        .run()?
        .not_contained()
        .fails()
        .stderr_has(&bundle.dir.display().to_string())
        .stderr_has(words)
        .done()
}

fn busybox() -> BundleBuilder {
    BundleBuilder::new(Fixture::Busybox)
}

case! {
    /// A bundle that is not there fails the step by name.
    ///
    /// Catches: a release that runs the command on the host, waits, or does not say what is missing.
    pub const MISSING = must("broken.missing", missing).rules(&[G_LIM_3, L_SET_3]).known(&[R_OPEN_12.everywhere()]).once();
}

fn missing(cx: &Context<'_>) -> Outcome {
    let path = cx.path("nothing");
    let name = path.display().to_string();
    cx.srun()
        .opts(["--container", &name])
        .bare(["true"])
        .run()?
        .fails()
        .stderr_has(&name)
        .stderr_has("No such file or directory")
        .done()
}

case! {
    /// A bundle without config.json fails the step by name.
    ///
    /// Catches: a launcher that makes one up.
    pub const NO_CONFIG = must("broken.no-config", no_config).rules(&[L_SET_3]).known(&[R_OPEN_12.everywhere()]).once();
}

fn no_config(cx: &Context<'_>) -> Outcome {
    fails_by_name(cx, busybox().flaw(Flaw::NoConfig), "No such file or directory")
}

case! {
    /// An empty config.json fails the step by name.
    ///
    /// Catches: a launcher that takes nothing for an empty object.
    pub const EMPTY = must("broken.empty-config", empty).rules(&[L_SET_3]).known(&[R_OPEN_12.everywhere()]).once();
}

fn empty(cx: &Context<'_>) -> Outcome {
    fails_by_name(cx, busybox().flaw(Flaw::EmptyConfig), "is empty")
}

case! {
    /// A config.json that was cut off fails the step by name.
    ///
    /// Catches: a launcher that works with the half that it got.
    pub const CUT = must("broken.cut-config", cut).rules(&[L_SET_3]).known(&[R_OPEN_12.everywhere()]).once();
}

fn cut(cx: &Context<'_>) -> Outcome {
    fails_by_name(cx, busybox().flaw(Flaw::CutConfig), "is not JSON")
}

case! {
    /// A config.json that is not UTF-8 fails the step by name.
    ///
    /// Catches: a launcher that passes rubbish on, or ends without a word.
    pub const NOT_UTF8 = must("broken.not-utf8", not_utf8).rules(&[L_SET_3]).known(&[R_OPEN_12.everywhere()]).once();
}

fn not_utf8(cx: &Context<'_>) -> Outcome {
    fails_by_name(cx, busybox().flaw(Flaw::ConfigBytes(b"{\"a\":\"\xff\xfe\"}".to_vec())), "is not UTF-8")
}

case! {
    /// A deeply nested config.json fails the step by name.
    ///
    /// Catches: a launcher that runs out of stack.
    pub const DEEP = must("broken.deep-config", deep).rules(&[L_SET_3]).known(&[R_OPEN_12.everywhere()]).once();
}

fn deep(cx: &Context<'_>) -> Outcome {
    let text = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    fails_by_name(cx, busybox().flaw(Flaw::ConfigBytes(text.into_bytes())), "recursion limit")
}

case! {
    /// A huge config.json fails the step by name.
    ///
    /// Catches: a launcher that fills its memory with what a user hands it.
    pub const HUGE = must("broken.huge-config", huge).rules(&[L_SET_3]).known(&[R_OPEN_12.everywhere()]).once();
}

fn huge(cx: &Context<'_>) -> Outcome {
    fails_by_name(cx, busybox().flaw(Flaw::ConfigBytes(vec![b' '; 17 << 20])), "is longer than")
}

case! {
    /// A config.json that is no object fails the step by name.
    ///
    /// Catches: a launcher that indexes what has no members.
    pub const NOT_OBJECT = must("broken.not-object", not_object).rules(&[L_SET_3]).known(&[R_OPEN_12.everywhere()]).once();
}

fn not_object(cx: &Context<'_>) -> Outcome {
    fails_by_name(cx, busybox().flaw(Flaw::ConfigBytes(b"[1, 2]".to_vec())), "holds no JSON object")
}

case! {
    /// A config.json without root.path fails the step by name.
    ///
    /// Catches: a launcher that takes the host's root instead.
    pub const NO_ROOT_PATH = must("broken.no-root-path", no_root_path)
        .rules(&[L_SET_5])
        .releases(crate::case::Releases::from(plimsoll_launcher::Release::V23_02))
        .known(&[R_OPEN_12.everywhere()])
        .once();
}

fn no_root_path(cx: &Context<'_>) -> Outcome {
    fails_by_name(cx, busybox().root_path(RootPath::Absent), "root.path")
}

case! {
    /// An entry of process.env that is no string fails the step by name.
    ///
    /// Catches: a launcher that skips it, or prints a number as a variable.
    pub const ENV_ENTRY = must("broken.env-entry", env_entry).rules(&[L_SET_4]).known(&[R_OPEN_12.everywhere()]).once();
}

fn env_entry(cx: &Context<'_>) -> Outcome {
    fails_by_name(cx, busybox().edit(|config| config["process"]["env"] = json!(["A=1", 2])), "process.env[1]")
}

case! {
    /// A missing bundle fails a batch job at once, and its output file names the path.
    ///
    /// Catches: a release that requeues and holds the job, so that sbatch -W waits for ever.
    pub const MISSING_FOR_BATCH = must("broken.missing-for-batch", missing_for_batch)
        .rules(&[G_LIM_3, crate::rules::L_SET_2])
        .known(&[R_OPEN_12.everywhere()])
        .once();
}

fn missing_for_batch(cx: &Context<'_>) -> Outcome {
    let name = cx.path("nothing").display().to_string();
    cx.sbatch()
        .opts(["--container", &name, "--wrap", "true"])
        .limit(std::time::Duration::from_secs(5))
        .run_job()?
        .fails()
        .stdout_has(&name)
        .done()
}
