"""Artifacts: the proxied store, the lists of a run, downloads by the browser, and every way out of the root."""

from .asking import Ask, Difference, delete, get, post, put

ROOT = "/api/2.0/mlflow-artifacts/artifacts"
RUN = f"{ROOT}/{{exp}}/{{run}}/artifacts"
MULTIPART = "/api/2.0/mlflow-artifacts/mpu"
OLD = "3.3."

OLD_FAILS = Difference("the old reference fails", 404, "RESOURCE_DOES_NOT_EXIST", reference=OLD)
EMPTY = Difference("an upload is answered with an empty object, as the old reference does", body={})
BELOW_A_FILE = Difference("the reference fails", 404, "RESOURCE_DOES_NOT_EXIST")
NOT_A_FILE = Difference("told in the shape of every other error", 400, "INVALID_PARAMETER_VALUE")


def up(path: str, content: bytes, *differs: Difference) -> Ask:
    return put(path, content, *(differs or [EMPTY]))


OUTSIDE = (
    "..",
    "../x",
    "a/../../x",
    "%2e%2e/x",
    "%252e%252e/x",
    "%25252e%25252e/x",
    "a/%2e%2e/%2e%2e/x",
    "..%2fx",
    "..%252fx",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "a%5c..%5cx%23",
    "c:%5cx%23",
    "file:%2f%2f%2fetc%2fpasswd%23",
)

STORIES = {
    "up, listed, down, deleted": [
        up(f"{RUN}/a.txt", b"hello"),
        up(f"{RUN}/folder/b.json", b'{"a": 1}'),
        up(f"{RUN}/folder/deep/c.bin", bytes(range(256))),
        up(f"{RUN}/empty.csv", b""),
        up(f"{RUN}/two%20words.txt", b"two"),
        get("artifacts/list", run_id="{run}"),
        get("artifacts/list", run_uuid="{run}"),
        get("artifacts/list", run_id="{run}", path="folder"),
        get("artifacts/list", run_id="{run}", path="folder/"),
        get("artifacts/list", run_id="{run}", path="folder/b.json"),
        get("artifacts/list", run_id="{run}", path="never"),
        get("artifacts/list", run_id="{run}", path=""),
        get(ROOT, path="{exp}/{run}/artifacts"),
        get(ROOT, path="{exp}/{run}/artifacts/folder"),
        get(ROOT, path="{exp}/{run}/artifacts/folder/b.json"),
        get(ROOT, path="never/there"),
        get("/ajax-api/2.0/mlflow-artifacts/artifacts", path="{exp}/{run}/artifacts/folder"),
        get(f"{RUN}/a.txt"),
        get(f"{RUN}/folder/b.json"),
        get(f"{RUN}/folder/deep/c.bin"),
        get(f"{RUN}/empty.csv"),
        get(f"{RUN}/two%20words.txt"),
        get("/ajax-api/2.0/mlflow-artifacts/artifacts/{exp}/{run}/artifacts/a.txt"),
        up(f"{RUN}/a.txt", b"second"),
        get(f"{RUN}/a.txt"),
        delete(f"{RUN}/a.txt"),
        delete(f"{RUN}/a.txt"),
        delete(f"{RUN}/folder"),
        get(f"{RUN}/a.txt", OLD_FAILS),
        get("artifacts/list", run_id="{run}"),
    ],
    "types by suffix": [
        request
        for name in (
            "a.md",
            "a.html",
            "a.svg",
            "a.png",
            "a.pdf",
            "a.json",
            "a.csv",
            "a.parquet",
            "a.yaml",
            "a.py",
            "a.log",
            "a.jpg",
            "a.gif",
            "a.pkl",
            "a.zip",
            "a",
            "MLmodel",
            "A.TXT",
            "a.tar.gz",
            "a.ipynb",
            "a.js",
        )
        for request in (up(f"{RUN}/{name}", b"x"), get(f"{RUN}/{name}"))
    ],
    "beyond ASCII": [
        up(f"{RUN}/gr%C3%B6%C3%9Fe.txt", b"x"),
        get(f"{RUN}/gr%C3%B6%C3%9Fe.txt", Difference("the old reference fails on the header", reference=OLD)),
        get("artifacts/list", run_id="{run}"),
    ],
    "names as long as a file system takes": [
        request
        for name in ("%E6%A8%A1" * 85, "%C3%A9" * 127)
        for request in (up(f"{RUN}/{name}", b"x"), get("artifacts/list", run_id="{run}"), delete(f"{RUN}/{name}"))
    ],
    "a folder deleted as the client does": [
        up(f"{RUN}/a.txt", b"x"),
        up(f"{RUN}/folder/b.txt", b"x"),
        delete(f"{RUN}/"),
        get("artifacts/list", run_id="{run}"),
    ],
    "downloads by the browser": [
        up(f"{RUN}/folder/a.html", b"<b>"),
        get("/get-artifact", run_uuid="{run}", path="folder/a.html"),
        get("/get-artifact", run_id="{run}", path="folder/a.html"),
        get(
            "/get-artifact",
            Difference("the old reference fails", 400, "INVALID_PARAMETER_VALUE", reference=OLD),
            run_id="{run}",
            path="folder",
        ),
        get("/get-artifact", OLD_FAILS, run_id="{run}", path="never"),
        get("/get-artifact", run_id="{run}", path="../x"),
        get("/get-artifact", run_id="none", path="a"),
        get("/get-artifact", NOT_A_FILE, run_id="{run}"),
    ],
    "uploads by the browser": [
        Ask(
            "POST",
            "/ajax-api/2.0/mlflow/upload-artifact",
            query={"run_uuid": "{run}", "path": "folder/a.txt"},
            data=b"hello",
        ),
        get(f"{RUN}/folder/a.txt"),
        Ask(
            "POST",
            "/ajax-api/2.0/mlflow/upload-artifact",
            query={"run_uuid": "{run}", "path": "a.txt"},
            data=b"",
            names="data",
        ),
        Ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query={"run_uuid": "{run}"}, data=b"x", names="path"),
        Ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query={"path": "a"}, data=b"x", names="run_uuid"),
        Ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query={"run_uuid": "none", "path": "a"}, data=b"x"),
        Ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query={"run_uuid": "{run}", "path": "../a"}, data=b"x"),
        Ask(
            "POST",
            "/ajax-api/2.0/mlflow/upload-artifact",
            query={"run_uuid": "{run}", "path": "a"},
            data=b"x" * (10 * 1024 * 1024 + 1),
        ),
    ],
    "what is no file": [
        up(f"{RUN}/folder/a.txt", b"x"),
        get(f"{RUN}/never.txt", OLD_FAILS),
        get(f"{RUN}/folder", NOT_A_FILE),
        get(f"{RUN}/folder/a.txt/below", BELOW_A_FILE),
        delete(f"{RUN}/folder/a.txt/below"),
        get("artifacts/list", run_id="{run}", path="folder/a.txt/below"),
        put(f"{RUN}/", b"x", NOT_A_FILE),
        put(f"{RUN}/folder", b"x", NOT_A_FILE),
        put(f"{RUN}/folder/a.txt/below", b"x", NOT_A_FILE),
    ],
    "ways out of the root": [
        ask
        for way in OUTSIDE
        for ask in (
            get(f"{ROOT}/{way}", Difference("refused", 400, "INVALID_PARAMETER_VALUE")),
            put(f"{ROOT}/{way}", b"x", Difference("refused", 400, "INVALID_PARAMETER_VALUE")),
            delete(f"{ROOT}/{way}", Difference("refused", 400, "INVALID_PARAMETER_VALUE")),
        )
    ],
    "ways out by a parameter": [
        ask
        for way in ("..", "../x", "a/../../x", "%2e%2e/x", "/etc", "/etc/passwd", "%252e%252e")
        for ask in (
            get(ROOT, path=way),
            get("artifacts/list", run_id="{run}", path=way),
            get("/get-artifact", run_id="{run}", path=way),
            get("logged-models/{model}/artifacts/directories", artifact_directory_path=way),
        )
    ],
    "a number sign in a name": [
        up(f"{RUN}/a%23b.txt", b"x", Difference("it is a name as any other", body={})),
        get(f"{RUN}/a%23b.txt", Difference("it is a name as any other")),
    ],
    "wrong lists": [
        get("artifacts/list"),
        get("artifacts/list", run_id="none"),
        get("artifacts/list", run_id=""),
        get("artifacts/list", run_id="{gone}"),
    ],
    "uploads in parts": [
        post(f"{MULTIPART}/create/{{exp}}/{{run}}/artifacts", {"num_parts": 2}, names="path"),
        post(f"{MULTIPART}/complete/{{exp}}/{{run}}/artifacts", {"upload_id": "x"}, names="path"),
        post(f"{MULTIPART}/abort/{{exp}}/{{run}}/artifacts", {"upload_id": "x"}, names="path"),
        post(f"{MULTIPART}/create/{{exp}}/%2e%2e/x", {"path": "a", "num_parts": 1}),
    ],
    "addresses in a cloud": [
        Ask("GET", "/api/2.0/mlflow-artifacts/presigned/{exp}/{run}/artifacts/a", since="3.17"),
        post("artifacts/presigned-download-url", {"run_id": "{run}", "path": "a"}, since="3.17"),
        post("artifacts/presigned-upload-url", {"run_id": "{run}", "path": "a"}, since="3.17"),
    ],
    "the server itself": [
        get("/health"),
        Ask(
            "GET",
            "/api/3.0/mlflow/server-info",
            since="3.17",
            differs=(Difference("each server tells its own abilities"),),
        ),
    ],
}
