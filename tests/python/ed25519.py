"""Ed25519 after RFC 8032, section 5.1, with the numbers of Python. Not for production: it takes as long as the
secret makes it take."""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def number(data):
    return int.from_bytes(data, "little")


def sha512(*parts):
    return hashlib.sha512(b"".join(parts)).digest()


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, point):
    total = NEUTRAL
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def alike(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def x_of(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point")
    return P - x if x & 1 != sign else x


def point(data):
    y = number(data)
    sign, y = y >> 255, y & (1 << 255) - 1
    x = x_of(y, sign)
    return (x, y, 1, x * y % P)


def packed(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def secret_of(seed):
    digest = sha512(seed)
    return number(digest[:32]) & (1 << 254) - 8 | 1 << 254, digest[32:]


def public_of(seed):
    return packed(times(secret_of(seed)[0], BASE))


def sign(seed, text):
    secret, prefix = secret_of(seed)
    nonce = number(sha512(prefix, text)) % L
    first = packed(times(nonce, BASE))
    challenge = number(sha512(first, public_of(seed), text)) % L
    return first + ((nonce + challenge * secret) % L).to_bytes(32, "little")


def verifies(public, text, signature):
    first, scalar = signature[:32], number(signature[32:])
    if len(signature) != 64 or scalar >= L:
        return False
    challenge = number(sha512(first, public, text)) % L
    return alike(times(scalar, BASE), add(point(first), times(challenge, point(public))))
