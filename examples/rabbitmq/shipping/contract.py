"""Who shipping is, whose messages it takes, and where its handlers are."""

import msgpact
from shipping.warehouse import Warehouse

shipping = msgpact.Consumer("shipping", provider="orders", modules=["shipping.handlers"])
shipping.provide("warehouse", Warehouse)
