//! The certificate that is shown to those who come. When the files change, the new pair is taken if it
//! can be used; if not, the one before stays.

use core::time::Duration;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};

use super::pair::{Certificate, Found, Pair, TlsError, provider};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// So long before its end a certificate is worth a warning.
pub const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often that warning is repeated.
const WARN_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// What is shown.
#[derive(Debug)]
pub struct Shown {
    pair: Pair,
    current: RwLock<Arc<Certificate>>,
}

impl Shown {
    /// Reads the pair for the first time.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn new(pair: Pair, now: Timestamp) -> Result<Arc<Self>, TlsError> {
        let current = RwLock::new(Arc::new(pair.read(now)?));
        Ok(Arc::new(Self { pair, current }))
    }

    /// How TLS is spoken here: versions 1.2 and 1.3, HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    /// When the library lacks what it should have.
    pub fn config(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let showing: Arc<Self> = Arc::clone(self);
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(showing);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Looks at the files every minute and at each SIGHUP, for ever.
    pub async fn keep(self: Arc<Self>) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => Some(hangup),
            Err(error) => {
                tracing::warn!(%error, "SIGHUP cannot be heard; the certificate is looked at every minute.");
                None
            }
        };
        let mut seen = self.pair.find().ok();
        let mut warned = None;
        loop {
            let asked = asked(hangup.as_mut()).await;
            self.look(&mut seen, asked, Timestamp::now());
            self.warn(&mut warned, Timestamp::now());
        }
    }

    fn current(&self) -> Arc<Certificate> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the files if they differ from those seen last, or if asked to.
    fn look(&self, seen: &mut Option<Found>, asked: bool, now: Timestamp) {
        let found = self.pair.find();
        if !asked && found.as_ref().ok() == seen.as_ref() {
            return;
        }
        let read = match found {
            Ok(found) => {
                let read = self.pair.understand(&found, now);
                *seen = Some(found);
                read
            }
            Err(error) => {
                *seen = None;
                Err(error)
            }
        };
        match read {
            Ok(certificate) => {
                let until = certificate.dates.map(|dates| dates.until.to_string());
                *self.current.write().unwrap_or_else(PoisonError::into_inner) =
                    Arc::new(certificate);
                tracing::info!(until, "The certificate was read anew and is shown from now on.");
            }
            Err(error) => {
                tracing::error!(%error, "The new certificate cannot be used; the one before is still shown. Put a good pair in place.");
            }
        }
    }

    fn warn(&self, warned: &mut Option<Timestamp>, now: Timestamp) {
        let Some(dates) = self.current().dates else { return };
        let recently = warned.is_some_and(|at| now.duration_since(at) < WARN_EVERY);
        if dates.until.duration_since(now) < SOON && !recently {
            *warned = Some(now);
            tracing::warn!(until = %dates.until, "The certificate ends soon; put a new one in the place of the files.");
        }
    }
}

/// Waits until it is time to look; tells whether somebody asked for it.
async fn asked(hangup: Option<&mut Signal>) -> bool {
    let Some(hangup) = hangup else {
        tokio::time::sleep(LOOK_EVERY).await;
        return false;
    };
    tokio::select! {
        _ = hangup.recv() => true,
        () = tokio::time::sleep(LOOK_EVERY) => false,
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current().key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_taken_once_and_a_broken_one_never() {
        let folder = tempfile::tempdir().unwrap();
        let pair = Pair { certificate: folder.path().join("c"), key: folder.path().join("k") };
        let put = |certificate: Option<&str>, key: &str| {
            if let Some(certificate) = certificate {
                std::fs::write(&pair.certificate, certificate).unwrap();
            }
            std::fs::write(&pair.key, key).unwrap();
        };
        let made = || rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (one, two) = (made(), made());
        put(Some(&one.cert.pem()), &one.signing_key.serialize_pem());
        let now = Timestamp::now();
        let shown = Shown::new(pair.clone(), now).unwrap();
        let mut seen = pair.find().ok();
        let first = |shown: &Shown| shown.current().key.cert.first().cloned().unwrap();

        put(None, &two.signing_key.serialize_pem());
        shown.look(&mut seen, false, now);
        assert_eq!(&first(&shown), one.cert.der(), "the key is of another certificate");
        put(None, "nothing");
        shown.look(&mut seen, true, now);
        std::fs::remove_file(&pair.key).unwrap();
        shown.look(&mut seen, false, now);
        assert_eq!(&first(&shown), one.cert.der());

        put(Some(&two.cert.pem()), &two.signing_key.serialize_pem());
        shown.look(&mut seen, false, now);
        assert_eq!(&first(&shown), two.cert.der());
        let kept = shown.current();
        shown.look(&mut seen, false, now);
        assert!(Arc::ptr_eq(&kept, &shown.current()), "nothing changed, nothing is read");
    }
}
