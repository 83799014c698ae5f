"""The fulfilment service: it ships the orders that it is told about."""
