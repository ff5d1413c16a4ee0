//! `plimsoll certify` and `plimsoll verify`: a certificate made of a record, and judged again from what it holds.

use std::path::{Path, PathBuf};

use owo_colors::OwoColorize as _;
use plimsoll_launcher::Release;
use plimsoll_record::certificate::{
    self, Certificate, Lack, PublicKey, Rule, SecretKey, Signed, Verified, catalogue_hash, check_folder,
    signature_beside,
};
use plimsoll_record::text::{one_line, short_line};
use plimsoll_record::{Level, Record, Tier, exit, folder};
use plimsoll_suites::runner;
use serde_json::json;

use super::args::{CertifyArgs, Format, TierName};
use super::error::Error;
use super::{list, out};

/// Password of a minisign key.
const PASSWORD: &str = "PLIMSOLL_KEY_PASSWORD";

/// The kill matrix where nothing else is said.
const SELFTEST: &str = "plimsoll-out/selftest.json";

/// Longest reason of a case that is lacking, in characters.
const REASON: usize = 160;

/// Makes a certificate, or checks a folder of them. Exits with 0 where a certificate was made, whatever it says.
pub fn certify(options: &CertifyArgs) -> Result<i32, Error> {
    if let Some(dir) = &options.check {
        return check(dir, options.format);
    }
    let dir = folder::named(options.record.as_deref());
    let key = options.key.as_deref().map(|path| SecretKey::read(path, std::env::var(PASSWORD).ok()));
    let key = key.transpose().map_err(Error::usage)?;
    let default = Some(PathBuf::from(SELFTEST)).filter(|path| path.is_file());
    let selftest = options.selftest.clone().or(default);
    let made = certificate::make(&dir, selftest.as_deref()).map_err(Error::usage)?;
    let file = options.out.clone().unwrap_or_else(|| {
        let id: String = made
            .certificate
            .run
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
            .collect();
        PathBuf::from(format!("plimsoll-certificate-{id}.tar.zst"))
    });
    write(&file, &made.bundle)?;
    let mut signature = None;
    if let Some(key) = key {
        let signed = key.sign(&made.bundle).map_err(Error::broken)?;
        let mut name = file.clone().into_os_string();
        name.push(format!(".{}", signed.extension));
        let path = PathBuf::from(name);
        write(&path, signed.text.as_bytes())?;
        signature = Some(path);
    }
    match options.format {
        Format::Json => list::print_json(&made.certificate)?,
        Format::Human => {
            show(&made.certificate);
            match &signature {
                Some(path) => out::line(format_args!("signature: {}", path.display())),
                None => out::line("not signed: who made it is not shown (--key signs it)"),
            }
            out::line(format_args!("certificate: {}", file.display()));
        }
    }
    Ok(exit::OK)
}

/// Judges a certificate again; 1 where something is wrong with it, or where it does not reach what is required.
pub fn verify(
    bundle: &Path,
    keys: &[PathBuf],
    require: Option<TierName>,
    any: bool,
    format: Format,
) -> Result<i32, Error> {
    let keys: Vec<PublicKey> =
        keys.iter().map(|path| PublicKey::read(path)).collect::<Result<_, _>>().map_err(Error::usage)?;
    let archive = std::fs::read(bundle).map_err(|cause| {
        Error::usage(format!("cannot read {}: {cause}; name a certificate, a .tar.zst", bundle.display()))
    })?;
    let signature = signature_beside(bundle).map(std::fs::read_to_string).transpose().map_err(|cause| {
        Error::usage(format!("cannot read the signature of {}: {cause}", bundle.display()))
    })?;
    let verified =
        certificate::verify(&archive, signature.as_deref(), &keys, &|record| own(record).filter(|_| !any));
    let short =
        verified.certificate.as_ref().map(|certificate| short_of(certificate, require)).unwrap_or_default();
    match format {
        Format::Json => list::print_json(&json!({
            "schema": "plimsoll.verified/1.0",
            "holds": verified.holds(),
            "findings": verified.findings,
            "signed": signed_word(&verified.signed),
            "judged": verified.judged,
            "noted": verified.noted,
            "short": short,
            "certificate": verified.certificate,
        }))?,
        Format::Human => show_verified(&verified, &short),
    }
    Ok(if verified.holds() && short.is_empty() { exit::OK } else { exit::FAILED })
}

/// The catalogue that this program runs for the release and the modes of a record, as its hash.
fn own(record: &Record) -> Option<String> {
    let release: Release = record.run.release.parse().ok()?;
    let modes: Vec<&str> = record.run.profiles.iter().map(|profile| profile.mode.as_str()).collect();
    Some(catalogue_hash(&runner::whole_catalogue(release, &modes)))
}

/// The profiles that do not reach what is required.
fn short_of(certificate: &Certificate, require: Option<TierName>) -> Vec<String> {
    let reaches = |reached: Option<Tier>| match require {
        None => true,
        Some(TierName::Core) => matches!(reached, Some(Tier::Core | Tier::Extended)),
        Some(TierName::Extended) => reached == Some(Tier::Extended),
    };
    let short = certificate.profiles.iter().filter(|profile| !reaches(profile.reached));
    short.map(|profile| profile.id.clone()).collect()
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path, bytes).map_err(|cause| {
        Error::usage(format!(
            "cannot write {}: {cause}; name a file that is yours with --out",
            path.display()
        ))
    })
}

fn show(certificate: &Certificate) {
    out::line(format_args!(
        "run {} of {}, world {}, release {}, plimsoll {}",
        one_line(&certificate.run),
        one_line(&certificate.started),
        one_line(&certificate.world),
        one_line(&certificate.release),
        one_line(&certificate.plimsoll)
    ));
    for profile in &certificate.profiles {
        let reached = match profile.reached {
            Some(tier) => tier.name().to_uppercase().green().bold().to_string(),
            None => "NOTHING".red().bold().to_string(),
        };
        out::line(format_args!(
            "\n{} reaches {reached}: {}",
            one_line(&profile.id).bold(),
            one_line(&profile.why)
        ));
        for count in &profile.tiers {
            out::line(format_args!("  {:<12} {} of {} pass", count.tier.name(), count.passed, count.all));
        }
        profile.lacking.iter().for_each(show_lack);
    }
    out::line("");
    match &certificate.suite.why {
        None => {
            let defects = certificate.suite.defects;
            out::line(format_args!("the suite is sound: each of {defects} known defects is caught"));
        }
        Some(why) => out::line(format_args!(
            "{} the suite is not shown to be sound: {}",
            "note:".bold(),
            one_line(why)
        )),
    }
    if !certificate.redacted.is_empty() {
        let names: Vec<_> = certificate.redacted.iter().map(|name| one_line(name)).collect();
        out::line(format_args!("taken out: the values of {}", names.join(", ")));
    }
}

fn show_lack(lack: &Lack) {
    let word = lack.verdict.name();
    let word = if lack.level == Level::Must { word.red().to_string() } else { word.yellow().to_string() };
    let reason = short_line(lack.reason.as_deref().unwrap_or_default(), REASON);
    let level = lack.level.name().to_uppercase();
    out::line(format_args!("  {word} {} ({level}, {}): {reason}", one_line(&lack.case), lack.tier));
}

fn signed_word(signed: &Signed) -> &'static str {
    match signed {
        Signed::No => "no",
        Signed::Unchecked => "unchecked",
        Signed::Yes => "yes",
        Signed::Wrong(_) => "wrong",
    }
}

fn show_verified(verified: &Verified, short: &[String]) {
    if let Some(certificate) = &verified.certificate {
        show(certificate);
    }
    out::line(format_args!(
        "judged again: {} claims from the evidence; {} more are what the run noted and cannot be seen again",
        verified.judged, verified.noted
    ));
    match &verified.signed {
        Signed::No => out::line("not signed: who made it is not known"),
        Signed::Unchecked => out::line("signed, and not checked by whom: give their public key with --key"),
        Signed::Yes => out::line(format_args!("{} by one of the keys that were given", "signed".green())),
        Signed::Wrong(why) => out::line(format_args!("{} {}", "signature:".red().bold(), one_line(why))),
    }
    for finding in &verified.findings {
        out::line(format_args!("{} {}", "found:".red().bold(), one_line(finding)));
    }
    for profile in short {
        out::line(format_args!(
            "{} profile {} does not reach what is required",
            "short:".red().bold(),
            one_line(profile)
        ));
    }
    if verified.holds() {
        out::line(format_args!("{}: nothing in it contradicts its evidence", "it holds".green().bold()));
    } else {
        out::line(format_args!("{}: {} findings", "IT DOES NOT HOLD".red().bold(), verified.findings.len()));
    }
}

/// Checks a folder; 1 where it breaks a rule.
fn check(dir: &Path, format: Format) -> Result<i32, Error> {
    let rules = check_folder(dir, &[], &own).map_err(Error::usage)?;
    if format == Format::Json {
        let one =
            |rule: &Rule| json!({ "id": rule.rule, "kept": rule.broken.is_empty(), "broken": rule.broken });
        list::print_json(&rules.iter().map(one).collect::<Vec<_>>())?;
    } else {
        for rule in &rules {
            let mark = if rule.broken.is_empty() { "ok".green().to_string() } else { "no".red().to_string() };
            out::line(format_args!("{mark} {}", rule.rule));
            for broken in &rule.broken {
                out::line(format_args!("   {}", one_line(broken)));
            }
        }
    }
    let broken = rules.iter().any(|rule| !rule.broken.is_empty());
    Ok(if broken { exit::FAILED } else { exit::OK })
}
