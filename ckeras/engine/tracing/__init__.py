"""What a function did: its graph, recorded once on symbols, and the gradient of it."""
