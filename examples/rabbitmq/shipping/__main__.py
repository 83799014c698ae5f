"""`python -m shipping` runs the service until it is sent SIGTERM, or Ctrl-C."""

import asyncio
import contextlib
import logging
import os

from msgpact.adapters import rabbitmq
from shipping.service import declare, run
from shipping.warehouse import Warehouse

logging.basicConfig(level=logging.INFO)
url, warehouse, control = os.environ["AMQP_URL"], Warehouse(), rabbitmq.Control()
asyncio.run(declare(url))
with contextlib.suppress(KeyboardInterrupt):
    run(url, warehouse, control)
print(f"shipping: {control.counts.handled} messages handled; to ship {warehouse.to_ship}")
