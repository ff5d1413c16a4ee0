//! The rules for publishing a certificate, checked on a folder before it is sent to anybody: one product, its description, a
//! bundle a profile, each signed and each judged again.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{CertificateError, PublicKey, Signed, signature_beside, verify};
use crate::{Record, Tier};

/// Name of the description.
const PRODUCT: &str = "PRODUCT.toml";

/// What it says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Product {
    vendor: String,
    name: String,
    version: String,
    website: String,
    contact: String,
}

/// One rule, and whether the folder keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The rule.
    pub rule: &'static str,
    /// What breaks it; nothing where it is kept.
    pub broken: Vec<String>,
}

/// Checks a folder.
pub fn check_folder(
    dir: &Path,
    keys: &[PublicKey],
    own: &dyn Fn(&Record) -> Option<String>,
) -> Result<Vec<Rule>, CertificateError> {
    let remedy = "name the folder that is to be published";
    let bad = |path: &Path, cause: std::io::Error| CertificateError::file("read", path, cause, remedy);
    let mut bundles: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|cause| bad(dir, cause))? {
        let path = entry.map_err(|cause| bad(dir, cause))?.path();
        if path.to_string_lossy().ends_with(".tar.zst") {
            bundles.push(path);
        }
    }
    bundles.sort();
    let mut rules = vec![
        Rule { rule: "PRODUCT.toml says vendor, name, version, website and contact", broken: product(dir) },
        Rule {
            rule: "there is a certificate (*.tar.zst)",
            broken: if bundles.is_empty() { vec![format!("none in {}", dir.display())] } else { vec![] },
        },
    ];
    let texts = [
        "each certificate holds when it is judged again",
        "each certificate is signed",
        "the suite is shown to be sound by the kill matrix of the same build",
        "every binding core case passes, none is skipped",
        "each profile is certified once",
    ];
    let mut broken = vec![Vec::new(); texts.len()];
    let mut seen = std::collections::BTreeSet::new();
    for bundle in &bundles {
        let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let archive = std::fs::read(bundle).map_err(|cause| bad(bundle, cause))?;
        let signature = signature_beside(bundle).and_then(|path| std::fs::read_to_string(path).ok());
        let verified = verify(&archive, signature.as_deref(), keys, own);
        broken[0].extend(verified.findings.iter().map(|what| format!("{name}: {what}")));
        match &verified.signed {
            Signed::No => broken[1].push(format!("{name} is not: plimsoll certify --key does it")),
            Signed::Wrong(why) => broken[1].push(format!("{name}: {why}")),
            Signed::Yes | Signed::Unchecked => {}
        }
        let Some(certificate) = &verified.certificate else { continue };
        broken[2].extend(certificate.suite.why.iter().map(|why| format!("{name}: {why}")));
        for profile in &certificate.profiles {
            if !matches!(profile.reached, Some(Tier::Core | Tier::Extended)) {
                broken[3].push(format!("{name}: profile {} does not reach core", profile.id));
            }
            if !seen.insert(profile.id.clone()) {
                broken[4].push(format!("{name}: profile {} is in another one as well", profile.id));
            }
        }
    }
    rules.extend(texts.into_iter().zip(broken).map(|(rule, broken)| Rule { rule, broken }));
    Ok(rules)
}

fn product(dir: &Path) -> Vec<String> {
    let path = dir.join(PRODUCT);
    let read = std::fs::read_to_string(&path).map_err(|cause| cause.to_string());
    match read.and_then(|text| toml::from_str::<Product>(&text).map_err(|cause| cause.to_string())) {
        Err(cause) => vec![format!("{}: {}", path.display(), cause.trim())],
        Ok(Product { vendor, name, version, website, contact }) => [
            ("vendor", vendor),
            ("name", name),
            ("version", version),
            ("website", website),
            ("contact", contact),
        ]
        .into_iter()
        .filter(|(_, value)| value.trim().is_empty())
        .map(|(field, _)| format!("{field} is empty"))
        .collect(),
    }
}
