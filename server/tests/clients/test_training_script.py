"""A user's own script, unchanged, with nothing but `MLFLOW_TRACKING_URI` set."""

import os
import subprocess
import sys
from pathlib import Path

import mlflow


def test_a_training_script_needs_only_the_address(uri, client):
    environment = {
        "PATH": os.environ["PATH"],
        "MLFLOW_TRACKING_URI": uri,
        "MPLBACKEND": "agg",
        "HOME": os.environ["HOME"],
    }
    script = Path(__file__).with_name("training.py")
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr

    experiment = client.get_experiment_by_name("breast cancer, linear")
    sweep = client.search_runs(
        [experiment.experiment_id], "run_name = 'sweep'", order_by=["start_time DESC"], max_results=1
    )[0]
    children = client.search_runs(
        [experiment.experiment_id], f"tags.mlflow.parentRunId = '{sweep.info.run_id}'", order_by=["params.alpha ASC"]
    )

    assert [run.data.params["alpha"] for run in children] == ["0.0001", "0.01", "1.0"]
    assert sweep.data.metrics["best_accuracy"] == max(
        client.get_metric_history(run.info.run_id, "validation_accuracy")[-1].value for run in children
    )
    for run in children:
        assert run.info.status == "FINISHED"
        assert [m.step for m in client.get_metric_history(run.info.run_id, "train_loss")] == list(range(40))
        assert {item.dataset.name for item in run.inputs.dataset_inputs} == {"breast cancer", "breast cancer test"}
        assert {"figures", "examples.json", "config.json", "report.md"} <= {
            f.path for f in client.list_artifacts(run.info.run_id)
        }
        (model,) = client.get_run(run.info.run_id).outputs.model_outputs
        assert mlflow.get_logged_model(model.model_id).source_run_id == run.info.run_id
    assert sweep.data.tags["best_run"] in done.stdout
