"""The payment service: it tells the others, over Kafka, what was paid and what was paid back."""
