"""pact-python as the provider's side: `python pact_python_verifies.py JOBS REPORTS`, as `other_tools` runs it.

In a process of its own, because it leaves the sockets of its servers to the garbage collector.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

from pact import Verifier


def report_on(job: dict[str, Any]) -> dict[str, Any]:
    """What the verifier says of the job's pacts, and what it asked for meanwhile."""
    asked: list[str] = []
    states: list[object] = []

    def message(name: str, metadata: object) -> Any:
        asked.append(name)
        sent = job["messages"][name]
        return {
            "contents": base64.b64decode(sent["contents"]),
            "metadata": sent["metadata"],
            "content_type": sent["contentType"] or None,
        }

    def state(state: str, parameters: dict[str, object] | None) -> None:
        if state:  # the empty one stands for the interaction itself
            states.append([state, parameters or {}])

    verifier = Verifier(job["provider"]).message_handler(message).state_handler(state)
    verifier.set_coloured_output(enabled=False)
    for pact in job["pacts"]:
        verifier.add_source(pact)
    try:
        verifier.verify()
    except RuntimeError:
        held = False
    else:
        held = True
    verdicts = [
        [each["consumer"], each["description"], each["result"] == "OK", json.dumps(each.get("mismatch"))]
        for each in verifier.results["interactionResults"]
    ]
    return {"held": held, "said": verifier.output(), "verdicts": verdicts, "asked": asked, "states": states}


if __name__ == "__main__":
    _, jobs, reports = sys.argv
    made = [report_on(job) for job in json.loads(Path(jobs).read_text(encoding="utf-8"))]
    Path(reports).write_text(json.dumps(made), encoding="utf-8")
