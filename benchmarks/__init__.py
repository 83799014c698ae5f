"""How fast msgpact is and how much memory it takes, beside pact-python on the same messages; README.md holds the results."""
