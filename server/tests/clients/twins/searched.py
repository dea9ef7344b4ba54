"""What the searches are about: an experiment, `{data}`, with ties, NaN, missing values and odd names."""

from .asking import Ask, post


def listed(pairs: dict[str, str] | None) -> list[dict]:
    return [{"key": key, "value": value} for key, value in (pairs or {}).items()]


def made(name: str, start_time: int, metrics=None, params=None, tags=None, end=None) -> list[Ask]:
    body = {"experiment_id": "{data}", "run_name": name, "start_time": start_time, "user_id": f"user {name}"}
    points = [{"key": key, "value": value, "timestamp": 1, "step": 1} for key, value in (metrics or {}).items()]
    asks = [
        post("runs/create", body, keep={name: "run.info.run_id"}),
        post(
            "runs/log-batch",
            {"run_id": f"{{{name}}}", "metrics": points, "params": listed(params), "tags": listed(tags)},
        ),
    ]
    if end:
        asks.append(post("runs/update", {"run_id": f"{{{name}}}", "status": end[0], "end_time": end[1]}))
    return asks


def with_dataset(run: str, name: str, digest: str, context: str | None = None) -> Ask:
    tags = [{"key": "mlflow.data.context", "value": context}] if context else []
    dataset = {"name": name, "digest": digest, "source_type": "local", "source": "s"}
    return post("runs/log-inputs", {"run_id": f"{{{run}}}", "datasets": [{"tags": tags, "dataset": dataset}]})


DATA = [
    post(
        "experiments/create",
        {"name": "data {mark}", "tags": [{"key": "t", "value": "x"}, {"key": "my tag", "value": "Y"}]},
        keep={"data": "experiment_id"},
    ),
    *made("r1", 1000, {"loss": 0.5, "acc": 1}, {"lr": "0.1", "kind": "Adam"}, {"team": "a"}, ("FINISHED", 1500)),
    *made("r2", 1000, {"loss": 0.5, "acc": 2}, {"lr": "0.01", "kind": "adam"}, {"team": "A"}, ("FAILED", 1400)),
    *made("r3", 3000, {"loss": "NaN", "acc": -2.5}, {"lr": "1e-3"}, {"team": "b_c"}, ("KILLED", 3100)),
    *made(
        "r4", 4000, {"loss": 1e300, "odd/key: x.y-z": 1}, {"kind": "50%", "my param": "it's"}, {"my tag": 'say "hi"'}
    ),
    *made("r5", 5000, {"loss": -7}, {"lr": "", "größe": "größe"}, {"team": "b-c"}, ("FINISHED", 5500)),
    *made("r6", 6000),
    *made("r7", 7000, {"loss": 0.25}, {"lr": "0.1"}, {"team": "a"}),
    post("runs/delete", {"run_id": "{r7}"}),
    with_dataset("r1", "wine", "d1", "train"),
    with_dataset("r1", "Digits", "d2", "eval"),
    with_dataset("r2", "wine", "d1", "eval"),
    with_dataset("r3", "digits", "d3"),
    with_dataset("r5", "50%", "d_4", "train"),
    post("experiments/create", {"name": "DATA {mark} second"}, keep={"second": "experiment_id"}),
    post("experiments/create", {"name": "data {mark} third"}, keep={"third": "experiment_id"}),
    post("experiments/delete", {"experiment_id": "{third}"}),
]
