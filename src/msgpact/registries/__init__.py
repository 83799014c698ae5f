"""Schema registries: what an id on the wire means, looked up in memory, in files or over the network."""
