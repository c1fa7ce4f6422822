"""Recorded exchanges in the words of other programs. Pure: values in, text out."""
