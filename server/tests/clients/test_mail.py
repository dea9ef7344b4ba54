"""Mail to those whom a review waits for, and to whoever asked for it, through a real SMTP server.

The server is one of its own, with people who sign in: `COUNTERSIGN` names the program.
"""

import asyncore
import email
import email.policy
import os
import re
import subprocess
import threading
import time

import pytest
import requests

from test_reviews import PASSWORD, PROGRAM, TEAM, Team

smtpd = pytest.importorskip("smtpd")
pytestmark = [
    pytest.mark.skipif(not PROGRAM, reason="COUNTERSIGN does not name the program under test"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


class Post:
    """Takes mail for everybody; the first of each is put off, as servers do that know nobody yet."""

    def __init__(self):
        self.got, seen = [], set()
        post = self

        class Server(smtpd.SMTPServer):
            def process_message(self, peer, mailfrom, rcpttos, data, **options):
                message = email.message_from_bytes(data, policy=email.policy.default)
                if message["Message-ID"] not in seen:
                    seen.add(message["Message-ID"])
                    return "451 4.7.1 Try again later"
                post.got.append((mailfrom, rcpttos, message))

        self.server = Server(("127.0.0.1", 0), None)
        self.port = self.server.socket.getsockname()[1]
        threading.Thread(target=asyncore.loop, kwargs={"timeout": 0.1}, daemon=True).start()

    def wait_for(self, subject, count):
        for _ in range(400):
            found = [one for one in self.got if subject in one[2]["Subject"]]
            if len(found) >= count:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{subject}: {[one[2]['Subject'] for one in self.got]}")


@pytest.fixture(scope="module")
def post():
    return Post()


@pytest.fixture(scope="module")
def team(tmp_path_factory, post):
    data = tmp_path_factory.mktemp("mail")
    (data / "countersign.toml").write_text(
        f'[mail]\nserver = "127.0.0.1"\nport = {post.port}\ntls = "none"\nfrom = "Countersign <cs@example.org>"\n'
    )
    for name, roles in TEAM.items():
        arguments = [PROGRAM, "user", "add", name, "--password-stdin", "--data", str(data)]
        arguments += [part for role in roles for part in ("--role", role)]
        subprocess.run(arguments, input=f"{PASSWORD}\n", text=True, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--data", str(data)], stdout=subprocess.PIPE, text=True)
    try:
        team = Team(server.stdout.readline().split()[-1])
        for name in TEAM:
            if name != "ada":
                set_address(team, name, f"{name}@example.org")
        yield team
    finally:
        server.terminate()
        server.wait()


def set_address(team, name, address):
    session = requests.Session()
    session.headers.update({"Origin": team.uri, "Accept": "text/html"})
    session.post(f"{team.uri}/sign-in", data={"name": name, "password": PASSWORD}).raise_for_status()
    for wrong in ("nobody", "a b@c", "a@b\nBcc: x@y"):
        assert session.post(f"{team.uri}/account/email", data={"email": wrong}).status_code == 400
    answer = session.post(f"{team.uri}/account/email", data={"email": address})
    assert answer.ok and address in answer.text


def test_those_a_review_waits_for_and_its_author_get_mail(team, post):
    def call(name, path, body):
        headers = {"Authorization": f"Bearer {team.tokens[name]}"}
        answer = requests.post(f"{team.uri}{path}", json=body, headers=headers)
        assert answer.ok, answer.text
        return answer.json()

    api = "/api/2.0/mlflow"
    call("dana", f"{api}/registered-models/create", {"name": "churn ü"})
    run = call("dana", f"{api}/runs/create", {"experiment_id": "0"})["run"]["info"]
    files = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
    place = f"{team.uri}/api/2.0/mlflow-artifacts/artifacts/{files}/model/MLmodel"
    authorization = {"Authorization": f"Bearer {team.tokens['dana']}"}
    requests.put(place, data=b"flavors: {}\n", headers=authorization).raise_for_status()
    source = {"source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
    call("dana", f"{api}/model-versions/create", {"name": "churn ü", **source})
    asked = {"model": "churn ü", "version": 1, "target": "Production", "comment": "better\nBcc: all@example.org"}
    review = call("dana", "/api/v1/reviews", asked)["id"]
    mails = post.wait_for("Waiting for you", 2)
    assert sorted(to for _, tos, _ in mails for to in tos) == ["erin@example.org", "otto@example.org"]
    for sender, _, message in mails:
        assert sender == "cs@example.org" and message["Bcc"] is None
        assert message["Subject"] == "Waiting for you: churn ü version 1 to Production"
        text = message.get_content()
        assert "> better" in text and re.search(rf"{team.uri}/reviews/{review}\b", text)
    call("erin", f"/api/v1/reviews/{review}/reject", {"comment": "not yet"})
    (_, tos, message), = post.wait_for("was rejected", 1)
    assert tos == ["dana@example.org"] and "> not yet" in message.get_content()
    time.sleep(1)
    assert len(post.got) == 3, "nobody else"
