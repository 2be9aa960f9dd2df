"""The networks themselves, under the names that CarveKit has for them."""
