"""Working days as the state publishes them."""
