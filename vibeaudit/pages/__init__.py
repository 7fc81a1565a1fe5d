"""Templates of pages: what they print, how, and which values handlers hand to them."""
