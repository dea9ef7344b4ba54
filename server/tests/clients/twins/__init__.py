"""The same raw requests to the reference and to Countersign, and what counts as the same answer."""
