//! The Slurm Containers Guide of 21 May 2024, sentence by sentence.

use super::table::rules;

rules! { GUIDE;
    "Containers Guide, Overview" {
        G_OVER_1 "G-OVER-1" Must "A job and a step can each ask for an unprivileged OCI container.";
    }
    "Containers Guide, Known limitations" {
        G_LIM_1 "G-LIM-1" Must "Every runtime command, clean-up included, is called as the user and with no special permissions.";
        G_LIM_2 "G-LIM-2" Must "A container works with the host's network; networks of its own are not promised.";
        G_LIM_3 "G-LIM-3" Must "The bundle is not transferred: where it is missing on the node, the step fails and the error names the path.";
        G_LIM_4 "G-LIM-4" May "A feature that the runtime lacks is lacking in the job as well.";
        G_LIM_5 "G-LIM-5" Must "Without an oci.conf on the node the request is ignored by Slurm and stays visible to the job.";
    }
    "Containers Guide, Prerequisites" {
        G_PRE_1 "G-PRE-1" Must "The kernel lets ordinary users make user namespaces.";
        G_PRE_2 "G-PRE-2" Should "Docker's own check of the kernel's configuration agrees, where it is installed.";
        G_PRE_3 "G-PRE-3" Must "The runtime works outside Slurm first, and the bundle tools make compliant bundles.";
    }
    "Containers Guide, Example configurations" {
        G_RT_1 "G-RT-1" Must "Patterns let a site edit how each operation of the runtime is called.";
        G_RT_2 "G-RT-2" Should "The run operation is preferred to create and start: less polling, and the end is noticed faster.";
        G_RT_3 "G-RT-3" Should "The root directory of the runtime is safe from the eyes and hands of other users.";
        G_PROF_1 "G-PROF-1" Must "The printed oci.conf for runc with create and start works.";
        G_PROF_2 "G-PROF-2" Must "The printed oci.conf for runc with run works.";
        G_PROF_3 "G-PROF-3" Must "The printed oci.conf for crun with create and start works.";
        G_PROF_4 "G-PROF-4" Must "The printed oci.conf for crun with run works.";
        G_PROF_5 "G-PROF-5" Must "The printed oci.conf for nvidia-container-runtime with create and start works.";
        G_PROF_6 "G-PROF-6" Must "The printed oci.conf for nvidia-container-runtime with run works.";
        G_PROF_7 "G-PROF-7" Must "The printed oci.conf for Singularity 4.1.3 with its native runtime works.";
        G_PROF_8 "G-PROF-8" May "The printed oci.conf for Singularity 4.0.2 in OCI mode works, with sudo or setuid.";
        G_PROF_9 "G-PROF-9" May "The oci.conf for hpcng Singularity 3.8.0 is diagnosed as printed and works once repaired.";
        G_PROF_10 "G-PROF-10" Must "The printed oci.conf for Charliecloud 0.30 works.";
        G_PROF_11 "G-PROF-11" Must "The printed oci.conf for Enroot 3.3.0 works with its start wrapper.";
    }
    "Containers Guide, Testing OCI runtime outside of Slurm" {
        G_OUT_1 "G-OUT-1" Must "Create, start, kill and delete succeed from the bundle's directory without any Slurm.";
    }
    "Containers Guide, Requesting container jobs or steps" {
        G_REQ_1 "G-REQ-1" Must "sbatch --container with a wrapped command runs the batch step inside.";
        G_REQ_2 "G-REQ-2" Must "A batch job whose script calls srun --container runs step 0 inside.";
        G_REQ_3 "G-REQ-3" Must "salloc --container with a command runs the interactive step inside.";
        G_REQ_4 "G-REQ-4" Must "salloc with srun --container runs step 0 of an interactive job inside.";
        G_REQ_5 "G-REQ-5" Must "srun --container runs step 0 of a new job inside.";
        G_REQ_6 "G-REQ-6" Must "srun that calls srun --container runs step 1 inside.";
        G_REQ_7 "G-REQ-7" Must "A job's container is not inherited by its steps, batch and interactive steps excepted.";
    }
    "Containers Guide, Integration with Rootless Docker" {
        G_DKR_1 "G-DKR-1" Must "Docker over scrun needs munge, scrun.lua and oci.conf, and each missing piece is named.";
        G_DKR_2 "G-DKR-2" Must "The printed daemon.json, service override and DOCKER_HOST make rootless Docker call scrun.";
        G_DKR_3 "G-DKR-3" Must "The printed docker run commands work, one with as many lines as nodes were asked for.";
        G_DKR_4 "G-DKR-4" Must "The printed security options are needed on every docker run.";
        G_DKR_5 "G-DKR-5" Must "Only the none network works; any other fails in a way that names the cause.";
        G_DKR_6 "G-DKR-6" Must "exec, compose, pause, unpause and swarm fail cleanly and leave container and job as they were.";
        G_DKR_7 "G-DKR-7" Should "With vfs on a shared file system scrun.lua moves no file; without one it stages in and out.";
    }
    "Containers Guide, Integration with Podman" {
        G_POD_1 "G-POD-1" Must "The printed containers.conf and storage.conf make Podman call scrun.";
        G_POD_2 "G-POD-2" Must "The printed podman run commands work.";
        G_POD_3 "G-POD-3" Must "Only the host's network works; exec, kube and pod fail cleanly.";
        G_POD_4 "G-POD-4" Should "docker as an alias of podman works, and running out of locks is diagnosed.";
        G_SCR_1 "G-SCR-1" Must "A container run through scrun is a job with its id, exit code, signals and removal.";
    }
    "Containers Guide, OCI Container bundle" {
        G_BND_1 "G-BND-1" Must "Bundles made by each of the printed recipes run under srun --container.";
    }
    "Containers Guide, Example OpenMPI v5 + PMIx v4 container" {
        G_MPI_1 "G-MPI-1" Must "MPI programs in containers find each other with srun --mpi=pmix, on one node and on several.";
    }
    "Containers Guide, Container support via Plugin" {
        G_SPK_1 "G-SPK-1" Must "A site that starts containers by a SPANK plugin has no oci.conf beside it.";
        G_SPK_2 "G-SPK-2" Must "Shifter, Pyxis with Enroot, and Sarus start containers with a request syntax of their own.";
    }
}
