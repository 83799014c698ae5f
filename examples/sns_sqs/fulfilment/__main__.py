"""`python -m fulfilment` runs the service until it is told to stop: by SIGTERM, or Ctrl-C."""

import contextlib
import logging

from fulfilment.service import run
from fulfilment.warehouse import Warehouse
from msgpact.adapters.sns_sqs import Control

logging.basicConfig(level=logging.INFO)
warehouse, control = Warehouse(), Control()
with contextlib.suppress(KeyboardInterrupt):
    run(warehouse, control)
print(f"fulfilment: to ship {warehouse.to_ship}, insured {warehouse.insured or 'none'}")
