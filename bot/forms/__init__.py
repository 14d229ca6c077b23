"""One-time forms: card and PIN, phone and address are entered here and never pass through the dialogue (4.3)."""
