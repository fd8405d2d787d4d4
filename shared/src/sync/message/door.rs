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

/// The highest code of the roles that every program knows.
const FIRST_ROLES: u8 = 6;

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
    /// Codes of the roles that every program knows.
    #[n(3)]
    pub roles: Vec<u8>,
    /// Units, the main one first.
    #[n(4)]
    pub units: Vec<UnitId>,
    /// Codes of other roles, which the first programs cannot read and pass over here; left out for none.
    #[n(5)]
    pub later: Option<Vec<u8>>,
}

impl Me {
    /// The person's roles. What a later server has besides is passed over.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        let codes = self.roles.iter().chain(self.later.iter().flatten());
        codes.filter_map(|code| Role::of_code(*code)).collect()
    }

    /// The person with these roles.
    #[must_use]
    pub fn with(self, roles: &[Role]) -> Self {
        let codes = roles.iter().map(|role| role.code());
        let (first, later): (Vec<u8>, Vec<u8>) = codes.partition(|code| *code <= FIRST_ROLES);
        Self { roles: first, later: (!later.is_empty()).then_some(later), ..self }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_that_came_later_stand_apart_and_those_of_a_later_server_are_passed_over() {
        let me = Me {
            user: UserId::from_bytes([1; 16]),
            login: "n".to_owned(),
            name: "N".to_owned(),
            roles: Vec::new(),
            units: Vec::new(),
            later: None,
        };
        let all = [Role::Auditor, Role::Regional, Role::Caseworker, Role::ChildCaseworker];
        let told = me.clone().with(&all);
        assert_eq!(
            (told.roles.as_slice(), told.later.as_deref()),
            (&[6, 0][..], Some(&[9, 7][..]))
        );
        let apart = [Role::Auditor, Role::Caseworker, Role::Regional, Role::ChildCaseworker];
        assert_eq!(told.roles(), apart);
        let newer = Me { roles: vec![0, 17, 200], later: Some(vec![9, 10, 24, 255]), ..me.clone() };
        let newer: Me = minicbor::decode(&minicbor::to_vec(&newer).unwrap()).unwrap();
        assert_eq!(newer.roles(), [Role::Caseworker, Role::Regional]);
        assert_eq!(me.with(&[Role::Trainee]).later, None);
    }

    #[test]
    fn a_code_is_what_a_role_is_written_as() {
        let known: Vec<Role> = (0..=u8::MAX).filter_map(Role::of_code).collect();
        assert_eq!(known.len(), 10);
        for role in known {
            assert_eq!(minicbor::to_vec(role).unwrap(), [role.code()]);
            assert_eq!(Role::of_code(role.code()), Some(role));
        }
    }
}
