"""The evaluation wing: how close an alpha comes to the truth, for one picture or a folder of them."""
