//! The same as an in-toto attestation: a statement (v1) with the predicate of test results (v0.1), for whoever gates on those.

use serde_json::{Value, json};

use super::{Certificate, ProfileCertificate};
use crate::{Record, Tier, Verdict};

/// Type of the statement.
const TYPE: &str = "https://in-toto.io/Statement/v1";
/// Type of the predicate.
const PREDICATE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The statement about the programs and files that were tested.
pub fn statement(certificate: &Certificate, record: &Record) -> Value {
    let named = |name: String, sha256: &Option<String>| {
        sha256.as_ref().map(|sha256| json!({ "name": name, "digest": { "sha256": sha256 } }))
    };
    let subjects: Vec<Value> = certificate
        .profiles
        .iter()
        .flat_map(|profile| {
            [
                named(format!("{} ({})", profile.runtime, profile.id), &profile.program),
                named(format!("oci.conf ({})", profile.id), &profile.oci_conf),
            ]
        })
        .flatten()
        .collect();
    let mut configuration: Vec<Value> =
        named(format!("plimsoll {}", certificate.plimsoll), &certificate.program).into_iter().collect();
    configuration.push(json!({ "name": "catalogue", "digest": { "sha256": certificate.catalogue } }));
    let tests = |wanted: &dyn Fn(Verdict) -> bool| -> Vec<String> {
        let fits = record.results().filter(|result| wanted(result.verdict));
        fits.map(|result| format!("{} ({})", result.case, result.profile)).collect()
    };
    json!({
        "_type": TYPE,
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": {
            "result": result(&certificate.profiles),
            "configuration": configuration,
            "passedTests": tests(&|verdict| verdict == Verdict::Pass),
            "warnedTests": tests(&|verdict| verdict == Verdict::Unsupported),
            "failedTests": tests(&|verdict| !matches!(verdict, Verdict::Pass | Verdict::Unsupported)),
        }
    })
}

/// Passed where everything binding passes, warned where the core does, else failed.
fn result(profiles: &[ProfileCertificate]) -> &'static str {
    match profiles.iter().map(|profile| profile.reached).min_by_key(|reached| rank(*reached)) {
        Some(Some(Tier::Extended)) => "PASSED",
        Some(Some(Tier::Core)) => "WARNED",
        _ => "FAILED",
    }
}

fn rank(reached: Option<Tier>) -> u8 {
    match reached {
        Some(Tier::Extended) => 2,
        Some(Tier::Core) => 1,
        _ => 0,
    }
}
