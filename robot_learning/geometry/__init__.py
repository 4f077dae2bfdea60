"""The arm as bodies, and how far they are from each other and from shapes."""
