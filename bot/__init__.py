"""How words come in and go out: channels, one turn of talk, replies, pages. Reaches Rasa over HTTP only."""
