//! Signing in and enrolling a device.

use core::fmt;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::app::Role;
use crate::ids::{DeviceId, UnitId, UserId, base32};

/// Enrols this browser or tablet for one person: `POST /api/v1/devices`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolRequest {
    /// Login name.
    #[n(0)]
    pub login: String,
    /// Password.
    #[n(1)]
    pub password: String,
    /// What the device is called.
    #[n(2)]
    pub device_name: String,
    /// Its public signing key.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// A passkey in the place of the password.
    #[n(4)]
    pub passkey: Option<PasskeyProof>,
}

/// Signs in on an enrolled device: `POST /api/v1/session`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignInRequest {
    /// Login name.
    #[n(0)]
    pub login: String,
    /// Password.
    #[n(1)]
    pub password: String,
    /// The enrolment.
    #[n(2)]
    pub device: DeviceId,
    /// The enrolment as the server signed it: a server put back to a backup from before it takes the
    /// device in again.
    #[n(3)]
    pub enrolment: Option<ByteVec>,
    /// A passkey in the place of the password.
    #[n(4)]
    pub passkey: Option<PasskeyProof>,
}

/// What an authenticator has said to a challenge (an assertion of `WebAuthn`), as the browser gave it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PasskeyProof {
    /// Id of the credential.
    #[n(0)]
    pub credential: ByteVec,
    /// Authenticator data.
    #[n(1)]
    pub authenticator: ByteVec,
    /// Client data, JSON; the challenge stands in it.
    #[n(2)]
    pub client: ByteVec,
    /// Signature over both.
    #[n(3)]
    pub signature: ByteVec,
}

/// A challenge: the answer of `POST /api/v1/session/passkey` and `POST /api/v1/passkeys/begin`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PasskeyChallenge {
    /// What is to be signed, once.
    #[n(0)]
    pub challenge: ByteVec,
    /// Credentials the person has already; empty before anybody is known.
    #[n(1)]
    pub known: Vec<ByteVec>,
}

/// A new passkey of whoever is signed in: `POST /api/v1/passkeys`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NewPasskey {
    /// What it is called.
    #[n(0)]
    pub name: String,
    /// Authenticator data, with the id of the credential.
    #[n(1)]
    pub authenticator: ByteVec,
    /// Client data, JSON; the challenge stands in it.
    #[n(2)]
    pub client: ByteVec,
    /// The public key, as `SubjectPublicKeyInfo`.
    #[n(3)]
    pub key: ByteVec,
}

/// The answer to both; the session comes as cookies.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignInAnswer {
    /// Who signed in.
    #[n(0)]
    pub me: Me,
    /// The enrolment.
    #[n(1)]
    pub device: DeviceId,
    /// The enrolment signed by the server.
    #[n(2)]
    pub enrolment: ByteVec,
    /// The server's public signing key, to be pinned.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub server_key: [u8; 32],
    /// The server's public deposit key, to be pinned.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub deposit_key: [u8; 32],
    /// The server's clock, Unix milliseconds.
    #[n(5)]
    pub server_ms: i64,
    /// The server's word that this device may hand in sealed work without a session.
    #[n(6)]
    pub hand_in: Option<ByteVec>,
}

/// Renews the session with the refresh cookie: `POST /api/v1/session/refresh`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RefreshRequest {
    /// The enrolment.
    #[n(0)]
    pub device: DeviceId,
    /// The device's clock, Unix milliseconds.
    #[n(1)]
    pub at_ms: i64,
    /// Signature of the device over [`refresh_proof`].
    #[n(2)]
    pub signature: ByteVec,
}

/// What a device signs to renew its session.
#[must_use]
pub fn refresh_proof(device: DeviceId, at_ms: i64) -> Vec<u8> {
    format!("{}/{at_ms}", base32(device.as_bytes())).into_bytes()
}

/// A person as the server knows them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Me {
    /// Id.
    #[n(0)]
    pub user: UserId,
    /// Login name.
    #[n(1)]
    pub login: String,
    /// Name shown to colleagues.
    #[n(2)]
    pub name: String,
    /// Roles.
    #[n(3)]
    pub roles: Vec<Role>,
    /// Units, the main one first.
    #[n(4)]
    pub units: Vec<UnitId>,
}

impl fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolRequest")
            .field("device_name", &self.device_name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInRequest").field("device", &self.device).finish_non_exhaustive()
    }
}
