//! Links the program at a fixed address on x86-64 Linux: the mock starts it several times for each step (srun, the step
//! daemon, their forks), and moving its tables to a random address cost a third of each start.

fn main() {
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") == "linux" && target("ARCH") == "x86_64" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
