"""Native records of transports to `Message` and back, without I/O: a file per transport."""
