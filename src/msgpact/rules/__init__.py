"""The matching engine, pure: paths, matchers, generators and the comparison. No I/O, no clock but one passed in."""
