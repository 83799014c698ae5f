"""`python -m fulfilment` runs the service; `python -m fulfilment 1` ends it after one record."""

import os
import sys

from fulfilment.service import connect, run
from fulfilment.warehouse import Warehouse

consumer, warehouse = connect(os.environ["KAFKA_BOOTSTRAP"]), Warehouse()
try:
    run(consumer, warehouse, count=int(sys.argv[1]) if len(sys.argv) > 1 else None)
except KeyboardInterrupt:
    pass
finally:
    consumer.close()
print(f"fulfilment: to ship {warehouse.to_ship}, insured {warehouse.insured or 'none'}")
