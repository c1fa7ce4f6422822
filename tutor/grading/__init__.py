"""Expectations and answers against exchanges: a Verdict. Pure."""
