"""Consuming: the loop that takes messages, has each handled and acknowledges it, the same for all transports."""
