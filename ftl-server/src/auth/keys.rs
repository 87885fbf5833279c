//! The Ed25519 keys that tokens are signed with: from the environment, or made once and kept in `FTL_DATA`. A process that signs
//! nothing needs the public one alone, and then cannot be made to sign.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::config::{Config, ConfigError, Role};

/// The file in `FTL_DATA`; readable by its owner alone.
const FILE: &str = "jwt-ed25519.b64";
/// What stands before the 32 bytes in a SubjectPublicKeyInfo of Ed25519.
const SPKI_PREFIX: usize = 12;

/// A pair of keys, or the public one alone.
pub struct Keys {
    pub(super) signing: Option<EncodingKey>,
    pub(super) verifying: DecodingKey,
}

/// Keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The environment has no usable key.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file can be neither read nor made.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file holds no key.
    #[error("{0} holds no Ed25519 key; remove it to have a new one made (every login then ends)")]
    Damaged(String),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

impl Keys {
    /// The environment's, or in development those of the data directory. Without the private one a process checks tokens and
    /// signs none, which only those may that answer no logins.
    pub fn of(config: &Config) -> Result<Self, KeyError> {
        let problem =
            |variable: &'static str, takes: &'static str| move || ConfigError { variable, takes, problem: "it holds no usable key".into() };
        let private_key = "an Ed25519 private key, PKCS#8 DER in base64";
        let Some(private) = &config.jwt_private_key else {
            let Some(public) = &config.jwt_public_key else { return Self::kept_in(&config.data) };
            if matches!(config.role, Role::All | Role::Api) {
                let problem = format!("it is not set, and role {} signs tokens", config.role.name());
                return Err(ConfigError { variable: "JWT_PRIVATE_KEY_B64", takes: private_key, problem }.into());
            }
            let raw = public_of(public).ok_or_else(problem("JWT_PUBLIC_KEY_B64", "an Ed25519 public key, 32 bytes or DER, in base64"))?;
            return Ok(Self { signing: None, verifying: DecodingKey::from_ed_der(&raw) });
        };
        let bad_private = problem("JWT_PRIVATE_KEY_B64", private_key);
        let bad_public = problem("JWT_PUBLIC_KEY_B64", "the public key of JWT_PRIVATE_KEY_B64");
        let der = STANDARD.decode(private.0.trim()).map_err(|_| bad_private())?;
        let (keys, public) = Self::from_pkcs8(&der).ok_or_else(bad_private)?;
        if let Some(text) = &config.jwt_public_key
            && public_of(text) != Some(public)
        {
            return Err(bad_public().into());
        }
        Ok(keys)
    }

    /// New keys that nobody keeps.
    pub fn made_up() -> Result<Self, KeyError> {
        let document = generate()?;
        Self::from_pkcs8(&document).map(|(keys, _)| keys).ok_or(KeyError::Randomness)
    }

    fn kept_in(directory: &Path) -> Result<Self, KeyError> {
        let path = directory.join(FILE);
        let shown = path.display().to_string();
        let file_error = |error| KeyError::File { path: shown.clone(), error };
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let der = STANDARD.decode(text.trim()).map_err(|_| KeyError::Damaged(shown.clone()))?;
                Self::from_pkcs8(&der).map(|(keys, _)| keys).ok_or(KeyError::Damaged(shown))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let document = generate()?;
                std::fs::create_dir_all(directory).map_err(file_error)?;
                match keep(directory, &path, STANDARD.encode(&document).as_bytes()) {
                    Ok(()) => Self::from_pkcs8(&document).map(|(keys, _)| keys).ok_or(KeyError::Randomness),
                    // Another process that shares the directory was first: its keys are everybody's.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Self::kept_in(directory),
                    Err(error) => Err(file_error(error)),
                }
            }
            Err(error) => Err(file_error(error)),
        }
    }

    fn from_pkcs8(der: &[u8]) -> Option<(Self, Vec<u8>)> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
        let public = pair.public_key().as_ref().to_vec();
        let keys = Self { signing: Some(EncodingKey::from_ed_der(der)), verifying: DecodingKey::from_ed_der(&public) };
        Some((keys, public))
    }
}

/// The 32 bytes of a public key, which may stand behind what a DER has before them.
fn public_of(text: &str) -> Option<Vec<u8>> {
    let given = STANDARD.decode(text.trim()).ok()?;
    let raw = if given.len() == SPKI_PREFIX + 32 { &given[SPKI_PREFIX..] } else { &given[..] };
    (raw.len() == 32).then(|| raw.to_vec())
}

fn generate() -> Result<Vec<u8>, KeyError> {
    let document = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).map_err(|_| KeyError::Randomness)?;
    Ok(document.as_ref().to_vec())
}

/// Whole or not at all, and never over another's.
fn keep(directory: &Path, path: &Path, text: &[u8]) -> std::io::Result<()> {
    let beside = directory.join(format!("{FILE}.{}", std::process::id()));
    let written = owners_file(&beside).and_then(|mut file| file.write_all(text)).and_then(|()| std::fs::hard_link(&beside, path));
    let _ = std::fs::remove_file(&beside);
    written
}

fn owners_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
