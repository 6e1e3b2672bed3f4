"""The embedded Airweave answers like real servers did."""
