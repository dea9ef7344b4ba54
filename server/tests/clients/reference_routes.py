"""Prints every route of the reference: method, path and the service that it belongs to, tab-separated.

python reference_routes.py                       the installed version
python reference_routes.py PYTHON PYTHON …       the union over the versions that these interpreters have,
                                                 with a fourth column that names the versions
"""

import re
import subprocess
import sys
import warnings
from collections import defaultdict


def named_placeholders(path: str) -> str:
    """`<path:artifact_path>` of Flask and `{artifact_path:path}` of FastAPI both become `{artifact_path}`."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)


def service_routes():
    from mlflow.server import handlers

    services = [name for name in vars(handlers) if re.fullmatch(r"\w+Service", name)]
    for name in services:
        service = getattr(handlers, name)
        for path, _, methods in handlers.get_service_endpoints(service, handlers.get_handler):
            for method in methods:
                yield method, named_placeholders(path), name


def flask_routes():
    from mlflow.server import app

    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield method, named_placeholders(rule.rule), "Server"


def fastapi_routes(router=None, prefix=""):
    if router is None:
        from mlflow.server.fastapi_app import app as router
    for route in router.routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from fastapi_routes(included, prefix + route.include_context.prefix)
            continue
        for method in (getattr(route, "methods", None) or set()) - {"HEAD", "OPTIONS"}:
            service = route.endpoint.__module__.removeprefix("mlflow.server.")
            yield method, named_placeholders(prefix + route.path), service


def routes() -> list[tuple[str, str, str]]:
    """Each method and path once, under the first service that claims it."""
    service_of = {}
    for source in (service_routes, flask_routes, fastapi_routes):
        for method, path, service in source():
            service_of.setdefault((path, method), service)
    return [(method, path, service) for (path, method), service in sorted(service_of.items())]


def union(interpreters: list[str]) -> list[tuple[str, str, str, str]]:
    service_of, versions_of = {}, defaultdict(list)
    for python in interpreters:
        version, *lines = subprocess.check_output([python, __file__, "--with-version"], text=True).splitlines()
        for method, path, service in (line.split("\t") for line in lines):
            service_of.setdefault((path, method), service)
            versions_of[path, method].append(version)
    return [
        (method, path, service, ",".join(versions_of[path, method]))
        for (path, method), service in sorted(service_of.items())
    ]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    arguments = sys.argv[1:]
    if arguments == ["--with-version"]:
        import mlflow

        print(mlflow.__version__)
        arguments = []
    for row in union(arguments) if arguments else routes():
        print(*row, sep="\t")
