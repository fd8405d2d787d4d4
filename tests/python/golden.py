"""Holds what this client makes against the bytes that the product keeps.

    golden.py shared/src/sync/message/golden/bytes.txt
"""

import sys

import cbor2

import change
import ed25519
from device import opened, pack, signed, unpack

SEED = bytes([7]) * 32
PUBLIC = ed25519.public_of(SEED)
AT_MS = 1_790_000_000_000


def id_of(at, byte):
    return at.to_bytes(6, "big") + bytes([byte]) * 10


DOCUMENT, UNIT, USER, DEVICE, PARENT = id_of(1, 1), id_of(2, 2), id_of(3, 3), id_of(4, 4), id_of(9, 9)
ACTOR, LAST, WAS = bytes([2]) * 16, bytes([6]) * 32, bytes([5]) * 32
TEMPLATE = ["residence_inspection", 1]
SIGNED = {
    "Header": (
        "ankomst/header/1",
        {0: DOCUMENT, 1: "run", 2: PARENT, 3: UNIT, 4: 1, 5: USER, 6: DEVICE, 7: AT_MS, 8: TEMPLATE},
    ),
    "AuthorEnvelope": ("ankomst/author/1", {0: DOCUMENT, 1: ACTOR, 2: USER, 3: DEVICE, 4: AT_MS, 5: LAST}),
    "CarriedEnvelope": ("ankomst/carried/1", {16: DOCUMENT, 17: ACTOR, 18: LAST, 19: WAS, 20: AT_MS}),
    "Enrolment": ("ankomst/enrolment/1", {0: DEVICE, 1: USER, 2: bytes([5]) * 32, 3: "Platta 7", 4: AT_MS}),
}


def main(file):
    lines = [line.rstrip("\n").split(": ") for line in open(file, encoding="utf-8") if not line.startswith("#")]
    golden = {name: bytes.fromhex(data) for name, data in lines}
    for name, (label, body) in SIGNED.items():
        assert cbor2.dumps(body) == golden[name], name
        assert signed(label, SEED, body) == golden["signed " + name], name
        assert opened(label, PUBLIC, golden["signed " + name]) == body, name
    proof = f"{change.base32(DEVICE)}/{AT_MS}".encode()
    assert ed25519.sign(SEED, b"ankomst/refresh/1\0" + proof) == golden["signature of a refresh"]
    changes = [name for name in golden if name.startswith("change ")]
    for name in changes:
        digest, read = change.decode(golden[name])
        assert read.encode() == (digest, golden[name]), name
        assert {read.meta[0], read.meta[1]} == {DEVICE, USER} and read.meta[2] == AT_MS, name
    plain, deflated = unpack(golden["body plain"]), unpack(golden["body deflated"])
    assert plain == deflated == unpack(pack(plain))
    whole = [name for name in golden if not name.startswith(("signed ", "sealed", "signature ", "change ", "body ", "file "))]
    for name in whole:
        assert cbor2.dumps(cbor2.loads(golden[name])) == golden[name], name
    print(f"{len(SIGNED)} signed, {len(changes)} changes, {len(whole)} messages")


if __name__ == "__main__":
    main(*sys.argv[1:])
