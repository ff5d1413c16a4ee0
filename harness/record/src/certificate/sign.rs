//! Signatures beside a bundle, by keys that people have: minisign's, and those of OpenSSH. Each is the format of its own
//! program, so that `minisign -V` and `ssh-keygen -Y verify` check them as well.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use ssh_key::{HashAlg, LineEnding, SshSig};

use super::CertificateError;

/// What an OpenSSH signature is for; one that was made for something else does not count.
pub const NAMESPACE: &str = "plimsoll-certificate";

/// First line of OpenSSH's private keys, and of its signatures.
const SSH_SECRET: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const SSH_SIGNATURE: &str = "-----BEGIN SSH SIGNATURE-----";

/// A key that signs.
pub enum SecretKey {
    /// Of minisign.
    Minisign(minisign::SecretKey),
    /// Of OpenSSH.
    Ssh(Box<ssh_key::PrivateKey>),
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Nothing of the key itself.
        f.write_str(match self {
            Self::Minisign(_) => "SecretKey::Minisign",
            Self::Ssh(_) => "SecretKey::Ssh",
        })
    }
}

/// A key that signatures are checked with.
#[derive(Clone, Debug)]
pub enum PublicKey {
    /// Of minisign.
    Minisign(minisign::PublicKey),
    /// Of OpenSSH.
    Ssh(Box<ssh_key::PublicKey>),
}

/// A signature and the name of the file that it goes into, beside the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureFile {
    /// What stands behind the bundle's name: `minisig` or `sig`.
    pub extension: &'static str,
    /// The text.
    pub text: String,
}

const KEY_REMEDY: &str = "give a secret key of minisign (PLIMSOLL_KEY_PASSWORD has its password), or one of OpenSSH without a \
                          password (ssh-keygen -t ed25519)";

impl SecretKey {
    /// Reads a key; `password` is for minisign's.
    pub fn read(path: &Path, password: Option<String>) -> Result<Self, CertificateError> {
        let bad =
            |cause: &dyn std::fmt::Display| CertificateError::file("use the key", path, cause, KEY_REMEDY);
        let text = std::fs::read_to_string(path).map_err(|cause| bad(&cause))?;
        if text.starts_with(SSH_SECRET) {
            let key = ssh_key::PrivateKey::from_openssh(&text).map_err(|cause| bad(&cause))?;
            if key.is_encrypted() {
                return Err(bad(&"it has a password"));
            }
            return Ok(Self::Ssh(Box::new(key)));
        }
        let key = minisign::SecretKeyBox::from_string(&text).map_err(|cause| bad(&cause))?;
        let key = match password {
            Some(password) => key.into_secret_key(Some(password)),
            None => key.into_unencrypted_secret_key(),
        };
        key.map(Self::Minisign).map_err(|cause| bad(&cause))
    }

    /// Signs a bundle.
    pub fn sign(&self, bundle: &[u8]) -> Result<SignatureFile, String> {
        match self {
            Self::Minisign(key) => {
                let comment = Some("plimsoll certificate");
                let signed = minisign::sign(None, key, Cursor::new(bundle), comment, None);
                let text = signed.map_err(|cause| cause.to_string())?.to_string();
                Ok(SignatureFile { extension: "minisig", text })
            }
            Self::Ssh(key) => {
                let signed =
                    key.sign(NAMESPACE, HashAlg::Sha512, bundle).map_err(|cause| cause.to_string())?;
                let text = signed.to_pem(LineEnding::LF).map_err(|cause| cause.to_string())?;
                Ok(SignatureFile { extension: "sig", text })
            }
        }
    }
}

impl PublicKey {
    /// Reads a key.
    pub fn read(path: &Path) -> Result<Self, CertificateError> {
        let remedy = "give a public key of minisign or of OpenSSH (the one that ends in .pub)";
        let bad = |cause: &dyn std::fmt::Display| CertificateError::file("use the key", path, cause, remedy);
        let text = std::fs::read_to_string(path).map_err(|cause| bad(&cause))?;
        if text.starts_with("ssh-") || text.starts_with("ecdsa-") || text.starts_with("sk-") {
            let key = ssh_key::PublicKey::from_openssh(&text).map_err(|cause| bad(&cause))?;
            return Ok(Self::Ssh(Box::new(key)));
        }
        let key =
            minisign::PublicKeyBox::from_string(&text).and_then(minisign::PublicKeyBox::into_public_key);
        let key = key.or_else(|_| minisign::PublicKey::from_base64(text.trim()));
        key.map(Self::Minisign).map_err(|cause| bad(&cause))
    }

    /// Whether this key made a signature of a bundle; why it did not, where it did not.
    pub fn check(&self, bundle: &[u8], signature: &str) -> Result<(), String> {
        let is_ssh = signature.starts_with(SSH_SIGNATURE);
        match self {
            Self::Minisign(key) if !is_ssh => {
                let signature =
                    minisign::SignatureBox::from_string(signature).map_err(|cause| cause.to_string())?;
                minisign::verify(key, &signature, Cursor::new(bundle), true, false, false)
                    .map_err(|cause| cause.to_string())
            }
            Self::Ssh(key) if is_ssh => {
                let signature = SshSig::from_pem(signature).map_err(|cause| cause.to_string())?;
                key.verify(NAMESPACE, bundle, &signature).map_err(|cause| cause.to_string())
            }
            _ => Err("the signature is by another kind of key".to_owned()),
        }
    }
}

/// The signature file that lies beside a bundle, if there is one.
pub fn signature_beside(bundle: &Path) -> Option<PathBuf> {
    ["minisig", "sig"]
        .into_iter()
        .map(|extension| {
            let mut name = bundle.as_os_str().to_owned();
            name.push(".");
            name.push(extension);
            PathBuf::from(name)
        })
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_key_of_minisign_signs_and_another_one_has_not_signed() {
        let dir = tempfile::tempdir().unwrap();
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let secret = written(dir.path(), "key", &pair.sk.to_box(None).unwrap().into_string());
        let public = written(dir.path(), "key.pub", &pair.pk.to_box().unwrap().into_string());
        let signed = SecretKey::read(&secret, None).unwrap().sign(b"bundle").unwrap();
        let key = PublicKey::read(&public).unwrap();
        assert_eq!((signed.extension, key.check(b"bundle", &signed.text)), ("minisig", Ok(())));
        assert!(key.check(b"bundlf", &signed.text).is_err());
        let other = minisign::KeyPair::generate_unencrypted_keypair().unwrap().pk;
        assert!(PublicKey::Minisign(other).check(b"bundle", &signed.text).is_err());
        assert!(SecretKey::read(&public, None).is_err());
    }

    #[test]
    fn a_key_of_openssh_signs_for_this_purpose_alone() {
        let secret = ssh_key::PrivateKey::from(ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]));
        let public = PublicKey::Ssh(Box::new(secret.public_key().clone()));
        let signed = SecretKey::Ssh(Box::new(secret.clone())).sign(b"bundle").unwrap();
        assert_eq!((signed.extension, public.check(b"bundle", &signed.text)), ("sig", Ok(())));
        assert!(public.check(b"bundlf", &signed.text).is_err());
        let other = secret.sign("file", HashAlg::Sha512, b"bundle").unwrap().to_pem(LineEnding::LF).unwrap();
        assert!(public.check(b"bundle", &other).is_err());
        assert!(public.check(b"bundle", "no signature").is_err());
    }
}
