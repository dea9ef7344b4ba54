"""Experiments and runs with a past: the official client, told when things happened and by whom."""

import hashlib
import io
import json
import random
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.models import infer_signature

DAY_MS = 24 * 60 * 60 * 1000
METRICS_IN_A_BATCH = 1000
PARAMS_IN_A_BATCH = 100
REQUIREMENTS = ["scikit-learn", "numpy", "cloudpickle"]


@dataclass(frozen=True)
class Script:
    """Who ran what, as the client's own context tags say it."""

    user: str
    source: str
    kind: str = "LOCAL"
    branch: str = "main"
    revision: int = 1

    def tags(self) -> dict[str, str]:
        tags = {
            "mlflow.user": self.user,
            "mlflow.source.name": self.source,
            "mlflow.source.type": self.kind,
        }
        if self.kind != "NOTEBOOK":
            commit = hashlib.sha1(f"{self.source} {self.revision}".encode()).hexdigest()
            tags |= {"mlflow.source.git.commit": commit, "mlflow.source.git.branch": self.branch}
        return tags


class Workspace:
    """The server, and the moment that the latest runs lead up to."""

    def __init__(self, now_ms: int):
        self.client = mlflow.MlflowClient()
        self.now_ms = now_ms
        self.runs = 0

    def experiment(self, name: str, note: str, **tags: str) -> "Experiment":
        tags = {"mlflow.note.content": note.strip(), **tags}
        return Experiment(self, self.client.create_experiment(name, tags=tags))


class Experiment:
    def __init__(self, workspace: Workspace, experiment_id: str):
        self.workspace = workspace
        self.experiment_id = experiment_id

    @contextmanager
    def run(
        self,
        name: str,
        script: Script,
        days_ago: float,
        minutes: float,
        status: str = "FINISHED",
        parent: "Run | None" = None,
        note: str | None = None,
        **tags: str,
    ):
        """A run that began `days_ago` and lasted `minutes`; one that is RUNNING has no end yet."""
        client = self.workspace.client
        start_ms = int(self.workspace.now_ms - days_ago * DAY_MS)
        tags = {**script.tags(), **{key.replace("__", "."): value for key, value in tags.items()}}
        if parent:
            tags["mlflow.parentRunId"] = parent.run_id
        if note:
            tags["mlflow.note.content"] = note.strip()
        created = client.create_run(self.experiment_id, start_ms, tags, run_name=name)
        self.workspace.runs += 1
        run = Run(client, created.info.run_id, script, start_ms, start_ms + int(minutes * 60_000))
        yield run
        if status != "RUNNING":
            client.set_terminated(run.run_id, status, run.end_ms)


class Run:
    """One run while it's being recorded."""

    def __init__(
        self, client: mlflow.MlflowClient, run_id: str, script: Script, start_ms: int, end_ms: int
    ):
        self.client = client
        self.run_id = run_id
        self.script = script
        self.start_ms = start_ms
        self.end_ms = end_ms
        self._clock = random.Random(start_ms)

    def params(self, **params) -> None:
        entities = [Param(key, str(value)) for key, value in params.items()]
        for first in range(0, len(entities), PARAMS_IN_A_BATCH):
            batch = entities[first : first + PARAMS_IN_A_BATCH]
            self.client.log_batch(self.run_id, params=batch)

    def tags(self, **tags: str) -> None:
        self.client.log_batch(self.run_id, tags=[RunTag(key, str(tags[key])) for key in tags])

    def metrics(self, **metrics: float) -> None:
        """Results: one value each, at the end of the run."""
        at = self.end_ms - 1500
        self.client.log_batch(
            self.run_id, [Metric(key, float(value), at, 0) for key, value in metrics.items()]
        )

    def curves(self, series: dict[str, list[float]], every: int = 1) -> None:
        """Values by step, spread over the run's time with some unevenness; `every` steps apart."""
        length = max(len(values) for values in series.values())
        pace = (self.end_ms - self.start_ms - 5000) / max(length, 1)
        at = [
            int(self.start_ms + 2500 + pace * (step + self._clock.uniform(0, 0.8)))
            for step in range(length)
        ]
        points = [
            Metric(key, float(value), at[step], step * every)
            for key, values in series.items()
            for step, value in enumerate(values)
        ]
        for first in range(0, len(points), METRICS_IN_A_BATCH):
            self.client.log_batch(self.run_id, points[first : first + METRICS_IN_A_BATCH])

    def input(self, dataset, context: str) -> None:
        entity = Dataset(**dataset.to_dict())
        tags = [InputTag("mlflow.data.context", context)]
        self.client.log_inputs(self.run_id, [DatasetInput(entity, tags)])

    def text(self, text: str, path: str) -> None:
        self.client.log_text(self.run_id, text, path)

    def json(self, value, path: str) -> None:
        self.client.log_text(self.run_id, json.dumps(value, indent=2), path)

    def bytes(self, content: bytes, path: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, Path(path).name)
            file.write_bytes(content)
            parent = str(Path(path).parent)
            self.client.log_artifact(self.run_id, str(file), None if parent == "." else parent)

    def frame(self, frame, path: str) -> None:
        """A data frame as CSV or Parquet, by the path's extension."""
        if path.endswith(".parquet"):
            buffer = io.BytesIO()
            frame.to_parquet(buffer, index=False)
            self.bytes(buffer.getvalue(), path)
        else:
            self.text(frame.to_csv(index=False), path)

    def figure(self, figure, path: str) -> None:
        """A figure as PNG, SVG or PDF, by the path's extension; closes it."""
        buffer = io.BytesIO()
        # Without its date, the same figure is the same file.
        date = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(Path(path).suffix)
        figure.savefig(
            buffer, format=Path(path).suffix[1:], dpi=80, bbox_inches="tight", metadata=date
        )
        plt.close(figure)
        self.bytes(buffer.getvalue(), path)

    def model(self, model, example, scores: dict[str, float], dataset, **params) -> str:
        """Logs the fitted model with its signature, and `scores` as the model's on `dataset`."""
        with mlflow.start_run(run_id=self.run_id):
            logged = mlflow.sklearn.log_model(
                model,
                name="model",
                signature=infer_signature(example, model.predict(example)),
                input_example=example.head(3) if hasattr(example, "head") else example[:3],
                pip_requirements=REQUIREMENTS,
                serialization_format="cloudpickle",
                params={key: str(value) for key, value in params.items()},
            )
        # The client tagged it with the script that runs here.
        self.client.set_logged_model_tags(logged.model_id, self.script.tags())
        for key, value in scores.items():
            self.client.log_metric(
                self.run_id,
                key,
                float(value),
                timestamp=self.end_ms - 1000,
                step=0,
                model_id=logged.model_id,
                dataset_name=dataset.name,
                dataset_digest=dataset.digest,
            )
        return logged.model_id
