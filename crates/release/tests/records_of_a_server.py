"""Verifies every release record of a running server with its files, without this project's code.

python records_of_a_server.py URL

Records, keys and files come from the server as anybody gets them. Then each is changed, and has to be refused.
"""

import json
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import verify_with_other_tools

FILES = "/api/2.0/mlflow-artifacts/artifacts"


class Server:
    def __init__(self, url):
        self.url = url

    def bytes(self, path, /, **query):
        with urlopen(f"{self.url}{path}?{urlencode(query)}", timeout=60) as answer:
            return answer.read()

    def json(self, path, /, **query):
        return json.loads(self.bytes(path, **query))

    def download(self, root, folder, below=""):
        """All files under an artifact root, whatever the record says of them."""
        for entry in self.json(FILES, path=f"{root}/{below}".rstrip("/")).get("files", []):
            path = f"{below}/{entry['path']}".lstrip("/")
            if entry["is_dir"]:
                self.download(root, folder, path)
                continue
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.bytes(f"{FILES}/{quote(f'{root}/{path}')}"))


def check(server, review, keys, folder):
    record = folder / "release.json"
    record.write_bytes(server.bytes(f"/api/v1/reviews/{review['id']}/record"))
    version = {"name": review["model"], "version": review["version"]}
    uri = server.json("/api/2.0/mlflow/model-versions/get-download-uri", **version)["artifact_uri"]
    files = folder / "files"
    server.download(uri.removeprefix("mlflow-artifacts:/").strip("/"), files)

    def verifies():
        return verify_with_other_tools.main(record, keys, files) == 0

    assert verifies(), f"the record of review {review['id']} doesn't hold"
    one = next(path for path in sorted(files.rglob("*")) if path.is_file() and path.stat().st_size)
    content = one.read_bytes()
    one.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert not verifies(), f"{one.name} was changed, and the record still holds"
    one.write_bytes(content)
    (files / "added.pkl").write_bytes(b"more")
    assert not verifies(), "a file was added, and the record still holds"
    (files / "added.pkl").unlink()
    envelope = json.loads(record.read_text())
    payload = envelope["payload"]
    envelope["payload"] = ("A" if payload[0] != "A" else "B") + payload[1:]
    record.write_text(json.dumps(envelope))
    assert not verifies(), "the statement was changed, and the record still holds"


def main(url):
    server = Server(url.rstrip("/"))
    reviews = server.json("/api/v1/reviews", state="applied")["reviews"]
    released = [review for review in reviews if review["kind"] != "followup"]
    assert released, "the server has released nothing"
    with tempfile.TemporaryDirectory() as name:
        keys = Path(name) / "countersign.pub"
        keys.write_bytes(server.bytes("/.well-known/countersign.pub"))
        for review in released:
            folder = Path(name) / str(review["id"])
            folder.mkdir()
            check(server, review, keys, folder)
    print(f"{len(released)} release records hold, and none of them once it is changed")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
