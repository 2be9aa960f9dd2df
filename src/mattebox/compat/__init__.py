"""CarveKit's arithmetic, to the pixel: an oddity of the original is one function here, and a line says what is odd.

Only the drop-in face calls these. What our own pipeline does in their place is listed in docs/carvekit.md. Sizes that
go to Pillow are (width, height), as in the original's calls.
"""
