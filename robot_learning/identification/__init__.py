"""How late an arm follows, found by moving it a little."""
