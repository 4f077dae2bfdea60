"""Pages in a browser that show an arm, its limits and what it does; the only viser imports."""
