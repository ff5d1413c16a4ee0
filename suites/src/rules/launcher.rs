//! What the step daemon does with a container, in order.

use super::table::rules;

rules! { LAUNCHER;
    "step daemon, 1 set-up" {
        L_SET_1 "L-SET-1" Must "Without an oci.conf the command runs on the host, and its exit code is its own.";
        L_SET_2 "L-SET-2" Must "With a rejected oci.conf the step fails to launch, and a batch job fails without running.";
        L_SET_3 "L-SET-3" Must "A config.json that is missing, unreadable or no JSON fails the launch with its cause.";
        L_SET_4 "L-SET-4" Must "The bundle's process.env goes over the step's environment and wins for equal names.";
        L_SET_5 "L-SET-5" Must "The root file system is root.path made absolute against the bundle; without it the launch fails.";
        L_SET_6 "L-SET-6" Must "MountSpoolDir is expanded with the first local task's id and has a default of its own.";
        L_SET_7 "L-SET-7" Must "The step's spool directory is made with every missing parent, owned by the user, mode 0770.";
        L_SET_8 "L-SET-8" Must "Release 22.05 allows one task a node and refuses two.";
    }
    "step daemon, 2 spool directories" {
        L_DIR_1 "L-DIR-1" Must "Release 22.05 names the step's directory with ids padded to five digits.";
        L_DIR_2 "L-DIR-2" Must "From 23.02 to 24.11 a pattern with %t names a directory for each task.";
        L_DIR_3 "L-DIR-3" Must "From 25.05 on each task has a directory below the step's, whatever ContainerPath says.";
    }
    "step daemon, 3 before the command" {
        L_TASK_1 "L-TASK-1" Must "Each task's spool directory is made with mode 0770, owned by the user.";
        L_TASK_2 "L-TASK-2" Must "The command's first word is looked up on the host and left as it is when it is not found there.";
        L_TASK_3 "L-TASK-3" Must "EnvExclude removes each NAME=value that it matches from the step's environment.";
        L_TASK_4 "L-TASK-4" Must "The task's config.json is the bundle's with the listed changes and no others.";
        L_TASK_5 "L-TASK-5" Must "%b is the task's spool directory, or the user's bundle where config.json is ignored.";
        L_TASK_6 "L-TASK-6" Must "CreateEnvFile writes the environment to a file of the user's own, in the form asked for.";
        L_TASK_7 "L-TASK-7" Must "RunTimeEnvExclude filters the environment of the runtime commands.";
        L_TASK_8 "L-TASK-8" Must "The runtime's working directory is the task's spool directory, whatever --chdir says.";
        L_TASK_9 "L-TASK-9" Must "An operation that is not configured is a command that says so and exits 1.";
        L_TASK_10 "L-TASK-10" Must "Each operation runs through /bin/sh -c.";
    }
    "step daemon, 4 run mode" {
        L_RUN_1 "L-RUN-1" Must "In run mode the runtime's exit status, streams and signals are the task's own.";
        L_RUN_2 "L-RUN-2" Must "In run mode nothing is polled while the container runs.";
    }
    "step daemon, 5 create/start mode" {
        L_CS_1 "L-CS-1" Must "RunTimeCreate runs to its end, and its exit code is not judged.";
        L_CS_2 "L-CS-2" Must "RunTimeQuery is asked until the container is created; no usable answer in time is fatal.";
        L_CS_3 "L-CS-3" Must "RunTimeStart runs once the container is created.";
        L_CS_4 "L-CS-4" Must "After the start the container is watched until it no longer runs.";
        L_CS_5 "L-CS-5" Must "After its end the container is killed where needed, and deleted.";
        L_CS_6 "L-CS-6" Must "An answer is unusable when it is empty, failed, or has no status in it.";
    }
    "step daemon, 6 kill and delete" {
        L_KILL_1 "L-KILL-1" Must "A running container gets at most ten rounds of RunTimeKill.";
        L_KILL_2 "L-KILL-2" Must "RunTimeDelete runs once where a status was known.";
        L_KILL_3 "L-KILL-3" Must "Where config.json is ignored no status is asked for.";
        L_KILL_4 "L-KILL-4" Must "The exit codes of query, kill and delete do not change the step's.";
    }
    "step daemon, 7 clean-up" {
        L_CLEAN_1 "L-CLEAN-1" Must "Clean-up runs once a step with patterns that mean no task.";
        L_CLEAN_2 "L-CLEAN-2" Must "DisableCleanup leaves the generated files where they are.";
        L_CLEAN_3 "L-CLEAN-3" Must "Each task's generated files and its directory are removed; one with other files in it stays.";
        L_CLEAN_4 "L-CLEAN-4" Must "The step's spool directory is removed last.";
    }
    "client tools" {
        L_REQ_1 "L-REQ-1" Must "A relative bundle path is passed on as given.";
        L_REQ_2 "L-REQ-2" Must "SLURM_CONTAINER names the request, and the tools' input variables do what their options do.";
        L_REQ_3 "L-REQ-3" Must "salloc --container is refused unless use_interactive_step is configured.";
        L_REQ_4 "L-REQ-4" Must "scontrol and squeue show the container of a job and of a step.";
        L_REQ_5 "L-REQ-5" Must "--container-type is known from 26.05 on and refused before.";
    }
}
