"""Judges docker/kubernetes by the schemas of Kubernetes (strict: no unknown field) and of KEDA, and by what the files say of
each other; the dashboards by promtool, expression for expression. For script/deployment."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml
from cloudcoil.models.keda import v1alpha1 as keda

KUBERNETES = "1.37"
FOLDER = pathlib.Path("docker")
complaints = []


def documents():
    for file in sorted((FOLDER / "kubernetes").glob("*.yaml")):
        if file.name != "kustomization.yaml":
            for document in yaml.safe_load_all(file.read_text()):
                yield file, document


def unknown_fields(model, value, path=""):
    """pydantic's models pass over what they do not know; a misspelt field must not."""
    if isinstance(value, dict):
        fields = getattr(type(model), "model_fields", None)
        known = fields and {field.alias or name for name, field in fields.items()}
        for key, part in value.items():
            if known is not None and key not in known:
                yield f"{path}.{key}"
            elif known is not None:
                names = [name for name, field in fields.items() if (field.alias or name) == key]
                yield from unknown_fields(getattr(model, names[0]), part, f"{path}.{key}")
    elif isinstance(value, list) and isinstance(model, list):
        for index, part in enumerate(value):
            yield from unknown_fields(model[index], part, f"{path}[{index}]")


def check_objects():
    everything = list(documents())
    deployments = {d["metadata"]["name"] for _, d in everything if d["kind"] == "Deployment"}
    programs = set(re.findall(r"^([\w-]+):", pathlib.Path("Procfile").read_text(), re.MULTILINE))
    if deployments != programs:
        complaints.append(f"Deployments are {sorted(deployments)}, but the Procfile has {sorted(programs)}")
    for file, document in everything:
        name = f"{file}: {document['kind']} {document['metadata']['name']}"
        try:
            if document["apiVersion"].startswith("keda.sh/"):
                model = getattr(keda, document["kind"]).model_validate(document)
                for field in unknown_fields(model.spec, document["spec"]):
                    complaints.append(f"{name}: KEDA knows no field spec{field}")
            else:
                kubernetes_validate.validate(document, KUBERNETES, strict=True)
        except Exception as error:
            complaints.append(f"{name}: {str(error).splitlines()[0]}")
        if document["kind"] == "ScaledObject" and document["spec"]["scaleTargetRef"]["name"] not in deployments:
            complaints.append(f"{name}: scales what does not exist")
    listed = set(yaml.safe_load((FOLDER / "kubernetes/kustomization.yaml").read_text())["resources"])
    files = {file.name for file, _ in everything} - {"secrets.example.yaml"}
    if listed != files:
        complaints.append(f"kustomization.yaml lists other files than there are: {sorted(listed ^ files)}")


def check_runbooks():
    """Every alert has its runbook, and every runbook its alert."""
    rules = [
        rule
        for file in sorted((FOLDER / "prometheus").glob("*.rules.yaml"))
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]
    for rule in rules:
        wanted = f"docs/operations.md#{rule['alert'].lower()}"
        if rule["annotations"].get("runbook") != wanted:
            complaints.append(f"{rule['alert']}: its runbook is not {wanted}")
        if rule["labels"].get("severity") not in ("page", "ticket"):
            complaints.append(f"{rule['alert']}: its severity is neither page nor ticket")
    text = pathlib.Path("docs/operations.md").read_text()
    runbooks = re.search(r"^## Alerts\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    described = set(re.findall(r"^### (\w+)$", runbooks.group(1), re.MULTILINE)) if runbooks else set()
    for name in sorted({rule["alert"] for rule in rules} ^ described):
        complaints.append(f"{name} is an alert or a runbook in docs/operations.md, but not both")


def check_dashboards():
    """promtool reads expressions in rules only, so each becomes one."""
    rules = []
    for file in sorted((FOLDER / "grafana/dashboards").glob("*.json")):
        board = json.loads(file.read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                expression = target["expr"].replace("$__rate_interval", "5m").replace("$queue", "q")
                rules.append({"record": f"panel_{panel['id']}", "expr": expression, "labels": {"of": f"{board['title']}: {panel['title']}"}})
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}, file)
        file.flush()
        answer = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
    if answer.returncode != 0:
        complaints.append(answer.stdout + answer.stderr)
    return len(rules)


check_objects()
check_runbooks()
expressions = check_dashboards()
if complaints:
    sys.exit("\n".join(complaints))
print(f"{len(list(documents()))} Kubernetes objects and {expressions} expressions of dashboards are well formed")
