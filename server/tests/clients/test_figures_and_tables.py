"""Figures, images and tables: what the client draws or tabulates, and reads back."""

import io

import mlflow
import numpy as np
import pandas as pd
import pytest
from PIL import Image


@pytest.fixture
def download(client, run_id):
    return lambda path: open(client.download_artifacts(run_id, path), "rb").read()


@pytest.mark.parametrize(
    ("name", "start"), [("curve.png", b"\x89PNG"), ("curve.svg", b"<?xml"), ("curve.pdf", b"%PDF")]
)
def test_a_figure_is_stored_in_the_format_of_its_name(client, run_id, download, name, start):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2, 3])
    client.log_figure(run_id, figure, f"figures/{name}")
    assert download(f"figures/{name}").startswith(start)


def test_an_image_keeps_its_pixels(client, run_id, download):
    pixels = np.random.default_rng(7).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    client.log_image(run_id, pixels, "pixels.png")
    assert (np.asarray(Image.open(io.BytesIO(download("pixels.png")))) == pixels).all()


def test_images_by_step_are_named_by_key_and_step(client, run_id):
    for step in range(3):
        client.log_image(run_id, Image.new("RGB", (8, 8), (step, 0, 0)), key="sample", step=step)
    names = [f.path for f in client.list_artifacts(run_id, "images")]
    assert len([name for name in names if "sample" in name and name.endswith(".png")]) == 3
    assert "mlflow.loggedImages" in client.get_run(run_id).data.tags


def test_a_table_grows_and_is_read_back(client, run_id, experiment):
    client.log_table(run_id, {"question": ["q1", "q2"], "score": [0.25, 0.5]}, "tables/answers.json")
    client.log_table(run_id, pd.DataFrame({"question": ["größe"], "score": [0.75]}), "tables/answers.json")
    table = client.load_table(experiment, "tables/answers.json", run_ids=[run_id])
    assert table.to_dict("list") == {"question": ["q1", "q2", "größe"], "score": [0.25, 0.5, 0.75]}
    assert "tables/answers.json" in client.get_run(run_id).data.tags["mlflow.loggedArtifacts"]


def test_tables_of_several_runs_come_as_one(experiment):
    for number in range(3):
        with mlflow.start_run():
            mlflow.log_table({"number": [number]}, "t.json")
    table = mlflow.load_table("t.json", extra_columns=["run_id"])
    assert sorted(table["number"]) == [0, 1, 2]
    assert table["run_id"].nunique() == 3


def test_a_parquet_table_is_read_back(client, run_id, experiment):
    client.log_table(run_id, {"n": [1, 2]}, "t.parquet")
    assert client.load_table(experiment, "t.parquet", run_ids=[run_id])["n"].tolist() == [1, 2]
