//! Certificates made for a test, and clients that trust them and nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A certificate for `localhost` that vouches for itself, and its key, both as PEM.
pub struct Certificate {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl Certificate {
    /// Makes one that counts until the beginning of a year.
    #[must_use]
    pub fn until(year: i32) -> Self {
        let mut how = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        how.not_before = rcgen::date_time_ymd(2020, 1, 1);
        how.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = how.self_signed(&key).unwrap().pem();
        Self { certificate, key: key.serialize_pem() }
    }

    /// Puts both files into a folder; gives their names.
    #[must_use]
    pub fn put(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        std::fs::write(&certificate, &self.certificate).unwrap();
        std::fs::write(&key, &self.key).unwrap();
        (certificate, key)
    }

    /// A client that trusts this certificate alone.
    #[must_use]
    pub fn trusted(&self) -> Arc<ClientConfig> {
        trusting(self.certificate.as_bytes())
    }
}

/// A client that trusts the certificates of a PEM file alone.
#[must_use]
pub fn trusting(pem: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
