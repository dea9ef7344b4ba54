"""Verifies a release record without this project's code.

python verify_with_other_tools.py RECORD PUB [ARTIFACTS]

RECORD is the envelope, PUB the text of /.well-known/countersign.pub, ARTIFACTS the model's folder. Exits with 0 if
the signature, the statement and the files hold, otherwise with 1 and the reason.

pip install securesystemslib in-toto-attestation cryptography protobuf
"""

import hashlib
import json
import re
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PREDICATE_TYPE = "https://countersign.dev/release/v1"
PEM_BLOCK = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----\n", re.DOTALL)


class Refused(Exception):
    pass


def public_keys(document):
    """Each key under our id: SHA-256 of its DER form."""
    for block in PEM_BLOCK.findall(document):
        key = load_pem_public_key(block.encode())
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        yield SSlibKey.from_crypto(key, keyid=hashlib.sha256(der).hexdigest())


def verified_statement(record, keys):
    envelope = Envelope.from_dict(json.loads(record))
    if envelope.payload_type != PAYLOAD_TYPE:
        raise Refused(f"the payload is {envelope.payload_type}")
    envelope.verify(keys, threshold=1)
    statement = json_format.Parse(envelope.payload.decode(), statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    if statement.predicate_type != PREDICATE_TYPE:
        raise Refused(f"the predicate is {statement.predicate_type}")
    return statement


def compare_files(subjects, folder):
    expected = {subject.name: subject for subject in subjects}
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    if expected.keys() != found.keys():
        raise Refused(f"missing: {sorted(expected.keys() - found.keys())}, extra: {sorted(found.keys() - expected.keys())}")
    for name, subject in expected.items():
        content = found[name].read_bytes()
        if hashlib.sha256(content).hexdigest() != subject.digest["sha256"]:
            raise Refused(f"{name} is changed")
        if str(len(content)) != subject.annotations["size"]:
            raise Refused(f"{name} has {len(content)} bytes")


def main(record, pub, artifacts=None):
    try:
        keys = list(public_keys(Path(pub).read_text()))
        statement = verified_statement(Path(record).read_bytes(), keys)
        if artifacts is not None:
            compare_files(statement.subject, Path(artifacts))
    except Exception as why:
        print(f"refused: {type(why).__name__}: {why}", file=sys.stderr)
        return 1
    print(f"{len(statement.subject)} files, {statement.predicate['model']['name']}: verified")
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
