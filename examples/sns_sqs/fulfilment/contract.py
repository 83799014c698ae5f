"""Who fulfilment is, whose messages it takes, and where its handlers are."""

import msgpact
from fulfilment.warehouse import Warehouse

fulfilment = msgpact.Consumer("fulfilment", provider="orders", modules=["fulfilment.handlers"])
fulfilment.provide("warehouse", Warehouse)
