"""Tables and queries of the lending database: the only place in `lending` that knows SQL."""
