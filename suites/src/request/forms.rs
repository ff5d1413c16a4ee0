//! The request forms that the guide prints.

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::defects::R_OPEN_14;
use crate::outcome::Outcome;
use crate::rules::{
    G_PROF_1, G_PROF_2, G_PROF_3, G_PROF_4, G_PROF_5, G_PROF_6, G_PROF_7, G_PROF_8, G_PROF_9, G_PROF_10,
    G_PROF_11, G_REQ_1, G_REQ_5,
};

case! {
    /// srun --container runs step 0 of a new job inside, as the guide prints it, with the oci.conf that it prints for the runtime.
    ///
    /// Catches: a release or a configuration that runs the command on the host and calls it a success.
    pub const SRUN = must("request.srun", srun).core()
        .rules(&[G_REQ_5, G_PROF_1, G_PROF_2, G_PROF_3, G_PROF_4, G_PROF_5, G_PROF_6, G_PROF_7, G_PROF_8, G_PROF_9, G_PROF_10, G_PROF_11]);
}

fn srun(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let release = std::fs::read_to_string(bundle.rootfs.join("etc/os-release"))?;
    cx.srun().container(&bundle).sh("cat /etc/*rel*").run()?.contained().exits(0).stdout_is(&release).done()
}

case! {
    /// sbatch --container with a wrapped command runs the batch step inside, as the guide prints it.
    ///
    /// Catches: a release that runs the batch script on the host, or cannot find it in the container.
    pub const SBATCH = must("request.sbatch", sbatch).core().rules(&[G_REQ_1]).known(&[R_OPEN_14.everywhere()]);
}

fn sbatch(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let release = std::fs::read_to_string(bundle.rootfs.join("etc/os-release"))?;
    cx.sbatch()
        .container(&bundle)
        .wrap("cat /etc/*rel*; exit 3")
        .run_job()?
        .contained()
        .exits(3)
        .stdout_is(&release)
        .stderr_is("")
        .done()
}
