"""Artifacts through the client: up, listed, down again, byte for byte."""

import hashlib
import os
from pathlib import Path

import mlflow
import pytest
import requests
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException


def listed(client, run_id, path=None):
    return [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, path)]


def test_a_run_without_artifacts_lists_none(client, run_id):
    assert client.list_artifacts(run_id) == []


def test_a_file_makes_the_round_trip(client, run_id, tmp_path):
    sent = tmp_path / "model.bin"
    sent.write_bytes(bytes(range(256)) * 10)
    client.log_artifact(run_id, str(sent))
    assert listed(client, run_id) == [("model.bin", False, 2560)]
    down = tmp_path / "down"
    down.mkdir()
    assert Path(client.download_artifacts(run_id, "model.bin", str(down))).read_bytes() == sent.read_bytes()


def test_a_folder_keeps_its_tree(client, run_id, tmp_path):
    tree = {"top.txt": b"top", "a/one.txt": b"1", "a/b/two.txt": b"22", "c/three.txt": b"333"}
    for name, content in tree.items():
        path = tmp_path / "up" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    client.log_artifacts(run_id, str(tmp_path / "up"), "data/raw")

    assert listed(client, run_id) == [("data", True, None)]
    assert listed(client, run_id, "data") == [("data/raw", True, None)]
    assert listed(client, run_id, "data/raw") == [
        ("data/raw/a", True, None),
        ("data/raw/c", True, None),
        ("data/raw/top.txt", False, 3),
    ]
    assert listed(client, run_id, "data/raw/a/b") == [("data/raw/a/b/two.txt", False, 2)]

    down = download_artifacts(run_id=run_id, artifact_path="data/raw", dst_path=str(tmp_path / "down"))
    found = {
        os.path.relpath(os.path.join(folder, name), down): Path(folder, name).read_bytes()
        for folder, _, names in os.walk(down)
        for name in names
    }
    assert found == tree


beyond_latin = pytest.mark.countersign(instead_of="3.3.")  # It fails on the header that names the file.


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("größe.txt", marks=beyond_latin),
        pytest.param("漢字 🚀.txt", marks=beyond_latin),
        "two  spaces.txt",
        "a+b&c=d.txt",
        "semi;colon,comma.txt",
        "(v1) [x] {y}.txt",
        "no_suffix",
        ".hidden",
    ],
)
def test_a_file_name_may_be(client, run_id, tmp_path, name):
    (tmp_path / name).write_text("content of " + name, encoding="utf-8")
    client.log_artifact(run_id, str(tmp_path / name), "some folder/größe")
    assert [f.path for f in client.list_artifacts(run_id, "some folder/größe")] == [f"some folder/größe/{name}"]
    down = client.download_artifacts(run_id, f"some folder/größe/{name}")
    assert Path(down).read_text(encoding="utf-8") == "content of " + name


def test_an_empty_file_is_a_file(client, run_id, tmp_path):
    (tmp_path / "empty.txt").touch()
    client.log_artifact(run_id, str(tmp_path / "empty.txt"))
    assert [(f.path, f.is_dir) for f in client.list_artifacts(run_id)] == [("empty.txt", False)]
    assert Path(client.download_artifacts(run_id, "empty.txt")).read_bytes() == b""


def test_twenty_megabytes_come_back_whole(client, run_id, tmp_path):
    content = os.urandom(1 << 20) * 20
    (tmp_path / "big.bin").write_bytes(content)
    client.log_artifact(run_id, str(tmp_path / "big.bin"))
    assert listed(client, run_id) == [("big.bin", False, 20 << 20)]
    down = Path(client.download_artifacts(run_id, "big.bin")).read_bytes()
    assert hashlib.sha256(down).digest() == hashlib.sha256(content).digest()


def test_multipart_upload_ends_in_the_same_file(client, run_id, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(5 << 20))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 << 20))
    content = os.urandom(1 << 20) * 12
    (tmp_path / "parts.bin").write_bytes(content)
    client.log_artifact(run_id, str(tmp_path / "parts.bin"), "in parts")
    assert listed(client, run_id, "in parts") == [("in parts/parts.bin", False, 12 << 20)]
    assert Path(client.download_artifacts(run_id, "in parts/parts.bin")).read_bytes() == content


@pytest.mark.skipif(mlflow.__version__.startswith("3.3."), reason="this client downloads in one piece only")
def test_multipart_download_falls_back_to_a_whole_one(client, run_id, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    (tmp_path / "file.bin").write_bytes(b"x" * 100_000)
    client.log_artifact(run_id, str(tmp_path / "file.bin"))
    assert Path(client.download_artifacts(run_id, "file.bin")).read_bytes() == b"x" * 100_000


def test_a_second_upload_replaces_the_first(client, run_id):
    client.log_text(run_id, "a long first version", "note.txt")
    client.log_text(run_id, "second", "note.txt")
    assert mlflow.artifacts.load_text(f"{client.get_run(run_id).info.artifact_uri}/note.txt") == "second"
    assert listed(client, run_id) == [("note.txt", False, 6)]


def test_text_dict_and_stream_are_stored_as_files(client, run_id):
    client.log_text(run_id, "# Größe\n", "notes/readme.md")
    client.log_dict(run_id, {"lr": 0.1, "größe": ["漢", None]}, "config.json")
    client.log_dict(run_id, {"lr": 0.1}, "config.yaml")
    root = client.get_run(run_id).info.artifact_uri
    assert mlflow.artifacts.load_text(f"{root}/notes/readme.md") == "# Größe\n"
    assert mlflow.artifacts.load_dict(f"{root}/config.json") == {"lr": 0.1, "größe": ["漢", None]}
    assert "lr: 0.1" in mlflow.artifacts.load_text(f"{root}/config.yaml")


def test_what_is_not_there_cannot_be_downloaded(client, run_id, tmp_path):
    with pytest.raises((MlflowException, OSError)):
        client.download_artifacts(run_id, "nothing.txt", str(tmp_path))
    assert client.list_artifacts(run_id, "nothing") == []


@pytest.mark.parametrize("path", ["../up.txt", "a/../../up.txt", "/etc/passwd"])
def test_a_path_out_of_the_run_is_refused(client, run_id, path):
    with pytest.raises((MlflowException, requests.HTTPError)):
        client.list_artifacts(run_id, path)
    with pytest.raises((MlflowException, requests.HTTPError)):
        client.log_text(run_id, "x", path)


def test_artifacts_of_a_deleted_run_can_still_be_read(client, run_id):
    client.log_text(run_id, "kept", "note.txt")
    client.delete_run(run_id)
    assert Path(client.download_artifacts(run_id, "note.txt")).read_text() == "kept"


def test_runs_do_not_share_artifacts(client, experiment):
    one, other = (client.create_run(experiment).info.run_id for _ in range(2))
    client.log_text(one, "one", "note.txt")
    assert client.list_artifacts(other) == []


def test_a_repository_deletes_a_file_and_a_folder(client, run_id):
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    for path in ("keep.txt", "drop.txt", "folder/a.txt", "folder/b/c.txt"):
        client.log_text(run_id, path, path)
    repository = get_artifact_repository(client.get_run(run_id).info.artifact_uri)
    repository.delete_artifacts("drop.txt")
    repository.delete_artifacts("folder")
    repository.delete_artifacts("never there")
    assert listed(client, run_id) == [("keep.txt", False, 8)]
