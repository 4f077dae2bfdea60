"""What answers a motion: simulations, controllers, sensors, and what varies in them."""
