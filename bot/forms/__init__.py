"""One-time forms: card and PIN, phone and address never pass through the dialogue (4.3)."""
