"""What the dialogue does: a thin module a feature, calling `lending`, answering with `utter_*` responses."""
