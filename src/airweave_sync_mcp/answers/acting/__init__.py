"""Writes: checked before somebody is asked and again before they are sent, sent once, reported as what they did."""
