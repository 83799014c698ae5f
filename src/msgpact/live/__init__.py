"""What live messages are: held against contracts (`drift`), and made into contracts (`drafting`)."""
