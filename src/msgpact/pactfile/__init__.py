"""Pact files: reading and writing every version, merging, locking."""
