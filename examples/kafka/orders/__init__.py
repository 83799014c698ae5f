"""The order service: it tells the others, over Kafka, which orders there are."""
