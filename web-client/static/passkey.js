// Asks the browser for passkeys (WebAuthn). What one gives for the vault (PRF) is handed on and kept nowhere.

const BYTES = 32;
const WAIT_MS = 120_000;

const listed = (ids) => ids.map((id) => ({ type: 'public-key', id }));
const random = () => crypto.getRandomValues(new Uint8Array(BYTES));
const all = (...parts) => parts.map((part) => new Uint8Array(part ?? 0));
const asks = (salt) => ({
  userVerification: 'required',
  timeout: WAIT_MS,
  extensions: { prf: { eval: { first: salt } } },
});

// What a passkey gave; nothing if it cannot.
const given = (answer) => answer.getClientExtensionResults().prf?.results?.first;

// Any of these passkeys, or of all there are: its id, what it says to the challenge, what it gives for the salt.
export async function open(challenge, ids, salt) {
  if (!globalThis.PublicKeyCredential) return [];
  if (!salt.length) salt = random();
  if (!challenge.length) challenge = random();
  const publicKey = { challenge, allowCredentials: listed(ids), ...asks(salt) };
  const answer = await navigator.credentials.get({ publicKey });
  const { authenticatorData, clientDataJSON, signature } = answer.response;
  return all(answer.rawId, authenticatorData, clientDataJSON, signature, given(answer), salt);
}

// A new passkey: its id, what it gives and for which salt, and what the server keeps; without that when one of the known
// is here already.
export async function make(challenge, known, id, name, displayName) {
  if (!globalThis.PublicKeyCredential) return [];
  const salt = random();
  const publicKey = {
    challenge,
    rp: { name: 'Ankomst' },
    user: { id, name, displayName },
    // ES256, Ed25519, RS256.
    pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: listed(known),
    ...asks(salt),
  };
  publicKey.authenticatorSelection = { residentKey: 'required', userVerification: 'required' };
  let made;
  try {
    made = await navigator.credentials.create({ publicKey });
  } catch (reason) {
    if (reason.name !== 'InvalidStateError') throw reason;
    const [credential, , , , secret] = await open([], known, salt);
    return all(credential, secret, salt);
  }
  let secret = given(made);
  // Many give it only when asked again.
  if (!secret && made.getClientExtensionResults().prf?.enabled) {
    [, , , , secret] = await open([], [made.rawId], salt).catch(() => []);
  }
  const { response } = made;
  return all(made.rawId, secret, salt, response.getAuthenticatorData(), response.clientDataJSON, response.getPublicKey());
}
