//! A certificate with its chain, and its key: two PEM files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::dates::{self, Dates};

/// Largest file that is read.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Where certificate and key lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The certificate, then those that vouch for it; PEM.
    pub certificate: PathBuf,
    /// Its key; PEM.
    pub key: PathBuf,
}

/// The bytes of the two files as they were found together.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl core::fmt::Debug for Found {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Found(***)")
    }
}

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read: {error}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// No certificate.
    #[error("{} holds no certificate in PEM form", .0.display())]
    NoCertificate(PathBuf),
    /// No key.
    #[error("{} holds no private key in PEM form without a passphrase", .0.display())]
    NoKey(PathBuf),
    /// The key is of another certificate.
    #[error("the key in {} is not the one of the certificate in {}", .0.key.display(), .0.certificate.display())]
    Mismatch(Pair),
    /// The library cannot use it.
    #[error("the certificate in {} cannot be used: {error}", file.display())]
    Unusable {
        /// Which.
        file: PathBuf,
        /// Why.
        error: tokio_rustls::rustls::Error,
    },
    /// The certificate no longer counts.
    #[error("the certificate in {} ended on {until}; no browser accepts it", file.display())]
    Expired {
        /// Which.
        file: PathBuf,
        /// When it ended.
        until: Timestamp,
    },
}

/// A certificate that can be shown.
#[derive(Debug)]
pub struct Certificate {
    /// From when to when it counts, if that can be read.
    pub dates: Option<Dates>,
    pub(super) key: Arc<CertifiedKey>,
}

impl Pair {
    /// Reads both files and makes sure that they can be used now.
    ///
    /// # Errors
    /// When they cannot.
    pub fn read(&self, now: Timestamp) -> Result<Certificate, TlsError> {
        self.understand(&self.find()?, now)
    }

    /// Reads the bytes of both files.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn find(&self) -> Result<Found, TlsError> {
        Ok(Found { certificate: bytes(&self.certificate)?, key: bytes(&self.key)? })
    }

    /// Makes sure that what was found can be used now.
    ///
    /// # Errors
    /// When it cannot.
    pub fn understand(&self, found: &Found, now: Timestamp) -> Result<Certificate, TlsError> {
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&found.certificate)
                .collect::<Result<_, _>>()
                .map_err(|_| TlsError::NoCertificate(self.certificate.clone()))?;
        let first = chain.first();
        let first = first.ok_or_else(|| TlsError::NoCertificate(self.certificate.clone()))?;
        let dates = dates::of(first);
        if let Some(dates) = dates.filter(|dates| dates.until < now) {
            return Err(TlsError::Expired { file: self.certificate.clone(), until: dates.until });
        }
        let key = PrivateKeyDer::from_pem_slice(&found.key)
            .map_err(|_| TlsError::NoKey(self.key.clone()))?;
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            tokio_rustls::rustls::Error::InconsistentKeys(_) => TlsError::Mismatch(self.clone()),
            error => TlsError::Unusable { file: self.certificate.clone(), error },
        })?;
        Ok(Certificate { dates, key: Arc::new(key) })
    }
}

/// The cryptography of TLS.
pub(super) fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

fn bytes(file: &Path) -> Result<Vec<u8>, TlsError> {
    use std::io::Read;
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(file)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| TlsError::File { file: file.to_path_buf(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T14:05:00Z".parse().unwrap()
    }

    fn made(until_year: i32) -> (String, String) {
        let mut how = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        how.not_before = rcgen::date_time_ymd(2020, 1, 1);
        how.not_after = rcgen::date_time_ymd(until_year, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        (how.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    fn read(certificate: &str, key: &str) -> Result<Certificate, TlsError> {
        let folder = tempfile::tempdir().unwrap();
        let pair = Pair {
            certificate: folder.path().join("cert.pem"),
            key: folder.path().join("key.pem"),
        };
        std::fs::write(&pair.certificate, certificate).unwrap();
        std::fs::write(&pair.key, key).unwrap();
        pair.read(now())
    }

    #[test]
    fn a_certificate_with_its_own_key_is_taken() {
        let (certificate, key) = made(2040);
        let taken = read(&certificate, &key).unwrap();
        assert_eq!(taken.dates.unwrap().until.to_string(), "2040-01-01T00:00:00Z");
    }

    #[test]
    fn each_way_to_be_wrong_is_named() {
        let (certificate, key) = made(2040);
        let (old, its_key) = made(2025);
        let cases = [
            (&certificate, &its_key, "is not the one of the certificate"),
            (&old, &its_key, "ended on 2025-01-01"),
            (&key, &key, "holds no certificate"),
            (&certificate, &certificate, "holds no private key"),
        ];
        for (certificate, key, says) in cases {
            let error = read(certificate, key).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let nowhere = Pair { certificate: "/nowhere/cert.pem".into(), key: "/nowhere/key".into() };
        assert!(nowhere.read(now()).unwrap_err().to_string().contains("/nowhere/cert.pem"));
    }
}
