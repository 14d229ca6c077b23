"""What the library holds: titles, copies, and how they are found."""
