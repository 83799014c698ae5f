"""Transports' clients and embedded servers: a file per transport."""
