"""A small model trained from nothing on the world: how hard its questions are, and what codecs take away."""
