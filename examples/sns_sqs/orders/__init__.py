"""The order service: it tells the others, over SNS, which orders there are."""
