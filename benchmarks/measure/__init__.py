"""How the figures are taken: two sides, rounds in turns, a ratio for each pair of rounds."""
