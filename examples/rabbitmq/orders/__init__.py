"""The order service: it tells the others, over RabbitMQ, what becomes of orders."""
