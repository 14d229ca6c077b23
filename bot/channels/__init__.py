"""One folder a channel: receive, render, send."""
