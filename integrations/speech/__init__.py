"""Adapters of the `Speech` port, one folder each; most need a package of their own."""
