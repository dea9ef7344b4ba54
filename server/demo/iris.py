"""Iris, the first try: an experiment that its owner deleted, so that there is one to restore."""

from recording import Script, Workspace
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

NAME = "Iris, first try"
NOTE = "Only to see whether the set-up works. Can go."

BO = Script("bo", "hello.ipynb", kind="NOTEBOOK")


def record(workspace: Workspace) -> None:
    experiment = workspace.experiment(NAME, NOTE, team="everyone")
    inputs, truth = load_iris(return_X_y=True)
    for number, strength in enumerate([0.01, 0.1, 1.0]):
        with experiment.run(f"C={strength:g}", BO, 33.0 - 0.01 * number, 0.2) as run:
            run.params(model="LogisticRegression", C=strength)
            model = LogisticRegression(C=strength, max_iter=500)
            run.metrics(cv_accuracy_mean=cross_val_score(model, inputs, truth, cv=5).mean())
    workspace.client.delete_experiment(experiment.experiment_id)
