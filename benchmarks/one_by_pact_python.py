"""The script that verifies the same one message with pact-python.

python -m benchmarks.one_by_pact_python PACT
"""

import json
import sys
from typing import Any

from pact import Verifier

from benchmarks.messages import CONTENT_TYPE, METADATA, PROVIDER, body


def order_event(**_: object) -> Any:
    return {
        "contents": json.dumps(body(0, "shared")).encode(),
        "content_type": CONTENT_TYPE,
        "metadata": {"contentType": CONTENT_TYPE, **METADATA},
    }


if __name__ == "__main__":
    Verifier(PROVIDER).message_handler(order_event).add_source(sys.argv[1]).verify()
